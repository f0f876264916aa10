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
 * entry, key 2 has another one, and whoever inserts takes one of the last free places or lengthens the chain.
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

        public long findOrReserve(int key) {
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

        private Slot reserve(long hash) {
            Slot slot = new Slot();
            if (!index.findOrReserve(hash, slot)) {
                throw new AssertionError("no room for an entry");
            }
            return slot;
        }

        /** The count after this update. */
        @Operation
        public long advance(@Param(name = "key") int key) {
            for (;;) {
                Slot slot = reserve(hash(key));
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
            long place = index.freePlace(hash(key));
            return index.findTouched(hash(key)) == LogAddress.NONE && index.insert(place, hash(key), addressOf(1), new Slot()) ? 1 : advance(key);
        }

        @Operation
        public long findOrReserve(@Param(name = "key") int key) {
            return count(reserve(hash(key)).address());
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

        @Validate
        public void shouldHaveOneEntryPerTag() {
            long[] seen = new long[1];
            index.forEachBucket((home, bucket) -> {
                for (int at = 0; at < BucketLayout.ENTRIES_BYTES; at += 8) {
                    long entry = Words.getVolatile(bucket + at);
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

    /** Two tags, or one of them twice, find two places left. */
    public static class TwoPlacesLeft extends Crowded {
        public TwoPlacesLeft() {
            super(BucketLayout.ENTRIES - 2);
        }
    }

    /** One entry more than there are tags could stand there. */
    public static class ThreePlacesLeft extends Crowded {
        public ThreePlacesLeft() {
            super(BucketLayout.ENTRIES - 3);
        }
    }

    /** A few places searched and taken as the index does it, with room for a planted bug. */
    @Param(name = "key", gen = IntGen.class, conf = "0:2")
    public static class Planted {
        static final int PLACES = 3;
        private final Region region = Region.allocate(4096, false);

        final long place(int number) {
            return region.address() + number * 8L;
        }

        /** The place of the tag's entry, or -1. */
        final int search(long tagBits) {
            for (int place = 0; place < PLACES; place++) {
                if (BucketLayout.matches(Words.getVolatile(place(place)), tagBits)) {
                    return place;
                }
            }
            return -1;
        }

        /** What is noted before the search. */
        int freeBefore(int key) {
            return freePlace();
        }

        /** And what behind it. */
        int freeBehind(int before) {
            return before;
        }

        final int freePlace() {
            for (int place = 0; place < PLACES; place++) {
                if (Words.getVolatile(place(place)) == 0) {
                    return place;
                }
            }
            return -1;
        }

        /** Makes an entry of the key's tag; its place, or -1 if it must be looked for again. */
        final int insert(int place, int key) {
            return Words.compareAndSet(place(place), 0, BucketLayout.entry(BucketLayout.tagBits(hash(key)), LogAddress.CHAIN_END)) ? place : -1;
        }

        @Operation
        public long advance(@Param(name = "key") int key) {
            long tagBits = BucketLayout.tagBits(hash(key));
            for (;;) {
                int free = freeBefore(key);
                int place = search(tagBits);
                place = place >= 0 ? place : insert(freeBehind(free), key);
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

    /** Planted: not everybody takes the first free place. */
    public static class WhereverThereIsRoom extends Planted {
        @Override
        int freeBefore(int key) {
            for (int place = PLACES - 1; key == 1 && place >= 0; place--) {
                if (Words.getVolatile(place(place)) == 0) {
                    return place;
                }
            }
            return freePlace();
        }
    }

    /** Planted: the free place is looked for behind the tag. */
    public static class WhereThereIsRoomByThen extends Planted {
        @Override
        int freeBehind(int before) {
            return freePlace();
        }
    }

    /** Planted: an update looks and then stores, and overwrites what came in between. */
    public static class StoringTheEntry extends Planted {
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
    void shouldHoldWhereTwoPlacesAreLeft() {
        Models.assertHoldsInEveryInterleaving(TwoPlacesLeft.class, Specification.class);
    }

    @Test
    void shouldHoldWhereThreePlacesAreLeft() {
        Models.assertHoldsInEveryInterleaving(ThreePlacesLeft.class, Specification.class);
    }

    @Test
    void shouldHoldWhereNothingIsPlanted() {
        Models.assertHoldsInEveryInterleaving(Planted.class, Specification.class);
    }

    @Test
    void shouldCatchAPlaceThatIsLookedForTooLate() {
        Models.assertCaught(WhereThereIsRoomByThen.class, Specification.class);
    }

    @Test
    void shouldCatchAnInsertionWhereverThereIsRoom() {
        Models.assertCaught(WhereverThereIsRoom.class, Specification.class);
    }

    @Test
    void shouldCatchAnUpdateThatIsStored() {
        Models.assertCaught(StoringTheEntry.class, Specification.class);
    }
}
