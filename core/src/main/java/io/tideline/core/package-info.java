/**
 * What users hold: a {@code Store} of keys and values, opened from a {@code StoreConfig}, and {@code Session}s for those who need
 * to know how far they came. Both offer the same operations - get, put, delete, read-modify-write, conditional insert and
 * compare-and-set - on longs and on bytes, and say by a {@code Status} how an operation ended. This is the only package of the
 * library, besides its faults, that is meant to be called from outside.
 */
package io.tideline.core;
