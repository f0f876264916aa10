/** The commands that look at the directory of a store that nobody has open: {@code verify} and {@code inspect};
 * and {@code checkpoint}, which opens it for a moment. */
package io.tideline.cli.inspect;
