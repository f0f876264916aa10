/**
 * The hybrid log: one address space in which everything that was ever written has its own place, of which a ring of memory holds the
 * newest part. Records behind {@code readOnly} are changed in place; those before {@code safeReadOnly} never change again; between the
 * two lies the fuzzy region, where some thread may not have noticed yet.
 */
package io.tideline.hlog;
