/** Programs that use the store as an application would: through {@code io.tideline.core} and {@code io.tideline.fault} alone. */
package io.tideline.examples;
