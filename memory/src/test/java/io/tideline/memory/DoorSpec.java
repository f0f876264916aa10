package io.tideline.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link Door} does alike; one subclass a door. */
abstract class DoorSpec {
    static final int BLOCK_BYTES = 8192;
    private static final long PATTERN = 0x8877_6655_4433_2211L;

    Door door;
    long block;

    /** The door under test, not the one behind {@link Words}. */
    abstract Door open();

    /** {@value #BLOCK_BYTES} zeros that the door may touch. */
    abstract long allocate(Door door);

    abstract void free();

    @BeforeEach
    void openDoor() {
        door = open();
        block = allocate(door);
    }

    @AfterEach
    void freeBlock() {
        free();
    }

    @Test
    void shouldReadByEveryOrderWhatWasWrittenByEveryOrder() {
        long value = PATTERN;
        for (int i = 0; i < 5; i++) {
            value = value * 31 + 7;
            long expected = value;
            LongConsumer[] writers = {
                v -> door.set(block, v), v -> door.setRelease(block, v), v -> door.setVolatile(block, v),
                v -> assertTrue(door.compareAndSet(block, door.get(block), v)),
                v -> door.getAndAdd(block, v - door.get(block))
            };
            for (LongConsumer writer : writers) {
                door.set(block, ~expected);
                writer.accept(expected);
                LongUnaryOperator[] readers = {door::get, door::getAcquire, door::getVolatile};
                for (LongUnaryOperator reader : readers) {
                    assertEquals(expected, reader.applyAsLong(block));
                }
            }
        }
    }

    @Test
    void shouldTouchNothingBesideTheWord() {
        for (long at = 0; at < 64; at += 8) {
            door.set(block + at, PATTERN);
        }
        door.set(block + 24, 1);
        door.setRelease(block + 24, 2);
        door.setVolatile(block + 24, 3);
        door.compareAndSet(block + 24, 3, 4);
        door.getAndAdd(block + 24, 5);
        for (long at = 0; at < 64; at += 8) {
            assertEquals(at == 24 ? 9 : PATTERN, door.get(block + at), "word at +" + at);
        }
    }

    @Test
    void shouldSwapOnlyTheExpectedValue() {
        door.set(block, PATTERN);
        assertFalse(door.compareAndSet(block, PATTERN + 1, 1));
        assertEquals(PATTERN, door.get(block));
        assertTrue(door.compareAndSet(block, PATTERN, 1));
        assertEquals(1, door.get(block));
    }

    @Test
    void shouldReturnTheValueBeforeAnAdd() {
        door.set(block, Long.MAX_VALUE);
        assertEquals(Long.MAX_VALUE, door.getAndAdd(block, 2));
        assertEquals(Long.MIN_VALUE + 1, door.getAndAdd(block, -1));
        assertEquals(Long.MIN_VALUE, door.get(block));
    }

    @Test
    void shouldReachTheSameWordsThroughAPinnedAddress() {
        long pinned = door.pin(block + 4096);
        door.set(pinned + 512, PATTERN);
        assertEquals(PATTERN, door.get(block + 4096 + 512));
        assertEquals(block + 4096, pinned);
    }

