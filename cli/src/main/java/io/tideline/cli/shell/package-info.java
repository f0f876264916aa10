/**
 * The command {@code shell}: tries a store by hand. {@code ShellCommand} reads lines, {@code ShellLine} cuts them into words, and
 * {@code ShellStore} does on a store what they say.
 */
package io.tideline.cli.shell;
