package io.tideline.index;

import static io.tideline.index.BucketLayout.ENTRIES_BYTES;
import static io.tideline.index.BucketLayout.OVERFLOW_OFFSET;

import io.tideline.epoch.Epoch;
import io.tideline.hlog.LogAddress;
import io.tideline.memory.Probe;
import io.tideline.memory.Words;

/**
 * The latch-free hash index (FASTER, SIGMOD 2018, §3; insertion differs, see below).
 *
 * <p><b>State.</b> The home buckets and the overflow buckets that continue them; layout in {@link BucketLayout}.
 *
 * <p><b>Invariants.</b> (1) At most one entry of a bucket chain has a given tag. (2) A place that was taken is never given back while anybody is
 * inside the epoch, and its tag stays. (3) Changing the overflow link keeps the counts beside it.
 *
 * <p><b>Who writes what.</b> A free place: whoever wins its CAS to an entry. An entry: anyone, by CAS to a greater address.
 *
 * <p><b>Linearisation points.</b> Of an insertion and of an update: the CAS of the entry. Of a search that finds nothing: the load of the place where an entry of the tag would stand.
 *
 * <p>An insertion is one CAS of the first free place of the chain, by who has looked through all of it for the tag. That makes no second entry of a tag: let two be made, and
 * look at the one further on. Its maker took the first place that he found free, so he had found the other's taken; a place has one tag for good, so he had found the tag. FASTER
 * frees entries, and therefore claims in two steps. Free places between taken ones are allowed: an image of an index in use has them.
 */
public final class HashIndex implements AutoCloseable {
    /** How {@link #raise} ended. */
    public enum Raised {
        /** The address is the newest of its chain now. */
        NEWEST,
        /** The chain begins with this address or a newer one, and stays as it is. */
        NOT_NEWER,
        /** There is no entry and no room for one. */
        FULL
    }

    private final BucketTable table;
    private final OverflowPool overflow;

    /**
     * @param buckets home buckets, a power of two
     * @param overflowBuckets how many overflow buckets there may be
     */
    public HashIndex(Epoch epoch, long buckets, long overflowBuckets, boolean hugePages) {
        if (buckets < 1 || Long.bitCount(buckets) != 1 || buckets > 1L << BucketLayout.MAX_BUCKET_BITS - BucketLayout.SIZE_SHIFT) {
            throw new IllegalArgumentException("an index of " + buckets + " buckets; it takes a power of two up to 2^"
                    + (BucketLayout.MAX_BUCKET_BITS - BucketLayout.SIZE_SHIFT));
        }
        this.table = new BucketTable(buckets, hugePages);
        this.overflow = openOverflow(epoch, overflowBuckets, hugePages);
    }

    private OverflowPool openOverflow(Epoch epoch, long overflowBuckets, boolean hugePages) {
        try {
            return new OverflowPool(epoch, overflowBuckets, hugePages);
        } catch (Throwable failed) {
            table.close();
            throw failed;
        }
    }

    /** Loads the hash's bucket line, so that a later search finds it in the cache; returns a word of it, to keep the load alive. */
    public long touch(long hash) {
        return Words.get(table.bucket(hash));
    }

    /** Whether the number of the hash's home bucket is even, 0, or odd, 1: two threads that keep to one each touch no bucket in common. */
    public int homeParity(long hash) {
        return (int) table.number(hash) & 1;
    }

    /** The log address of the newest record of the hash's chain; {@link LogAddress#NONE} or {@link LogAddress#CHAIN_END} if there is none. */
    public long find(long hash) {
        return find(table.bucket(hash), BucketLayout.tagBits(hash));
    }

    private long find(long from, long tagBits) {
        long bucket = from;
        for (;;) {
            // Early exit: out of the cache the branch is cheaper than looking at entries that do not matter.
            for (int at = 0; at < ENTRIES_BYTES; at += 8) {
                long entry = Words.getAcquire(bucket + at);
                if (BucketLayout.matches(entry, tagBits)) {
                    return BucketLayout.address(entry);
                }
            }
            long next = BucketLayout.overflow(Words.getAcquire(bucket + OVERFLOW_OFFSET));
            if (next == 0) {
                return LogAddress.NONE;
            }
            bucket = overflow.address(next);
        }
    }

