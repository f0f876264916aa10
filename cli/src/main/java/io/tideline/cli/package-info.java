/**
 * The command line: counts the words of a corpus, measures the store, and lets one try it by hand. Each command is a user of the
 * public API and nothing else; its exit code says whether it is done and true, found something wrong, could not run, or cannot tell.
 */
package io.tideline.cli;
