package io.tideline.index;

import io.tideline.epoch.Epoch;
import io.tideline.hlog.LogAddress;
import io.tideline.memory.Models;
import io.tideline.memory.Region;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Search, insertion and update of a single bucket in which every tag is in everybody's way: keys 0 and 1 have the same tag and so the same
 * entry, key 2 has another one, and whoever inserts takes the last free place or lengthens the chain.
 *
 * <p>The addresses that an entry goes through count its updates. An update lost, or made twice because one tag has two entries, is a count
 * that no order of the operations explains.
 */
@Tag("lincheck")
class HashIndexModel {
    private static final int KEYS = 3;
    private static final long STEP = 16;

    /** Keys 0 and 1 differ in bits that are neither bucket nor tag. */
    private static long hash(int key) {
        return key < 2 ? 5L << 48 | (long) key << 44 : 6L << 48;
    }

    /** The tag bits of something else in the same bucket. */
    private static long otherTag(int number) {
        return 100L + number << 48;
    }

    /** What an entry's address says; 0 if there is none, or one without a record. */
    private static long count(long address) {
        return address == LogAddress.NONE || address == LogAddress.CHAIN_END ? 0 : (address - LogAddress.FIRST) / STEP + 1;
    }

    private static long addressOf(long count) {
        return LogAddress.FIRST + (count - 1) * STEP;
    }

    /** A counter per entry. */
    public static class Specification {
        private final long[] counts = new long[KEYS];

        private static int entry(int key) {
            return Math.max(key, 1);
        }

        public long advance(int key) {
            return ++counts[entry(key)];
        }

        public long advanceFrom(int key) {
            return advance(key);
        }

        public long advanceAtOnce(int key) {
            return advance(key);
        }

        public long create(int key) {
            return counts[entry(key)];
        }

        public long find(int key) {
            return counts[entry(key)];
        }

        public long findTouched(int key) {
            return counts[entry(key)];
        }

        public long findSlot(int key) {
            return counts[entry(key)];
        }
    }

    /** The operations on a real index with so many entries of others. */
    @Param(name = "key", gen = IntGen.class, conf = "0:2")
    public abstract static class Crowded {
        private final HashIndex index = new HashIndex(new Epoch(Waits.SYSTEM), 1, 4, false);

        Crowded(int others) {
            index.forEachBucket((home, bucket) -> {
                for (int i = 0; i < others; i++) {
                    Words.set(bucket + i * 8L, BucketLayout.entry(otherTag(i), LogAddress.CHAIN_END));
                }
            });
        }

        private Slot create(long hash) {
            Slot slot = new Slot();
            HashIndex.Outcome outcome = index.findOrCreate(hash, slot);
            while (outcome == HashIndex.Outcome.BUSY) {
                Thread.onSpinWait();
                outcome = index.findOrCreate(hash, slot);
            }
            if (outcome != HashIndex.Outcome.FOUND) {
                throw new AssertionError("no room for an entry");
            }
            return slot;
        }

        /** The count after this update. */
        @Operation
        public long advance(@Param(name = "key") int key) {
            for (;;) {
                Slot slot = create(hash(key));
                long next = count(slot.address()) + 1;
                if (index.compareAndSet(slot, addressOf(next))) {
                    return next;
                }
            }
        }

        /** The same, without a slot: from what a look without one has found. */
        @Operation
        public long advanceFrom(@Param(name = "key") int key) {
            for (;;) {
                long newest = index.find(hash(key));
                if (newest == LogAddress.NONE) {
                    return advance(key);
                }
                long next = count(newest) + 1;
                if (index.replace(hash(key), newest, addressOf(next))) {
                    return next;
                }
            }
        }

        /** The same, but an entry that is not there yet is made with its first count. */
        @Operation
        public long advanceAtOnce(@Param(name = "key") int key) {
            return index.insert(hash(key), addressOf(1)) ? 1 : advance(key);
        }

        @Operation
        public long create(@Param(name = "key") int key) {
            return count(create(hash(key)).address());
        }

        @Operation
        public long find(@Param(name = "key") int key) {
            return count(index.find(hash(key)));
        }

        @Operation
        public long findTouched(@Param(name = "key") int key) {
            return count(index.findTouched(hash(key)));
        }

        @Operation
        public long findSlot(@Param(name = "key") int key) {
            Slot slot = new Slot();
            return index.find(hash(key), slot) ? count(slot.address()) : 0;
        }