    /**
     * The same answer without a branch on what the home bucket holds: cheaper than {@link #find(long)} once its line is in the cache, because
     * the place of the match cannot be predicted.
     */
    public long findTouched(long hash) {
        long tagBits = BucketLayout.tagBits(hash);
        long bucket = table.bucket(hash);
        long matched = BucketLayout.ifMatches(Words.getAcquire(bucket), tagBits)
                | BucketLayout.ifMatches(Words.getAcquire(bucket + 8), tagBits)
                | BucketLayout.ifMatches(Words.getAcquire(bucket + 16), tagBits)
                | BucketLayout.ifMatches(Words.getAcquire(bucket + 24), tagBits)
                | BucketLayout.ifMatches(Words.getAcquire(bucket + 32), tagBits)
                | BucketLayout.ifMatches(Words.getAcquire(bucket + 40), tagBits)
                | BucketLayout.ifMatches(Words.getAcquire(bucket + 48), tagBits);
        if (matched != 0) {
            return BucketLayout.address(matched);
        }
        long next = BucketLayout.overflow(Words.getAcquire(bucket + OVERFLOW_OFFSET));
        return next == 0 ? LogAddress.NONE : find(overflow.address(next), tagBits);
    }

    /** Leads the slot to the entry of the hash's tag; false if there is none. */
    public boolean find(long hash, Slot slot) {
        long tagBits = BucketLayout.tagBits(hash);
        long place = placeOf(table.bucket(hash), tagBits);
        if (place == 0) {
            return false;
        }
        slot.lead(place, Words.getAcquire(place), tagBits);
        return true;
    }

    /**
     * Leads the slot to the entry of the hash's tag or, if there is none, to the place where {@link #compareAndSet} makes one; lengthens the chain of buckets if all of it are
     * taken. False if it cannot be lengthened.
     */
    public boolean findOrReserve(long hash, Slot slot) {
        long tagBits = BucketLayout.tagBits(hash);
        long bucket = table.bucket(hash);
        long free = 0;
        for (;;) {
            for (int at = 0; at < ENTRIES_BYTES; at += 8) {
                long entry = Words.getAcquire(bucket + at);
                if (BucketLayout.matches(entry, tagBits)) {
                    slot.lead(bucket + at, entry, tagBits);
                    return true;
                }
                if (entry == 0 && free == 0) {
                    free = bucket + at;
                }
            }
            long next = BucketLayout.overflow(Words.getAcquire(bucket + OVERFLOW_OFFSET));
            if (next == 0 && free != 0) {
                slot.lead(free, 0, tagBits);
                Probe.at("index.reserved");
                return true;
            }
            next = next == 0 ? lengthen(bucket) : next;
            if (next == OverflowPool.EXHAUSTED) {
                return false;
            }
            bucket = overflow.address(next);
        }
    }

    /**
     * The address of the first free place of the hash's home bucket, 0 if it has none; without a branch on what the bucket holds. Who asks this first, and then finds no entry
     * of the hash's tag, may {@link #insert} one there as long as he stays in the epoch; not who asks it afterwards.
     */
    public long freePlace(long hash) {
        long bucket = table.bucket(hash);
        long free = 0;
        for (int i = 0; i < BucketLayout.ENTRIES; i++) {
            free |= BucketLayout.ifFree(Words.getAcquire(bucket + i * 8L), 1L << i);
        }
        return bucket + Long.numberOfTrailingZeros(free) * 8L & (free | -free) >> 63;
    }

    /**
     * Makes an entry of the hash's tag that leads to {@code address}, whose record is written: at a {@link #freePlace}, or, where that is 0 or taken by now, at the place that it
     * finds. False if the tag has an entry by now, or there is no room.
     *
     * @param slot of the caller, for that search
     */
    public boolean insert(long place, long hash, long address, Slot slot) {
        if (place == 0 || !Words.announce(place, 0, BucketLayout.entry(BucketLayout.tagBits(hash), address))) {
            return insertElsewhere(hash, address, slot);
        }
        Probe.at("index.published");
        return true;
    }

    private boolean insertElsewhere(long hash, long address, Slot slot) {
        while (findOrReserve(hash, slot) && slot.entry == 0) {
            if (compareAndSet(slot, address)) {
                return true;
            }
        }
        return false;
    }

    /** The first free place of a chain that has no entry of the tag, which nobody else changes; 0 if there is none and it cannot be lengthened. */
    private long reserve(long home) {
        long bucket = home;
        for (;;) {
            for (int at = 0; at < ENTRIES_BYTES; at += 8) {
                if (Words.getAcquire(bucket + at) == 0) {
                    return bucket + at;
                }
            }
            long next = BucketLayout.overflow(Words.getAcquire(bucket + OVERFLOW_OFFSET));
            next = next == 0 ? lengthen(bucket) : next;
            if (next == OverflowPool.EXHAUSTED) {
                return 0;
            }
            bucket = overflow.address(next);
        }
    }