    @Test
    void shouldLoseNoAddAndNoSwapOfTwoThreads() throws Exception {
        int rounds = 20_000;
        CountDownLatch ready = new CountDownLatch(2);
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            Future<?>[] running = new Future<?>[2];
            for (int t = 0; t < 2; t++) {
                running[t] = threads.submit(() -> {
                    ready.countDown();
                    ready.await();
                    for (int i = 0; i < rounds; i++) {
                        door.getAndAdd(block, 1);
                        long seen;
                        do {
                            seen = door.getVolatile(block + 8);
                        } while (!door.compareAndSet(block + 8, seen, seen + 1));
                    }
                    return null;
                });
            }
            for (Future<?> future : running) {
                future.get(60, TimeUnit.SECONDS);
            }
        }
        assertEquals(2L * rounds, door.get(block));
        assertEquals(2L * rounds, door.get(block + 8));
    }

    @Test
    void shouldCopyWordsBetweenBlocksAndLeaveTheRest() {
        for (int length = 0; length <= 640; length += 8) {
            byte[] source = fill(block, 1024, length);
            byte[] before = fill(block + 4096, 1024, length + 1);
            door.copy(block + 64, block + 4096 + 128, length);
            System.arraycopy(source, 64, before, 128, length);
            assertBytes(before, block + 4096, "copy of " + length);
            assertBytes(source, block, "source of a copy of " + length);
        }
    }

    @Test
    void shouldCopyInFromHeapAndNativeSegments() {
        try (Arena arena = Arena.ofConfined()) {
            for (int length = 0; length <= 640; length += 8) {
                byte[] bytes = random(length, 1024);
                MemorySegment[] sources = {
                    MemorySegment.ofArray(bytes), arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes),
                    MemorySegment.ofArray(bytes).asReadOnly()
                };
                for (MemorySegment source : sources) {
                    byte[] expected = fill(block, 1024, length + 1);
                    door.copyFrom(source, 3, block + 64, length);
                    System.arraycopy(bytes, 3, expected, 64, length);
                    assertBytes(expected, block, "copyFrom of " + length);
                }
            }
        }
    }

    @Test
    void shouldCopyOutExactlyTheBytesAskedFor() {
        try (Arena arena = Arena.ofConfined()) {
            for (int length = 0; length <= 640; length++) {
                byte[] bytes = fill(block, 1024, length);
                MemorySegment[] targets = {MemorySegment.ofArray(new byte[1024]), arena.allocate(1024)};
                for (MemorySegment target : targets) {
                    target.fill((byte) 0x5A);
                    byte[] expected = target.toArray(ValueLayout.JAVA_BYTE);
                    door.copyTo(block + 64, target, 5, length);
                    System.arraycopy(bytes, 64, expected, 5, length);
                    assertArrayEquals(
                            expected, target.toArray(ValueLayout.JAVA_BYTE), "copyTo of " + length);
                }
            }
        }
    }

    @Test
    void shouldCopyInFromArrays() {
        for (int length = 0; length <= 640; length += 8) {
            byte[] bytes = random(length, 1024);
            for (int offset = 0; offset < 9; offset++) {
                byte[] expected = fill(block, 1024, length + 1);
                door.copyFrom(bytes, offset, block + 64, length);
                System.arraycopy(bytes, offset, expected, 64, length);
                assertBytes(expected, block, "copyFrom of " + length + " from " + offset);
            }
        }
    }

    @Test
    void shouldCopyOutExactlyTheBytesAskedForToArrays() {
        for (int length = 0; length <= 640; length++) {
            byte[] bytes = fill(block, 1024, length);
            for (int offset = 0; offset < 9; offset++) {
                byte[] target = new byte[1024];
                Arrays.fill(target, (byte) 0x5A);
                byte[] expected = target.clone();
                door.copyTo(block + 64, target, offset, length);
                System.arraycopy(bytes, 64, expected, offset, length);
                assertArrayEquals(expected, target, "copyTo of " + length + " to " + offset);
            }
        }
    }

    /**
     * An object made under a record's lock would let the collector, or a full heap, come between. Counted while the code is interpreted, where
     * an object is an object; a compiler could hide it.
     */
    @Test
    void shouldMakeNoObjectToCopyAnArray() {
        byte[] bytes = new byte[512];
        int copies = 1_000;
        copyBothWays(bytes, 10); // links what runs for the first time
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        threads.getCurrentThreadAllocatedBytes();
        long before = threads.getCurrentThreadAllocatedBytes();
        copyBothWays(bytes, copies);
        long made = threads.getCurrentThreadAllocatedBytes() - before;
        assertTrue(made < copies, made + " bytes for " + copies + " copies each way; an object a copy would be 16 at least");
    }

    private void copyBothWays(byte[] bytes, int times) {
        for (int i = 0; i < times; i++) {
            door.copyFrom(bytes, 3, block, 504);
            door.copyTo(block, bytes, 3, 504);
        }
    }

    @Test
    void shouldZeroExactlyTheRange() {
        for (int length = 0; length <= 640; length += 8) {
            byte[] expected = fill(block, 1024, length);
            door.zero(block + 64, length);
            Arrays.fill(expected, 64, 64 + length, (byte) 0);
            assertBytes(expected, block, "zero of " + length);
        }
    }

    /** Fills a part of the block word by word and returns the same bytes. */
    private byte[] fill(long address, int lengthBytes, long seed) {
        byte[] bytes = random(seed, lengthBytes);
        for (int at = 0; at < lengthBytes; at += 8) {
            door.set(address + at, Words.lastWord(bytes, at, 8));
        }
        return bytes;
    }

    private static byte[] random(long seed, int lengthBytes) {
        byte[] bytes = new byte[lengthBytes];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private void assertBytes(byte[] expected, long address, String what) {
        for (int at = 0; at < expected.length; at += 8) {
            assertEquals(Words.lastWord(expected, at, 8), door.get(address + at), what + ", word at +" + at);
        }
    }
}
