package io.tideline.epoch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Slots, through the {@link Epoch} that owns the table. */
class EpochTableTest {
    private static final int SLOTS_PER_CHUNK = 64;

    private final Epoch epoch = new Epoch(Waits.SYSTEM);

    @AfterEach
    void closeEpoch() {
        epoch.close();
    }

    @Test
    void shouldFillItsTwoCacheLines() {
        assertEquals(0, EpochSlotLayout.EPOCH_OFFSET);
        assertEquals(EpochSlotLayout.GENERATION_OFFSET, EpochSlotLayout.EPOCH_OFFSET + 8);
        assertEquals(EpochSlotLayout.OWNER_WORDS_OFFSET, EpochSlotLayout.GENERATION_OFFSET + 8);
        assertEquals(128, EpochSlotLayout.OWNER_WORDS_OFFSET + 8 * EpochSlotLayout.OWNER_WORDS);
        assertEquals(128, EpochSlotLayout.SIZE_BYTES);
    }

    @Test
    void shouldHandOutTenThousandSlotsAndTakeAllOfThemBack() {
        int claims = 10_000;
        List<Long> slots = new ArrayList<>();
        for (int i = 0; i < claims; i++) {
            long slot = epoch.claim("session-" + i);
            assertEquals(0, slot % EpochSlotLayout.SIZE_BYTES);
            slots.add(slot);
        }
        assertEquals(claims, new HashSet<>(slots).size());
        assertEquals(claims, epoch.ownedSlots());
        int capacity = (claims + SLOTS_PER_CHUNK - 1) / SLOTS_PER_CHUNK * SLOTS_PER_CHUNK;
        assertEquals(capacity, epoch.slotCapacity());
        for (long slot : slots) {
            assertTrue(epoch.tryEnter(slot));
        }
        assertEquals(claims, epoch.inside().size());
        assertEquals("session-9999", epoch.inside().getLast());
        for (long slot : slots) {
            epoch.exit(slot);
            epoch.release(slot);
        }
        assertEquals(0, epoch.ownedSlots());
        for (int i = 0; i < claims; i++) {
            epoch.claim("again-" + i);
        }
        assertEquals(capacity, epoch.slotCapacity(), "slots were reused");
    }

    @Test
    void shouldHoldBackTheEpochFromEverySlotOfEveryChunk() {
        List<Long> slots = new ArrayList<>();
        for (int i = 0; i < 3 * SLOTS_PER_CHUNK; i++) {
            slots.add(epoch.claim("session-" + i));
        }
        for (int i = 0; i < slots.size(); i++) {
            assertTrue(epoch.tryEnter(slots.get(i)));
            long entered = epoch.current();
            assertEquals(entered - 1, epoch.safe());
            assertFalse(epoch.awaitAllPassed(-1));
            assertEquals(entered - 1, epoch.safe());
            assertEquals(List.of("session-" + i), epoch.inside());
            epoch.exit(slots.get(i));
            assertEquals(entered, epoch.safe());
        }
    }

    @Test
    void shouldHandOutASlotWithOwnerWordsOfZero() {
        long slot = epoch.claim("first");
        for (int i = 0; i < EpochSlotLayout.OWNER_WORDS; i++) {
            Words.set(slot + EpochSlotLayout.OWNER_WORDS_OFFSET + 8L * i, -1);
        }
        epoch.release(slot);
        long again = epoch.claim("second");
        assertEquals(slot, again, "the slot given back last is handed out first");
        for (int i = 0; i < EpochSlotLayout.OWNER_WORDS; i++) {
            assertEquals(0, Words.get(slot + EpochSlotLayout.OWNER_WORDS_OFFSET + 8L * i));
        }
        assertFalse(epoch.isInside(again));
    }

    @Test
    void shouldRefuseToTakeASlotBackWhileSomebodyIsInside() {
        epoch.claim("other");
        long slot = epoch.claim("busy");
        assertTrue(epoch.tryEnter(slot));
        String message = assertThrows(IllegalStateException.class, () -> epoch.release(slot)).getMessage();
        assertEquals("slot 1 of busy is released while somebody is inside", message);
        assertTrue(epoch.isInside(slot));
        epoch.exit(slot);
        epoch.release(slot);
    }

