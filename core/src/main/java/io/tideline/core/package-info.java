/**
 * What users hold. Open a {@link io.tideline.core.Store}, call it from any number of threads; take a {@link io.tideline.core.Session} where
 * operations should be numbered, and a {@code batch} where many are done at once. Operation classes are package-private: each is one file
 * that reads from the index downwards to the record.
 */
package io.tideline.core;
