package io.tideline.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** The door for model checkers. */
class HeapTwinDoorTest extends DoorSpec {
    @Override
    Door open() {
        return new HeapTwinDoor();
    }

    @Override
    long allocate(Door door) {
        return ((HeapTwinDoor) door).allocate(BLOCK_BYTES);
    }

    @Override
    void free() {
        block = 0; // the garbage collector's
    }

    @Test
    void shouldKeepTheNewestRegionsApart() {
        HeapTwinDoor twin = new HeapTwinDoor();
        long[] addresses = new long[3 * 4096];
        for (int i = 0; i < addresses.length; i++) {
            addresses[i] = twin.allocate(8);
            twin.set(addresses[i], i);
        }
        for (int i = addresses.length - 4096; i < addresses.length; i++) {
            assertEquals(i, twin.get(addresses[i]));
        }
    }

    @Test
    void shouldHandOutZerosAtAddressesAlignedLikeRealOnes() {
        HeapTwinDoor twin = new HeapTwinDoor();
        for (int i = 0; i < 2 * 4096; i++) {
            long address = twin.allocate(16);
            assertEquals(0, address % HugePages.SIZE_BYTES);
            assertTrue(address > 0);
            assertEquals(0, twin.get(address) | twin.get(address + 8));
            twin.set(address + 8, -1);
        }
    }

    @Test
    void shouldRefuseWhatNoRegionHolds() {
        assertThrows(IndexOutOfBoundsException.class, () -> door.get(block + BLOCK_BYTES));
        assertThrows(RuntimeException.class, () -> door.get(0));
        assertTrue(assertThrows(AssertionError.class, () -> door.get(block + 4)).getMessage().contains("8-aligned"));
    }

    @Test
    void shouldRefuseARegionLargerThanItsAddressesReach() {
        long size = (1L << 32) + 8;
        String message = assertThrows(IllegalArgumentException.class, () -> ((HeapTwinDoor) door).allocate(size)).getMessage();
        assertTrue(message.contains(Long.toString(size)), message);
    }
}