    /** The number of the overflow bucket behind {@code bucket}, a new one if there was none; or {@link OverflowPool#EXHAUSTED}. */
    private long lengthen(long bucket) {
        long number = overflow.take();
        return number == OverflowPool.EXHAUSTED ? number : BucketLayout.overflow(linkOverflow(bucket, number));
    }

    /** Links a new overflow bucket behind {@code bucket}, unless somebody else has meanwhile; the link that is there then. */
    private long linkOverflow(long bucket, long number) {
        for (;;) {
            long link = Words.getVolatile(bucket + OVERFLOW_OFFSET);
            if (BucketLayout.overflow(link) != 0) {
                overflow.giveBack(number);
                return link;
            }
            long linked = BucketLayout.withOverflow(link, number);
            if (Words.compareAndSet(bucket + OVERFLOW_OFFSET, link, linked)) {
                return linked;
            }
        }
    }

    /** Makes {@code address}, greater than all before, the newest of the slot's chain, if the place still holds what the slot saw. */
    public boolean compareAndSet(Slot slot, long address) {
        if (!Words.announce(slot.entryAddress, slot.entry, BucketLayout.entry(slot.tagBits, address))) {
            return false;
        }
        Probe.at("index.published");
        return true;
    }

    /** Makes {@code address}, greater than all before, the newest of the hash's chain if that is {@code newest} now. */
    public boolean replace(long hash, long newest, long address) {
        long tagBits = BucketLayout.tagBits(hash);
        long place = placeOf(table.bucket(hash), tagBits);
        return place != 0 && Words.announce(place, BucketLayout.entry(tagBits, newest), BucketLayout.entry(tagBits, address));
    }

    /**
     * Makes {@code address} the newest of the hash's chain if it is greater than what stands there; for the replay of a log at recovery, when
     * nobody else looks at this home bucket. Whoever publishes the store to its users publishes what was stored here.
     */
    public Raised raise(long hash, long address) {
        long tagBits = BucketLayout.tagBits(hash);
        long home = table.bucket(hash);
        long place = placeOf(home, tagBits);
        if (place != 0 && BucketLayout.address(Words.get(place)) >= address) {
            return Raised.NOT_NEWER;
        }
        if (place == 0) {
            place = reserve(home);
            if (place == 0) {
                return Raised.FULL;
            }
        }
        Words.set(place, BucketLayout.entry(tagBits, address)); // plain: nobody else looks at this chain
        return Raised.NEWEST;
    }

    /** The address of the tag's entry, 0 if there is none. */
    private long placeOf(long home, long tagBits) {
        long bucket = home;
        for (;;) {
            for (int at = 0; at < ENTRIES_BYTES; at += 8) {
                if (BucketLayout.matches(Words.getAcquire(bucket + at), tagBits)) {
                    return bucket + at;
                }
            }
            long next = BucketLayout.overflow(Words.getAcquire(bucket + OVERFLOW_OFFSET));
            if (next == 0) {
                return 0;
            }
            bucket = overflow.address(next);
        }
    }

    /** For images of the index. */
    BucketTable table() {
        return table;
    }

    /** For images of the index. */
    OverflowPool overflow() {
        return overflow;
    }

    public long buckets() {
        return table.buckets();
    }

    public long overflowBuckets() {
        return overflow.used();
    }

    /** Bytes of home and overflow buckets. */
    public long sizeBytes() {
        return table.sizeBytes() + (overflow.used() << BucketLayout.SIZE_SHIFT);
    }

    /** Has the home buckets resident before they are used. */
    public void preTouch() {
        table.preTouch();
    }

    public boolean hasHugePages() {
        return table.hasHugePages();
    }

    /** Receives the words of buckets; see {@link #forEachBucket}. */
    @FunctionalInterface
    public interface BucketVisitor {
        /** @param homeNumber the home bucket whose chain {@code bucket}, an address in the form of {@link BucketLayout}, belongs to */
        void visit(long homeNumber, long bucket);
    }

    /** Visits every home bucket and the overflow buckets behind it, for checks and statistics; what others change meanwhile may be missed. */
    public void forEachBucket(BucketVisitor visitor) {
        for (long number = 0; number < table.buckets(); number++) {
            long bucket = table.bucketAt(number);
            while (true) {
                visitor.visit(number, bucket);
                long next = BucketLayout.overflow(Words.getAcquire(bucket + OVERFLOW_OFFSET));
                if (next == 0) {
                    break;
                }
                bucket = overflow.address(next);
            }
        }
    }

    /** Forgets every entry. Nobody is inside the epoch. */
    public void clear() {
        table.clear();
        overflow.clear();
    }

    @Override
    public void close() {
        table.close();
        overflow.close();
    }
}
