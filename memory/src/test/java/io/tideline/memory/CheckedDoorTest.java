package io.tideline.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The door of the tests, on regions that it was told of by hand. */
class CheckedDoorTest extends DoorSpec {
    private Region region;

    @Override
    Door open() {
        return new CheckedDoor(SegmentDoor.open());
    }

    @Override
    long allocate(Door door) {
        region = Region.allocate(BLOCK_BYTES, false);
        door.opened(region.address(), BLOCK_BYTES);
        return region.address();
    }

    @Override
    void free() {
        region.close();
    }

    /** Every access of one word. */
    private List<LongConsumer> accesses() {
        MemorySegment bytes = MemorySegment.ofArray(new byte[8]);
        return List.of(
                a -> door.get(a), a -> door.getAcquire(a), a -> door.getVolatile(a), a -> door.set(a, 1), a -> door.setRelease(a, 1),
                a -> door.setVolatile(a, 1), a -> door.compareAndSet(a, 0, 1), a -> door.getAndAdd(a, 1), a -> door.copy(a, block, 8),
                a -> door.copy(block, a, 8), a -> door.copyFrom(bytes, 0, a, 8), a -> door.copyTo(a, bytes, 0, 8), a -> door.zero(a, 8),
                a -> door.copyFrom(new byte[8], 0, a, 8), a -> door.copyTo(a, new byte[8], 0, 8));
    }

    private void assertRefused(long address, String reason) {
        for (LongConsumer access : accesses()) {
            String message = assertThrows(AssertionError.class, () -> access.accept(address)).getMessage();
            assertTrue(message.contains(Long.toHexString(address)) && message.contains(reason), message);
        }
        for (long at = 0; at < BLOCK_BYTES; at += 8) {
            assertEquals(0, Words.get(block + at), "a refused access wrote");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7})
    void shouldRefuseAnUnalignedAddress(int offset) {
        assertRefused(block + offset, "not 8-aligned");
    }

    @Test
    void shouldRefuseAnAddressInNoRegion() {
        assertRefused(0, "no live region");
        assertRefused(8, "no live region");
        assertRefused(-8, "no live region");
        assertRefused(block - 8, "no live region");
        assertRefused(block + BLOCK_BYTES, "no live region");
        assertRefused(Long.MIN_VALUE, "no live region");
        assertRefused(Long.MAX_VALUE & ~7, "no live region");
    }

    @Test
    void shouldRefuseACopyThatRunsPastTheEndOfItsRegion() {
        long last = block + BLOCK_BYTES - 8;
        MemorySegment bytes = MemorySegment.ofArray(new byte[64]);
        List<LongConsumer> copies = List.of(
                l -> door.copy(last, block, l), l -> door.copy(block, last, l), l -> door.copyFrom(bytes, 0, last, l),
                l -> door.copyTo(last, bytes, 0, l), l -> door.zero(last, l), l -> door.copyFrom(new byte[64], 0, last, (int) l),
                l -> door.copyTo(last, new byte[64], 0, (int) l));
        for (LongConsumer copy : copies) {
            String message = assertThrows(AssertionError.class, () -> copy.accept(16)).getMessage();
            assertTrue(message.contains("past the end") && message.contains(Long.toHexString(last)), message);
            copy.accept(8);
        }
    }

    @Test
    void shouldRefuseAClosedRegionAndGoOnWithItsNeighbours() {
        try (Region other = Region.allocate(4096, false)) {
            door.opened(other.address(), 4096);
            door.set(block, 7);
            door.closed(other.address(), 4096);
            assertTrue(assertThrows(AssertionError.class, () -> door.get(other.address())).getMessage().contains("no live region"));
            assertEquals(7, door.get(block));
        }
        door.set(block, 0);
        door.closed(block, BLOCK_BYTES);
        assertRefused(block, "no live region");
    }

    @Test
    void shouldAllowNoBytesWhereTheRegionEnds() {
        MemorySegment none = MemorySegment.ofArray(new byte[0]);
        door.copyTo(block + BLOCK_BYTES, none, 0, 0);
        door.copyFrom(none, 0, block + BLOCK_BYTES, 0);
        door.copyTo(block + BLOCK_BYTES, new byte[0], 0, 0);
        door.copyFrom(new byte[0], 0, block + BLOCK_BYTES, 0);
        door.zero(block + BLOCK_BYTES, 0);
        door.copy(block + BLOCK_BYTES, block, 0);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void shouldKnowExactlyTheLiveRegions(long seed) {
        Random random = new Random(seed);
        HeapTwinDoor twin = new HeapTwinDoor();
        long base = twin.allocate(200 * 64);
        CheckedDoor checked = new CheckedDoor(twin);
        TreeMap<Long, Long> model = new TreeMap<>();
        for (int step = 0; step < 2_000; step++) {
            long begin = base + random.nextInt(200) * 64L;
            long size = 8L * (1 + random.nextInt(8));
            Map.Entry<Long, Long> below = model.floorEntry(begin + size - 1);
            if (below == null || below.getValue() <= begin) {
                checked.opened(begin, size);
                model.put(begin, begin + size);
            }
            if (random.nextInt(3) == 0 && !model.isEmpty()) {
                List<Long> begins = new ArrayList<>(model.keySet());
                long gone = begins.get(random.nextInt(begins.size()));
                checked.closed(gone, model.remove(gone) - gone);
            }
            long address = base + random.nextInt(200 * 8) * 8L;
            Map.Entry<Long, Long> holder = model.floorEntry(address);
            if (holder != null && address < holder.getValue()) {
                assertEquals(0, checked.get(address));
            } else {
                assertThrows(AssertionError.class, () -> checked.get(address), "seed " + seed + ", step " + step);
            }
        }
    }
}