        /** Every tag has one entry at most, and none is left tentative. */
        @Validate
        public void shouldHaveOneFinalEntryPerTag() {
            long[] seen = new long[1];
            index.forEachBucket((home, bucket) -> {
                for (int at = 0; at < BucketLayout.ENTRIES_BYTES; at += 8) {
                    long entry = Words.getVolatile(bucket + at);
                    if (BucketLayout.isTentative(entry)) {
                        throw new AssertionError("a tentative entry is left");
                    }
                    long tag = BucketLayout.tagBitsOf(entry) >>> 48;
                    if (tag == 5 || tag == 6) {
                        if ((seen[0] & 1L << tag) != 0) {
                            throw new AssertionError("tag " + tag + " has two entries");
                        }
                        seen[0] |= 1L << tag;
                    }
                }
            });
        }
    }

    /** Two tags are inserted where one place is left in the home bucket. */
    public static class OnePlaceLeft extends Crowded {
        public OnePlaceLeft() {
            super(BucketLayout.ENTRIES - 1);
        }
    }

    /** The home bucket is full, and whoever inserts first links an overflow bucket. */
    public static class NoPlaceLeft extends Crowded {
        public NoPlaceLeft() {
            super(BucketLayout.ENTRIES);
        }
    }

    /** A few places searched and claimed as the index does it, with room for a planted bug. */
    @Param(name = "key", gen = IntGen.class, conf = "0:2")
    public abstract static class Planted {
        private static final int PLACES = 3;
        private final Region region = Region.allocate(4096, false);

        final long place(int number) {
            return region.address() + number * 8L;
        }

        /** The place of the tag's final entry, or -1. */
        final int search(long tagBits) {
            for (int place = 0; place < PLACES; place++) {
                if (BucketLayout.matches(Words.getVolatile(place(place)), tagBits)) {
                    return place;
                }
            }
            return -1;
        }

        final int freePlace() {
            for (int place = 0; place < PLACES; place++) {
                if (Words.getVolatile(place(place)) == 0) {
                    return place;
                }
            }
            return -1;
        }

        /** The place of a new entry of the tag, or -1 if it must be looked for again. */
        abstract int insert(long tagBits);

        @Operation
        public long advance(@Param(name = "key") int key) {
            long tagBits = BucketLayout.tagBits(hash(key));
            for (;;) {
                int place = search(tagBits);
                place = place >= 0 ? place : insert(tagBits);
                if (place >= 0) {
                    long entry = Words.getVolatile(place(place));
                    long next = count(BucketLayout.address(entry)) + 1;
                    if (update(place, tagBits, entry, addressOf(next))) {
                        return next;
                    }
                }
                Thread.onSpinWait();
            }
        }

        boolean update(int place, long tagBits, long entry, long address) {
            return Words.compareAndSet(place(place), entry, BucketLayout.entry(tagBits, address));
        }

        @Operation
        public long find(@Param(name = "key") int key) {
            int place = search(BucketLayout.tagBits(hash(key)));
            return place < 0 ? 0 : count(BucketLayout.address(Words.getVolatile(place(place))));
        }
    }

    /** Planted: claims tentatively and finalises, without a second look at the other places. */
    public static class WithoutSecondScan extends Planted {
        @Override
        int insert(long tagBits) {
            int place = freePlace();
            long entry = BucketLayout.entry(tagBits, LogAddress.CHAIN_END);
            if (!Words.compareAndSet(place(place), 0, entry | BucketLayout.TENTATIVE)) {
                return -1;
            }
            Words.setRelease(place(place), entry);
            return place;
        }
    }

    /** Planted: an update looks and then stores, and overwrites what came in between. */
    public static class StoringTheEntry extends Planted {
        @Override
        int insert(long tagBits) {
            int place = freePlace();
            return Words.compareAndSet(place(place), 0, BucketLayout.entry(tagBits, LogAddress.CHAIN_END)) ? place : -1;
        }

        @Override
        boolean update(int place, long tagBits, long entry, long address) {
            Words.setVolatile(place(place), BucketLayout.entry(tagBits, address));
            return true;
        }
    }

    @Test
    void shouldHoldWhereOnePlaceIsLeft() {
        Models.assertHoldsInEveryInterleaving(OnePlaceLeft.class, Specification.class);
    }

    @Test
    void shouldHoldWhereTheChainIsLengthened() {
        Models.assertHoldsInEveryInterleaving(NoPlaceLeft.class, Specification.class);
    }

    @Test
    void shouldCatchAnInsertionWithoutSecondScan() {
        Models.assertCaught(WithoutSecondScan.class, Specification.class);
    }

    @Test
    void shouldCatchAnUpdateThatIsStored() {
        Models.assertCaught(StoringTheEntry.class, Specification.class);
    }
}
