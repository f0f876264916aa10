/**
 * The work of a benchmark: which keys there are, in which order they are touched, and how. It is defined to the last bit, so that
 * contestants written in other languages replay the very same operations.
 */
package io.tideline.cli.bench.work;