    @Test
    void shouldRefuseToTakeASlotBackTwice() {
        long slot = epoch.claim("once");
        epoch.release(slot);
        String message = assertThrows(IllegalStateException.class, () -> epoch.release(slot)).getMessage();
        assertTrue(message.contains("slot 0") && message.contains("twice"), message);
        assertEquals(0, epoch.ownedSlots());
        assertTrue(epoch.claim("next") != epoch.claim("another"), "the slot was not handed out to two");
    }

    @ParameterizedTest
    @ValueSource(longs = {-8, 8, 64, 64 * 128})
    void shouldRefuseAnAddressThatIsNoSlot(long distance) {
        long foreign = epoch.claim("any") + distance;
        String message = assertThrows(IllegalArgumentException.class, () -> epoch.release(foreign)).getMessage();
        assertTrue(message.contains(Long.toHexString(foreign)), message);
    }

    @Test
    void shouldLetNobodyIntoASlotThatWasGivenBack() {
        long slot = epoch.claim("gone");
        epoch.release(slot);
        assertFalse(epoch.tryEnter(slot));
        assertFalse(epoch.isInside(slot));
        assertEquals(List.of(), epoch.inside());
        assertEquals(epoch.current() - 1, epoch.safe());
    }

    /** A late enter races the release of its slot: one of them is refused, whatever the order. */
    @Test
    void shouldNeverTakeBackASlotThatALateUserGotInto() throws Exception {
        try (ExecutorService late = Executors.newSingleThreadExecutor()) {
            for (int round = 0; round < 2_000; round++) {
                long slot = epoch.claim("session");
                long idle = epoch.idleWord(slot);
                Future<Boolean> entering = late.submit(() -> epoch.tryEnter(slot, idle));
                boolean released = true;
                try {
                    epoch.release(slot);
                } catch (IllegalStateException inside) {
                    released = false;
                }
                long next = released ? epoch.claim("next") : slot;
                if (released) {
                    assertTrue(epoch.tryEnter(next), "round " + round + ": the next owner is disturbed");
                    epoch.exit(next);
                }
                boolean entered = entering.get(60, TimeUnit.SECONDS);
                assertTrue(entered != released, "round " + round + ": one of the two");
                if (entered) {
                    assertTrue(epoch.isInside(slot), "round " + round);
                    epoch.exit(slot);
                }
                epoch.release(next);
            }
        }
        assertEquals(0, epoch.ownedSlots());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void shouldNeverHandOneSlotToTwoOwners(long seed) throws Exception {
        Set<Long> owned = ConcurrentHashMap.newKeySet();
        List<Future<?>> running = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            for (int t = 0; t < 4; t++) {
                Random random = new Random(seed * 4 + t);
                running.add(threads.submit(() -> {
                    List<Long> mine = new ArrayList<>();
                    for (int i = 0; i < 3_000; i++) {
                        if (mine.isEmpty() || random.nextInt(5) > 1 && mine.size() < 100) {
                            long slot = epoch.claim("owner");
                            assertTrue(owned.add(slot), "seed " + seed + ": a slot has two owners");
                            assertTrue(epoch.tryEnter(slot), "seed " + seed + ": somebody is inside a slot of mine");
                            epoch.exit(slot);
                            mine.add(slot);
                        } else {
                            long slot = mine.remove(random.nextInt(mine.size()));
                            assertTrue(owned.remove(slot));
                            epoch.release(slot);
                        }
                    }
                    mine.forEach(slot -> {
                        owned.remove(slot);
                        epoch.release(slot);
                    });
                }));
            }
            for (Future<?> future : running) {
                future.get(60, TimeUnit.SECONDS);
            }
        }
        assertEquals(0, epoch.ownedSlots());
        assertTrue(epoch.slotCapacity() <= 4 * 100 + SLOTS_PER_CHUNK, "grew to " + epoch.slotCapacity());
    }

    @Test
    void shouldServeTenThousandVirtualThreads() throws Exception {
        List<Future<?>> running = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int t = 0; t < 10_000; t++) {
                running.add(threads.submit(() -> {
                    long slot = epoch.claim("virtual");
                    assertTrue(epoch.tryEnter(slot));
                    Thread.yield();
                    epoch.exit(slot);
                    epoch.release(slot);
                }));
            }
            for (Future<?> future : running) {
                future.get(60, TimeUnit.SECONDS);
            }
        }
        assertEquals(0, epoch.ownedSlots());
        assertEquals(List.of(), epoch.inside());
    }
}
