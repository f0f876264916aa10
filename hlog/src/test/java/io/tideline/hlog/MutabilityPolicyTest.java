package io.tideline.hlog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MutabilityPolicyTest {
    @Test
    void shouldKeepWholePagesOfTheFractionAndAtLeastOne() {
        assertEquals(1, MutabilityPolicy.ofFraction(0.1).mutablePages(8));
        assertEquals(4, MutabilityPolicy.ofFraction(0.5).mutablePages(8));
        assertEquals(7, MutabilityPolicy.ofFraction(0.9).mutablePages(8));
        assertEquals(8, MutabilityPolicy.ofFraction(1.0).mutablePages(8));
        assertEquals(1, MutabilityPolicy.ofFraction(Double.MIN_VALUE).mutablePages(1L << 40));
        assertEquals(1L << 39, MutabilityPolicy.ofFraction(0.5).mutablePages(1L << 40));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -0.1, 1.0000001, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
    void shouldRefuseWhatIsNoFraction(double fraction) {
        String message = assertThrows(IllegalArgumentException.class, () -> MutabilityPolicy.ofFraction(fraction)).getMessage();
        assertTrue(message.contains(String.valueOf(fraction)) && message.contains("at most 1"), message);
    }
}
