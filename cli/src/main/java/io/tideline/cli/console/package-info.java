/**
 * What every command shares: how it speaks to the person or the script in front of it, how it ends, and how sizes, times and results
 * are written.
 */
package io.tideline.cli.console;
