package io.tideline.hlog;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class FrontiersTest {
    private static long[] all(Frontiers frontiers) {
        return new long[] {frontiers.begin(), frontiers.head(), frontiers.safeReadOnly(), frontiers.readOnly()};
    }

    @Test
    void shouldBeginTogether() {
        try (Frontiers frontiers = new Frontiers(64, 64)) {
            assertArrayEquals(new long[] {64, 64, 64, 64}, all(frontiers));
        }
    }

    @Test
    void shouldNeverGoBack() {
        try (Frontiers frontiers = new Frontiers(64, 64)) {
            assertTrue(frontiers.raiseReadOnly(8192));
            assertFalse(frontiers.raiseReadOnly(8192));
            assertFalse(frontiers.raiseReadOnly(4096));
            assertTrue(frontiers.raiseSafeReadOnly(4096));
            assertFalse(frontiers.raiseSafeReadOnly(64));
            assertArrayEquals(new long[] {64, 64, 4096, 8192}, all(frontiers));
            frontiers.moveAll(100);
            assertArrayEquals(new long[] {100, 100, 4096, 8192}, all(frontiers));
            frontiers.moveAll(1 << 20);
            assertArrayEquals(new long[] {1 << 20, 1 << 20, 1 << 20, 1 << 20}, all(frontiers));
        }
    }
}
