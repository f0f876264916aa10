/**
 * Benchmarks of single mechanisms, and the peers that the store is measured against on the same work. Nothing depends on this
 * module: peers never come onto the class path of the library or of the command line.
 */
package io.tideline.jmh;
