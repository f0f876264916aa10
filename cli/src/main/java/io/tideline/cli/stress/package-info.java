/**
 * {@code tideline stress}: a process that works on a store is killed again and again, and the next one checks that of every session exactly a
 * prefix came back.
 */
package io.tideline.cli.stress;
