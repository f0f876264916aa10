package io.tideline.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.epoch.Epoch;
import io.tideline.fault.FullFault;
import io.tideline.fault.FullFault.Place;
import io.tideline.fault.IoFault;
import io.tideline.index.BucketLayout;
import io.tideline.index.HashIndex;
import io.tideline.memory.Waits;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class IndexFillerTest {
    private static final int RECORD_BYTES = 32;

    private final Epoch epoch = new Epoch(Waits.SYSTEM);
    private HashIndex index;
    private final List<Thread> threads = new ArrayList<>();
    /** The waits of the system, whose threads are known. */
    private final Waits waits = new Waits() {
        @Override
        public Thread thread(String name, Runnable work) {
            Thread thread = Waits.super.thread(name, work);
            threads.add(thread);
            return thread;
        }
    };

    @AfterEach
    void closeAll() {
        if (index != null) {
            index.close();
        }
        threads.forEach(thread -> assertFalse(thread.isAlive(), thread + " goes on"));
    }

    private void open(int buckets) {
        index = new HashIndex(epoch, buckets, buckets, false);
    }

    /** Less than a batch, whole ones, and more than one behind the other. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 1023, 1024, 1025, 8 * 1024, 100_003})
    void shouldLeadEachKeyToItsLastRecord(int records) {
        open(1024);
        SplittableRandom random = new SplittableRandom(records);
        long[] keys = random.longs(500).toArray();
        Map<Long, Long> last = new HashMap<>();
        try (IndexFiller filler = new IndexFiller(index, waits)) {
            for (int i = 0; i < records; i++) {
                long key = keys[random.nextInt(keys.length)];
                long address = 64 + (long) i * RECORD_BYTES;
                filler.give(key, address);
                last.put(key, address);
            }
            filler.finish();
            last.forEach((key, address) -> assertEquals(address, index.find(key)));
        }
        assertEquals(records < 1024 ? 0 : 1, threads.stream().filter(thread -> thread.getState() == Thread.State.TERMINATED).count());
    }

    /** Who gives waits when all batches are full, and each is used many times. */
    @Test
    void shouldHoldNoMoreThanSoManyBatches() {
        open(1024);
        AtomicLong given = new AtomicLong();
        AtomicLong before = new AtomicLong();
        Runnable wait = untilThisWaits();
        try (IndexFiller filler = IndexFiller.ofBatches(() -> {
            wait.run();
            before.set(given.get());
        }, index, waits, 3)) {
            for (int i = 0; i < 50_000; i++) {
                filler.give(i % 700, 64 + (long) i * RECORD_BYTES);
                given.set(i + 1);
            }
            filler.finish();
        }
        assertEquals(3 * 1024 - 1, before.get(), "the last one had not come back");
        for (int key = 0; key < 700; key++) {
            int last = (50_000 - 1 - key) / 700 * 700 + key;
            assertEquals(64 + (long) last * RECORD_BYTES, index.find(key));
        }
    }

    /** Waits until the thread that calls this does. */
    private static Runnable untilThisWaits() {
        Thread giver = Thread.currentThread();
        return () -> {
            long deadline = System.nanoTime() + 60_000_000_000L;
            while (giver.getState() != Thread.State.WAITING && System.nanoTime() < deadline) {
                Thread.onSpinWait();
            }
        };
    }

    /** All of it waits for what is done before, and then both enter it: with one bucket, with two, with long chains and with none. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 64, 1 << 14})
    void shouldEnterTogetherWhatWaitsInTheEnd(int buckets) {
        int records = 64 * 1024 - 100;
        index = new HashIndex(epoch, buckets, 4096, false);
        SplittableRandom random = new SplittableRandom(buckets);
        long[] hashes = random.longs(2000).toArray();
        Map<Long, Long> last = new HashMap<>();
        try (IndexFiller filler = IndexFiller.ofBatches(untilThisWaits(), index, waits, 64)) { // in finish: there is room for all
            for (int i = 0; i < records; i++) {
                long hash = hashes[random.nextInt(hashes.length)];
                long address = 64 + (long) i * RECORD_BYTES;
                filler.give(hash, address);
                last.put(hash, address);
            }
            filler.finish();
            Map<List<Long>, Long> newest = new HashMap<>(); // hashes of one tag and bucket share an entry
            last.forEach((hash, address) -> newest.merge(entryOf(hash), address, Math::max));
            last.forEach((hash, address) -> assertEquals(newest.get(entryOf(hash)), index.find(hash)));
        }
    }

    private List<Long> entryOf(long hash) {
        return List.of(hash & index.buckets() - 1, BucketLayout.tagBits(hash));
    }

    /** Whichever of the two meets it. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldTellThatTheIndexIsFullWhoeverMeetsIt(int bucket) {
        open(2);
        try (IndexFiller filler = IndexFiller.ofBatches(untilThisWaits(), index, waits, 64)) { // in finish: there is room for all
            for (long tag = 0; tag < 5000; tag++) {
                filler.give(tag << 48 | bucket, 64 + tag * RECORD_BYTES);
            }
            assertThrows(FullFault.class, filler::finish);
        }
    }

    static Stream<Throwable> failures() {
        return Stream.of(new IoFault("the image cannot be read"), new FullFault(Place.INDEX, "the index is full"), new StackOverflowError());
    }

    /** Whether it is noticed while more is given, or at the end. */
    @ParameterizedTest
    @MethodSource("failures")
    void shouldTellHowWhatWasDoneBeforeHasFailed(Throwable failure) {
        open(64);
        for (int records : new int[] {10, 100_000}) {
            try (IndexFiller filler = IndexFiller.ofBatches(() -> {
                switch (failure) {
                    case RuntimeException fault -> throw fault;
                    case Error bug -> throw bug;
                    default -> throw new AssertionError();
                }
            }, index, waits, 3)) {
                assertSame(failure, assertThrows(failure.getClass(), () -> {
                    for (int i = 0; i < records; i++) {
                        filler.give(i % 50, 64 + (long) i * RECORD_BYTES);
                    }
                    filler.finish();
                }));
                assertSame(failure, filler.failure());
            }
            assertEquals(0, index.find(7));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {100, 1024, 100_000})
    void shouldTellWhoGivesThatTheIndexIsFull(int records) {
        open(1);
        SplittableRandom random = new SplittableRandom(records);
        try (IndexFiller filler = new IndexFiller(index, waits)) {
            String message = assertThrows(FullFault.class, () -> {
                for (int i = 0; i < records; i++) {
                    filler.give(random.nextLong(), 64 + (long) i * RECORD_BYTES);
                }
                filler.finish();
            }).getMessage();
            assertTrue(message.startsWith("index full: the log has more keys than 1 buckets"), message);
        }
    }

    /** As when the log turns out to be damaged. */
    @Test
    void shouldEndItsThreadWhenItIsGivenUp() {
        open(64);
        IndexFiller filler = new IndexFiller(index, waits);
        for (int i = 0; i < 5000; i++) {
            filler.give(i % 50, 64 + (long) i * RECORD_BYTES);
        }
        filler.close();
        filler.close();
    }

    @Test
    void shouldGoOnWhereItIsInterrupted() {
        open(64);
        Thread.currentThread().interrupt();
        try (IndexFiller filler = new IndexFiller(index, waits)) {
            for (int i = 0; i < 50_000; i++) {
                filler.give(i % 50, 64 + (long) i * RECORD_BYTES);
            }
            filler.finish();
        }
        assertTrue(Thread.interrupted());
        assertEquals(64 + 49_999L * RECORD_BYTES, index.find(49_999 % 50));
    }
}
