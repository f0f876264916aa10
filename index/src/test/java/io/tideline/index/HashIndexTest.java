package io.tideline.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.epoch.Epoch;
import io.tideline.hlog.LogAddress;
import io.tideline.memory.Probe;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HashIndexTest {
    private final Epoch epoch = new Epoch(Waits.SYSTEM);

    @AfterEach
    void removeHook() {
        Probe.install(null);
    }

    private HashIndex open(long buckets, long overflowBuckets) {
        return new HashIndex(epoch, buckets, overflowBuckets, false);
    }

    /** A hash with the tag, below 2^14, in the bucket. */
    private static long hash(long tag, long bucket) {
        return tag << 48 | bucket;
    }

    /** Leads to an entry of the hash, which has no record yet where there was none. */
    private static Slot create(HashIndex index, long hash) {
        Slot slot = new Slot();
        assertTrue(index.findOrReserve(hash, slot));
        while (slot.entry == 0) {
            index.compareAndSet(slot, LogAddress.CHAIN_END); // or somebody else does
            assertTrue(index.findOrReserve(hash, slot));
        }
        return slot;
    }

    /** Buckets of a home bucket's chain, by address. */
    private static List<Long> chain(HashIndex index, long home) {
        List<Long> buckets = new ArrayList<>();
        index.forEachBucket((number, bucket) -> {
            if (number == home) {
                buckets.add(bucket);
            }
        });
        return buckets;
    }

    /** Every tag once. */
    private static void verify(HashIndex index, String replay) {
        Map<Long, Set<Long>> tags = new HashMap<>();
        index.forEachBucket((home, bucket) -> {
            for (int at = 0; at < BucketLayout.ENTRIES_BYTES; at += 8) {
                long entry = Words.getVolatile(bucket + at);
                if (entry != 0) {
                    assertTrue(tags.computeIfAbsent(home, h -> new HashSet<>()).add(BucketLayout.tagBitsOf(entry)),
                        "one tag twice in bucket " + home + ", " + replay);
                }
            }
        });
    }

    @Test
    void shouldFindNothingInAnEmptyIndex() {
        try (HashIndex index = open(4, 4)) {
            for (long tag = 0; tag < 10; tag++) {
                assertEquals(LogAddress.NONE, index.find(hash(tag, tag)));
                assertFalse(index.find(hash(tag, tag), new Slot()));
            }
        }
    }

    @Test
    void shouldCreateAnEntryThatIsTakenButLeadsNowhere() {
        try (HashIndex index = open(4, 4)) {
            Slot slot = create(index, hash(5, 2));
            assertEquals(LogAddress.CHAIN_END, slot.address());
            assertEquals(LogAddress.CHAIN_END, index.find(hash(5, 2)));
            assertEquals(LogAddress.NONE, index.find(hash(6, 2)));
            assertEquals(LogAddress.NONE, index.find(hash(5, 3)));
            assertEquals(slot.entryAddress, create(index, hash(5, 2)).entryAddress, "the second time it is found");
        }
    }

    @Test
    void shouldTellTheTagZeroFromAFreeEntry() {
        try (HashIndex index = open(1, 4)) {
            Slot zero = create(index, hash(0, 0));
            assertTrue(index.compareAndSet(zero, 64));
            assertEquals(64, index.find(hash(0, 0)));
            assertEquals(LogAddress.NONE, index.find(hash(1, 0)));
            verify(index, "by hand");
        }
    }

    @Test
    void shouldFindTheSameWithAndWithoutABranch() {
        for (long seed = 1; seed <= 50; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            try (HashIndex index = open(4, 16)) {
                for (int i = 0; i < 60; i++) {
                    Slot slot = create(index, hash(random.nextInt(40), random.nextInt(4)));
                    if (random.nextInt(4) > 0 && slot.address() < 64 + i * 64L) {
                        assertTrue(index.compareAndSet(slot, 64 + i * 64L));
                    }
                }
                for (long tag = 0; tag < 41; tag++) {
                    for (long home = 0; home < 4; home++) {
                        assertEquals(index.find(hash(tag, home)), index.findTouched(hash(tag, home)), "tag " + tag + ", seed " + seed);
                    }
                }
            }
        }
    }

    @Test
    void shouldMoveAnEntryOnlyFromWhatTheSlotSaw() {
        try (HashIndex index = open(1, 4)) {
            Slot first = create(index, hash(9, 0));
            Slot second = create(index, hash(9, 0));
            assertTrue(index.compareAndSet(first, 64));
            assertFalse(index.compareAndSet(second, 128), "a lost CAS leaves the entry alone");
            assertEquals(64, index.find(hash(9, 0)));
            assertTrue(index.find(hash(9, 0), second));
            assertEquals(64, second.address());
            assertTrue(index.compareAndSet(second, BucketLayout.ADDRESS_MASK));
            assertEquals(BucketLayout.ADDRESS_MASK, index.find(hash(9, 0)));
        }
    }

    @Test
    void shouldReplaceOnlyWhatIsTheNewest() {
        try (HashIndex index = open(1, 1)) {
            assertFalse(index.replace(hash(1, 0), LogAddress.NONE, 64), "there is no entry");
            for (long tag = 1; tag <= 14; tag++) { // half of them in the overflow bucket
                create(index, hash(tag, 0));
            }
            for (long tag = 1; tag <= 14; tag++) {
                assertFalse(index.replace(hash(tag, 0), tag * 64, tag * 128));
                assertTrue(index.replace(hash(tag, 0), LogAddress.CHAIN_END, tag * 64));
                assertFalse(index.replace(hash(tag, 0), LogAddress.CHAIN_END, tag * 128), "somebody else was first");
                assertTrue(index.replace(hash(tag, 0), tag * 64, tag * 128));
            }
            for (long tag = 1; tag <= 14; tag++) {
                assertEquals(tag * 128, index.find(hash(tag, 0)));
            }
            assertFalse(index.replace(hash(15, 0), LogAddress.CHAIN_END, 64));
        }
    }

    @Test
    void shouldInsertIntoTheFirstFreePlace() {
        Slot slot = new Slot();
        try (HashIndex index = open(2, 1)) {
            long home = chain(index, 1).getFirst();
            for (long tag = 1; tag <= 7; tag++) {
                long place = index.freePlace(hash(tag, 1));
                assertEquals(home + 8 * (tag - 1), place);
                assertTrue(index.insert(place, hash(tag, 1), tag * 64, slot));
                assertFalse(index.insert(place, hash(tag, 1), 640, slot), "it is there");
            }
            assertEquals(0, index.freePlace(hash(8, 1)), "there is no room in the home bucket");
            long first = index.freePlace(hash(1, 0));
            for (long tag = 1; tag <= 7; tag++) {
                assertTrue(index.insert(first, hash(tag, 0), tag * 128, slot), "another tag has taken the place, tag " + tag);
            }
            assertEquals(0, index.overflowBuckets());
            for (long tag = 8; tag <= 14; tag++) {
                assertTrue(index.insert(tag == 8 ? first : 0, hash(tag, 0), tag * 128, slot), "behind the home bucket, tag " + tag);
                assertFalse(index.insert(0, hash(tag, 0), 640, slot), "it is there");
            }
            assertFalse(index.insert(first, hash(15, 0), 640, slot), "there is no room at all");
            assertFalse(index.insert(0, hash(8, 1), 640, slot), "there is no room at all");
            for (long tag = 1; tag <= 14; tag++) {
                assertEquals(tag * 128, index.find(hash(tag, 0)));
                assertEquals(tag <= 7 ? tag * 64 : LogAddress.NONE, index.find(hash(tag, 1)));
            }
            verify(index, "by insertions");
        }
    }

    /** As an image has them of a bucket that was filled while it was copied. */
    @Test
    void shouldLookBehindAFreePlaceBeforeItIsTaken() {
        try (HashIndex index = open(1, 2)) {
            for (long tag = 1; tag <= 9; tag++) {
                create(index, hash(tag, 0));
            }
            List<Long> buckets = chain(index, 0);
            long hole = buckets.getFirst() + 8 * 3;
            Words.set(hole, 0); // of tag 4
            Slot slot = new Slot();
            for (long tag : new long[] {7, 9}) {
                assertTrue(index.findOrReserve(hash(tag, 0), slot));
                assertEquals(tag == 7 ? buckets.getFirst() + 8 * 6 : buckets.get(1) + 8, slot.entryAddress, "tag " + tag);
            }
            assertEquals(hole, index.freePlace(hash(4, 0)));
            assertTrue(index.findOrReserve(hash(4, 0), slot));
            assertEquals(hole, slot.entryAddress);
            assertTrue(index.compareAndSet(slot, 64));
            assertEquals(64, index.find(hash(4, 0)));
            verify(index, "by hand");
        }
    }

    @Test
    void shouldReserveNothingThatOthersDoNotSee() {
        try (HashIndex index = open(1, 1)) {
            Slot slot = new Slot();
            assertTrue(index.findOrReserve(hash(5, 0), slot));
            assertEquals(LogAddress.CHAIN_END, slot.address());
            assertEquals(LogAddress.NONE, index.find(hash(5, 0)));
            assertFalse(index.find(hash(5, 0), new Slot()));
            Slot other = new Slot();
            assertTrue(index.findOrReserve(hash(6, 0), other)); // and is led to the same place
            assertTrue(index.compareAndSet(other, 128));
            assertFalse(index.compareAndSet(slot, 64), "somebody else has the place");
            assertTrue(index.findOrReserve(hash(5, 0), slot));
            assertTrue(index.compareAndSet(slot, 64));
            assertEquals(64, index.find(hash(5, 0)));
            assertEquals(128, index.find(hash(6, 0)));
            verify(index, "by hand");
        }
    }

    @Test
    void shouldChainOverflowBucketsAndSayFullWhereTheyEnd() {
        try (HashIndex index = open(1, 3)) {
            int room = 7 * 4;
            for (long tag = 1; tag <= room; tag++) {
                assertTrue(index.compareAndSet(create(index, hash(tag, 0)), tag * 64));
            }
            assertEquals(3, index.overflowBuckets());
            assertEquals(4, chain(index, 0).size());
            assertFalse(index.findOrReserve(hash(room + 1, 0), new Slot()));
            for (long tag = 1; tag <= room; tag++) {
                assertEquals(tag * 64, index.find(hash(tag, 0)), "what is there stays, tag " + tag);
                assertEquals(tag * 64, create(index, hash(tag, 0)).address());
            }
            assertEquals(LogAddress.NONE, index.find(hash(room + 1, 0)));
            assertEquals(4096 + 3 * 64, index.sizeBytes());
            verify(index, "by hand");
            index.clear();
            assertEquals(0, index.overflowBuckets());
            for (long tag = 1; tag <= room; tag++) {
                assertEquals(LogAddress.NONE, index.find(hash(tag, 0)));
            }
            for (long tag = room; tag >= 1; tag--) {
                create(index, hash(tag, 0));
            }
            verify(index, "after a clear");
        }
    }

    @Test
    void shouldHoldEveryTagInOneBucket() {
        try (HashIndex index = open(1, 2400)) {
            for (long tag = 0; tag < 1 << 14; tag++) {
                assertTrue(index.compareAndSet(create(index, hash(tag, 0)), tag * 64 + 64));
            }
            verify(index, "all tags");
            for (long tag = 0; tag < 1 << 14; tag++) {
                assertEquals(tag * 64 + 64, index.find(hash(tag, 0)));
            }
            assertEquals(((1 << 14) + 6) / 7 - 1, index.overflowBuckets());
        }
    }

    @Test
    void shouldKeepTheCountsOfTheOverflowWordWhenItLinks() {
        long counts = 0xA5C3L << 48;
        try (HashIndex index = open(1, 8)) {
            long overflowWord = chain(index, 0).getFirst() + BucketLayout.OVERFLOW_OFFSET;
            Words.set(overflowWord, counts);
            for (long tag = 1; tag <= 20; tag++) {
                create(index, hash(tag, 0));
            }
            assertEquals(counts, Words.get(overflowWord) & ~BucketLayout.ADDRESS_MASK);
            assertNotEquals(0, BucketLayout.overflow(Words.get(overflowWord)));
            verify(index, "by hand");
        }
    }

    @Test
    void shouldKeepCountsThatChangeWhileItLinks() throws Exception {
        for (long seed = 1; seed <= 60; seed++) {
            String replay = "seed " + seed;
            try (HashIndex index = open(1, 64)) {
                long overflowWord = chain(index, 0).getFirst() + BucketLayout.OVERFLOW_OFFSET;
                AtomicInteger role = new AtomicInteger();
                Hammer.run(seed, 4, random -> {
                    if (role.getAndIncrement() == 0) {
                        for (int i = 0; i < 200; i++) {
                            for (long word = Words.getVolatile(overflowWord); !Words.compareAndSet(overflowWord, word, word + (1L << 48));) {
                                word = Words.getVolatile(overflowWord);
                            }
                        }
                    } else {
                        insertAll(index, random, 20);
                    }
                    return null;
                });
                assertEquals(200, Words.get(overflowWord) >>> 48 & 0xFF, "a link lost a count, " + replay);
                verify(index, replay);
            }
        }
    }

    private static void insertAll(HashIndex index, SplittableRandom random, int tags) {
        long firstTag = 1 + random.nextInt(3);
        for (long tag = firstTag; tag < firstTag + tags; tag++) {
            create(index, hash(tag, 0));
        }
    }

    @Test
    void shouldInsertEachTagOnceUnderManyThreads() throws Exception {
        for (long seed = 1; seed <= 150; seed++) {
            String replay = "seed " + seed;
            Hammer.yieldAtProbes(seed);
            int tags = 40;
            try (HashIndex index = open(1, 16)) {
                AtomicInteger advances = new AtomicInteger();
                Hammer.run(seed, 4, random -> {
                    for (int i = 0; i < 150; i++) {
                        advances.addAndGet(advance(index, hash(1 + random.nextInt(tags), 0)));
                    }
                    return null;
                });
                verify(index, replay);
                long total = 0;
                for (long tag = 1; tag <= tags; tag++) {
                    total += Math.max(0, index.find(hash(tag, 0)) / 64);
                }
                assertEquals(advances.get(), total, "an update of an entry was lost, " + replay);
            }
        }
    }

    /** Moves the entry of the hash one step of 64 on; how often it succeeded, once. */
    private static int advance(HashIndex index, long hash) {
        Slot slot = new Slot();
        for (int attempt = 0; ; attempt++) {
            if (index.findOrReserve(hash, slot)) {
                long next = slot.address() == LogAddress.CHAIN_END ? 64 : slot.address() + 64;
                if (index.compareAndSet(slot, next)) {
                    return 1;
                }
            }
            Waits.SYSTEM.pause(attempt);
        }
    }

    @Test
    void shouldNeverHideAnEntryFromReaders() throws Exception {
        for (long seed = 1; seed <= 40; seed++) {
            String replay = "seed " + seed;
            Hammer.yieldAtProbes(seed);
            try (HashIndex index = open(2, 16)) {
                AtomicInteger role = new AtomicInteger();
                AtomicBoolean done = new AtomicBoolean();
                AtomicReference<Long> published = new AtomicReference<>(0L);
                Hammer.run(seed, 3, random -> {
                    if (role.getAndIncrement() == 0) {
                        for (long tag = 1; tag <= 60; tag++) {
                            assertTrue(index.compareAndSet(create(index, hash(tag, 1)), tag * 64));
                            published.set(tag);
                        }
                        done.set(true);
                    } else {
                        while (!done.get()) {
                            long newest = published.get();
                            for (long tag = 1; tag <= newest; tag++) {
                                assertEquals(tag * 64, index.find(hash(tag, 1)), "tag " + tag + ", " + replay);
                                assertEquals(tag * 64, index.findTouched(hash(tag, 1)), "tag " + tag + ", " + replay);
                            }
                        }
                    }
                    return null;
                });
            }
        }
    }

    @Test
    void shouldWorkAtBothEndsOfATableOfTwoBillionEntries() {
        long buckets = 1L << 28; // 16 GiB of address space, of which a few pages become resident
        try (HashIndex index = open(buckets, 16)) {
            assertEquals(buckets, index.buckets());
            long[] homes = {0, 1, (1 << 26) - 1, 1 << 26, buckets / 2, buckets - 1};
            for (long home : homes) {
                for (long tag = 1; tag <= 9; tag++) {
                    assertTrue(index.compareAndSet(create(index, hash(tag, home)), home + tag * 64 + 64));
                }
            }
            for (long home : homes) {
                for (long tag = 1; tag <= 9; tag++) {
                    assertEquals(home + tag * 64 + 64, index.find(hash(tag, home)), "bucket " + home);
                }
                assertEquals(LogAddress.NONE, index.find(hash(10, home)));
            }
            assertEquals(homes.length, index.overflowBuckets());
            assertEquals((buckets + homes.length) * 64, index.sizeBytes());
            index.clear();
            assertEquals(LogAddress.NONE, index.find(hash(1, buckets - 1)));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, 3, 6, (1L << 42) + 1, 1L << 43, Long.MIN_VALUE, Long.MAX_VALUE})
    void shouldRefuseWhatIsNoPowerOfTwoOrTooMany(long buckets) {
        String message = assertThrows(IllegalArgumentException.class, () -> open(buckets, 1)).getMessage();
        assertTrue(message.contains(buckets + " buckets") && message.contains("power of two"), message);
    }

    @Test
    void shouldKeepTheLoadedLineReadable() {
        try (HashIndex index = open(4, 4)) {
            assertEquals(0, index.touch(hash(1, 3)));
            create(index, hash(1, 3));
            assertNotEquals(0, index.touch(hash(1, 3)));
        }
    }

    @Test
    void shouldRaiseOnlyToGreaterAddresses() {
        for (long seed = 1; seed <= 50; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            Map<Long, Long> expected = new HashMap<>();
            try (HashIndex index = open(4, 10)) {
                boolean full = false;
                for (int i = 0; i < 300; i++) {
                    long hash = hash(random.nextInt(100), random.nextInt(4));
                    long address = 64 + 16L * random.nextInt(1000);
                    Long before = expected.get(hash);
                    HashIndex.Raised raised = index.raise(hash, address);
                    if (before != null) {
                        assertEquals(address > before ? HashIndex.Raised.NEWEST : HashIndex.Raised.NOT_NEWER, raised, "seed " + seed);
                    }
                    full |= raised == HashIndex.Raised.FULL;
                    if (raised == HashIndex.Raised.NEWEST) {
                        expected.put(hash, address);
                    } else {
                        assertEquals(before == null ? HashIndex.Raised.FULL : HashIndex.Raised.NOT_NEWER, raised, "seed " + seed);
                    }
                }
                assertTrue(full, "seed " + seed);
                verify(index, "seed " + seed);
                expected.forEach((hash, address) -> assertEquals(address, index.find(hash), "address " + address));
            }
        }
    }

    @Test
    void shouldRaiseAnEntryWithoutARecord() {
        try (HashIndex index = open(1, 4)) {
            create(index, hash(5, 0));
            assertEquals(HashIndex.Raised.NEWEST, index.raise(hash(5, 0), 64));
            assertEquals(64, index.find(hash(5, 0)));
            assertEquals(HashIndex.Raised.NOT_NEWER, index.raise(hash(5, 0), 64));
        }
    }
}
