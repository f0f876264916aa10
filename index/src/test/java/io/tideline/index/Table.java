package io.tideline.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.hlog.LogAddress;
import io.tideline.memory.Words;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** What an index holds, as a map from hashes to addresses, and indexes filled at random. */
final class Table {
    private Table() {
    }

    /** A hash with the tag, below 2^14, in the home bucket. */
    static long hash(long tag, long home) {
        return tag << 48 | home;
    }

    static void put(HashIndex index, long hash, long address) {
        Slot slot = new Slot();
        assertTrue(index.findOrReserve(hash, slot));
        assertTrue(index.compareAndSet(slot, address));
    }

    /** Fills an index until it has so many keys, or is full, crowding some of its home buckets; what it holds then. */
    static Map<Long, Long> fill(HashIndex index, SplittableRandom random, int keys) {
        Map<Long, Long> filled = new TreeMap<>();
        long crowded = 1 + random.nextLong(Math.min(index.buckets(), 5));
        Slot slot = new Slot();
        while (filled.size() < keys) {
            long home = random.nextInt(3) > 0 ? random.nextLong(crowded) * 31 % index.buckets() : random.nextLong(index.buckets());
            long hash = hash(random.nextLong(1 << 14), home);
            if (!index.findOrReserve(hash, slot)) {
                return filled;
            }
            boolean newest = random.nextInt(8) > 0;
            long address = LogAddress.FIRST + 16L * (filled.size() + 1) + (random.nextInt(16) == 0 ? 1L << 47 : 0);
            if (newest && address > slot.address()) {
                assertTrue(index.compareAndSet(slot, address));
                filled.put(hash, address);
            } else {
                assertTrue(index.compareAndSet(slot, slot.address()), "nobody else is here"); // an entry without a record, if there was none
                filled.putIfAbsent(hash, slot.address());
            }
        }
        return filled;
    }

    /** Everything in an index, which has no tag twice in a chain, and no bucket twice. */
    static Map<Long, Long> entries(HashIndex index, String replay) {
        Map<Long, Long> entries = new TreeMap<>();
        Set<Long> buckets = new HashSet<>();
        index.forEachBucket((home, bucket) -> {
            assertTrue(buckets.add(bucket), "a bucket is led to twice, " + replay);
            for (int at = 0; at < BucketLayout.ENTRIES_BYTES; at += 8) {
                long entry = Words.getVolatile(bucket + at);
                assertFalse(BucketLayout.hasForeignBits(entry), "bit 62 or 63 in bucket " + home + ", " + replay);
                if (entry != 0) {
                    assertNull(entries.put(BucketLayout.tagBitsOf(entry) | home, BucketLayout.address(entry)), "one tag twice, " + replay);
                }
            }
        });
        return entries;
    }

    static void assertEmpty(HashIndex index, String replay) {
        assertEquals(Map.of(), entries(index, replay), replay);
        assertEquals(0, index.overflow().handedOut(), replay);
        assertEquals(0, index.overflowBuckets(), replay);
    }
}
