/**
 * The command line: counts the words of a corpus, measures the store, and lets one try it by hand. Each command is a user of the
 * public API and nothing else; its exit code says whether it is done and true, found something wrong, could not run, or cannot tell.
 *
 * <p>{@code Main} alone lives here and looks at one package a command ({@code count}, {@code shell}, {@code bench}); these share what is
 * in {@code console} and do not see each other.
 */
package io.tideline.cli;
