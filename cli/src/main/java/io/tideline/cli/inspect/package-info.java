/** The commands that look at the directory of a store that nobody has open: {@code verify} and {@code inspect}. */
package io.tideline.cli.inspect;
