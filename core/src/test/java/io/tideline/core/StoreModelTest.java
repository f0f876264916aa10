package io.tideline.core;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A store on its own thread agrees with a heap map, seed by seed; {@code -Dtideline.seeds=N} multiplies the seeds. */
class StoreModelTest {
    private static final int SEEDS = 18 * Integer.getInteger("tideline.seeds", 1);
    private static final int STEPS = 250;

    @ParameterizedTest(name = "{0}")
    @MethodSource("io.tideline.core.Variant#all")
    void shouldAgreeWithAHeapMap(Variant variant) {
        for (long seed = 1; seed <= SEEDS; seed++) {
            try (StoreModel model = new StoreModel(variant, seed)) {
                model.run(STEPS);
                model.verify();
            }
        }
    }
}
