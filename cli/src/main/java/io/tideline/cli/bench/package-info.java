/**
 * {@code tideline bench}: the parent's end of a benchmark. It starts each contestant in a process of its own, lets their windows
 * alternate, and reports what they showed. {@code work} says what is done, {@code contestant} does it.
 */
package io.tideline.cli.bench;
