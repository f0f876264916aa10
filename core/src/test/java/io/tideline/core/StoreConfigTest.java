package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.fault.IoFault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every setting takes what its Javadoc says and refuses everything else by a sentence that names the value and what is taken. */
class StoreConfigTest {
    private static void assertRefused(UnaryOperator<StoreConfig.Builder> setting, String name, Object value, String... takes) {
        StoreConfig.Builder builder = setting.apply(StoreConfig.builder());
        String message = assertThrows(IllegalArgumentException.class, builder::build).getMessage();
        assertTrue(message.contains(name) && message.contains(value.toString()), message);
        for (String range : takes) {
            assertTrue(message.contains(range), message);
        }
        assertThrows(IllegalArgumentException.class, builder::build, "refused once, refused always");
    }

    // --- refused ---

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, Long.MIN_VALUE + 1, -(1L << 30), -1, 0, 1, 4096, (512 << 10) - 1, (1L << 45) + 1, 1L << 46, 1L << 62, Long.MAX_VALUE})
    void shouldRefuseAMemoryThatIsNoMemory(long memory) {
        assertRefused(builder -> builder.memory(memory), "memory", memory, "at least ", " bytes, 8 pages of ", "at most 2^45");
    }

    @ParameterizedTest
    @ValueSource(ints = {4096, 65_536, 32 << 20})
    void shouldRefuseAMemoryOfLessThanEightPages(int page) {
        assertRefused(builder -> builder.pageSize(page).memory(8L * page - 1), "memory", 8L * page - 1, "at least " + 8L * page + " bytes, 8 pages of " + page);
        assertEquals(8L * page, StoreConfig.builder().pageSize(page).memory(8L * page).build().memory());
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -4096, -1, 0, 1, 2, 2048, 4095, 4097, 6144, 65_535, (32 << 20) - 1, (32 << 20) + 1, 1 << 26, 1 << 30, Integer.MAX_VALUE})
    void shouldRefuseAPageThatIsNoPowerOfTwoInItsRange(int page) {
        assertRefused(builder -> builder.pageSize(page), "pageSize", page, "a power of two from 4096 to 33554432");
    }

    @Test
    void shouldRefuseAPageTooSmallForSoMuchMemoryAndNameOneThatIsNot() {
        long most = (1L << 22) * 4096 + 4095;
        assertEquals(4096, StoreConfig.builder().pageSize(4096).memory(most).build().pageSize());
        assertRefused(builder -> builder.pageSize(4096).memory(most + 1), "pageSize", 4096, "at least 8192 ", " " + (most + 1) + " bytes", "4194304 pages");
        assertEquals(8192, StoreConfig.builder().pageSize(8192).memory(most + 1).build().pageSize());
        assertRefused(builder -> builder.pageSize(1 << 22).memory(1L << 45), "pageSize", 1 << 22, "at least " + (1 << 23));
        assertEquals(1 << 23, StoreConfig.builder().pageSize(1 << 23).memory(1L << 45).build().pageSize());
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, -64, -1, 0, 3, 63, 65, (1L << 39) - 1, (1L << 39) + 1, 1L << 40, 1L << 62, Long.MAX_VALUE})
    void shouldRefuseBucketsThatAreNoPowerOfTwoInTheirRange(long buckets) {
        assertRefused(builder -> builder.buckets(buckets), "buckets", buckets, "a power of two up to 2^39");
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT-0.000000001S", "PT1.000000001S", "PT24H", "PT-2562047788015215H", "PT2562047788015215H"})
    void shouldRefuseToLookForAReadForLongerThanASecond(Duration spin) {
        assertRefused(builder -> builder.readSpin(spin), "readSpin", spin, "PT0S to PT1S");
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT0S", "PT0.000000001S", "PT1S"})
    void shouldTakeATimeToLookForARead(Duration spin) {
        assertEquals(spin, StoreConfig.builder().readSpin(spin).build().readSpin());
        assertEquals(Duration.ofNanos(100_000), StoreConfig.builder().build().readSpin());
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.NEGATIVE_INFINITY, -1, -Double.MIN_VALUE, -0.0, 0, 1.0000000000000002, 2, Double.MAX_VALUE, Double.POSITIVE_INFINITY})
    void shouldRefuseAFractionThatIsNone(double fraction) {
        assertRefused(builder -> builder.mutableFraction(fraction), "mutable fraction", fraction, "more than 0 and at most 1");
    }

    @Test
    void shouldRefuseWhatIsNotThere() {
        assertThrows(NullPointerException.class, () -> Store.open(null));
        try (Store store = Store.open(StoreConfig.builder().memory(1 << 20).hugePages(false).build())) {
            assertThrows(NullPointerException.class, () -> store.openSession(null));
        }
    }

    // --- taken ---

    @Test
    void shouldTakeTheBordersOfEachRange() {
        for (int bits = 12; bits <= 25; bits++) {
            assertEquals(1 << bits, StoreConfig.builder().pageSize(1 << bits).build().pageSize());
        }
        for (int bits = 0; bits <= 39; bits++) {
            assertEquals(1L << bits, StoreConfig.builder().buckets(1L << bits).build().buckets());
        }
        assertEquals(512 << 10, StoreConfig.builder().memory(512 << 10).build().memory());
        assertEquals(1L << 45, StoreConfig.builder().memory(1L << 45).build().memory());
        for (double fraction : new double[] {Double.MIN_VALUE, 0.5, 1}) {
            assertEquals(fraction, StoreConfig.builder().mutableFraction(fraction).build().mutableFraction());
        }
        for (long seed : new long[] {Long.MIN_VALUE, -1, 0, Long.MAX_VALUE}) {
            assertEquals(seed, StoreConfig.builder().hashSeed(seed).build().hashSeed());
        }
    }

    @Test
    void shouldChooseWhatIsNotSetByTheMemory() {
        assertEquals(64 << 10, StoreConfig.builder().memory(512 << 10).build().pageSize());
        assertEquals(64 << 10, StoreConfig.builder().memory((8 << 20) - 1).build().pageSize());
        assertEquals(128 << 10, StoreConfig.builder().memory(8 << 20).build().pageSize());
        assertEquals(32 << 20, StoreConfig.builder().memory(1L << 45).build().pageSize());
        assertEquals(4096, StoreConfig.builder().memory(512 << 10).build().buckets());
        assertEquals(1 << 21, StoreConfig.builder().build().buckets());
        assertEquals(4096, StoreConfig.builder().memory((1 << 20) - 1).build().buckets());
        assertEquals(256, StoreConfig.builder().pageSize(4096).memory(32 << 10).build().buckets());
        assertTrue(StoreConfig.builder().build().hugePages());
        assertFalse(StoreConfig.builder().build().preTouch());
        assertEquals(0.9, StoreConfig.builder().build().mutableFraction());
    }

    @Test
    void shouldDrawAnotherSeedForEachStore() {
        StoreConfig.Builder builder = StoreConfig.builder();
        assertNotEquals(builder.build().hashSeed(), builder.build().hashSeed());
    }

    @Test
    void shouldNotChangeWithItsBuilder() {
        StoreConfig.Builder builder = StoreConfig.builder().memory(1 << 20).pageSize(4096).buckets(64).hugePages(false);
        StoreConfig config = builder.build();
        builder.memory(2 << 20).pageSize(8192).buckets(128).mutableFraction(0.1).hugePages(true).hashSeed(3);
        assertEquals(1 << 20, config.memory());
        assertEquals(4096, config.pageSize());
        assertEquals(64, config.buckets());
        assertEquals(0.9, config.mutableFraction());
        assertFalse(config.hugePages());
    }

    // --- more than the machine has ---

    @Test
    void shouldRefuseMoreThanTheAddressSpaceAndGoOnWithLess() {
        StoreConfig huge = StoreConfig.builder().memory(1L << 45).buckets(64).hugePages(false).build();
        List<Store> open = new ArrayList<>();
        try {
            IoFault refused = assertThrows(IoFault.class, () -> {
                for (int i = 0; i < 8; i++) { // 2^48 bytes, twice what a process has
                    open.add(Store.open(huge));
                }
            });
            assertTrue(refused.getMessage().contains("address space"), refused.getMessage());
            for (Store store : open) {
                store.put(1, 2);
                assertEquals(2, store.get(1, 0));
            }
            assertThrows(IoFault.class, () -> Store.open(StoreConfig.builder().memory(1 << 20).buckets(1L << 39).hugePages(false).build()).close());
        } finally {
            open.forEach(Store::close);
        }
        try (Store store = Store.open(StoreConfig.builder().memory(1 << 20).hugePages(false).build())) {
            store.put(1, 2);
            assertEquals(2, store.get(1, 0));
        }
    }
}
