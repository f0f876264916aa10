package io.tideline.index;

import static io.tideline.index.BucketLayout.ENTRIES_BYTES;
import static io.tideline.index.BucketLayout.OVERFLOW_OFFSET;

import io.tideline.epoch.Epoch;
import io.tideline.hlog.LogAddress;
import io.tideline.memory.Probe;
import io.tideline.memory.Words;

/**
 * The latch-free hash index (FASTER, SIGMOD 2018, §3).
 *
 * <p><b>State.</b> The home buckets and the overflow buckets that continue them; layout in {@link BucketLayout}.
 *
 * <p><b>Invariants.</b> (1) At most one final entry of a bucket chain has a given tag. (2) A final entry is never freed while anybody is
 * inside the epoch, so its place in the bucket stays its own. (3) A tentative entry belongs to its claimant, who alone finalises or frees
 * it. (4) Changing the overflow link keeps the counts beside it.
 *
 * <p><b>Who writes what.</b> A free entry: whoever wins its CAS to tentative. A final entry: anyone, by CAS to a greater address.
 *
 * <p><b>Linearisation points.</b> Of an insertion: the store that finalises, with a fence behind it where it brings the
 * address. Of an update: the CAS of the entry. Of a search that finds
 * nothing: the load of the last link.
 *
 * <p>Inserting takes two steps, because a single CAS into the first free place lets two threads insert one tag twice when an earlier place
 * is freed between their scans: claim tentatively, scan the whole chain behind the claim for the same tag, tentative ones included, then finalise or
 * give up. Of two claimants of one tag one sees the other at least; both may give up and come again.
 */
public final class HashIndex implements AutoCloseable {
    /** How {@link #findOrCreate} ended. */
    public enum Outcome {
        /** The slot leads to the entry of the tag. */
        FOUND,
        /** Somebody else is inserting the same tag: leave the epoch, wait, come again. */
        BUSY,
        /** There is no entry and no room for one. */
        FULL
    }

    /** How {@link #raise} ended. */
    public enum Raised {
        /** The address is the newest of its chain now. */
        NEWEST,
        /** The chain begins with this address or a newer one, and stays as it is. */
        NOT_NEWER,
        /** There is no entry and no room for one: as {@link Outcome#FULL}. */
        FULL
    }

    /** Answers of {@link #claim}. */
    private static final long NO_ROOM = -1;
    private static final long LOST = -2;

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

    /** Leads the slot to the final entry of the hash's tag; false if there is none. */
    public boolean find(long hash, Slot slot) {
        return search(table.bucket(hash), BucketLayout.tagBits(hash), slot);
    }

    /** Leads the slot to the entry of the hash's tag, which it creates, with an empty chain, if there is none. */
    public Outcome findOrCreate(long hash, Slot slot) {
        long tagBits = BucketLayout.tagBits(hash);
        long bucket = table.bucket(hash);
        return search(bucket, tagBits, slot) ? Outcome.FOUND : create(bucket, tagBits, slot);
    }

    private boolean search(long home, long tagBits, Slot slot) {
        long bucket = home;
        for (;;) {
            for (int at = 0; at < ENTRIES_BYTES; at += 8) {
                long entry = Words.getAcquire(bucket + at);
                if (BucketLayout.matches(entry, tagBits)) {
                    slot.entryAddress = bucket + at;
                    slot.entry = entry;
                    return true;
                }
            }
            long next = BucketLayout.overflow(Words.getAcquire(bucket + OVERFLOW_OFFSET));
            if (next == 0) {
                return false;
            }
            bucket = overflow.address(next);
        }
    }

    private Outcome create(long home, long tagBits, Slot slot) {
        long place = claim(home, tagBits);
        if (place < 0) {
            return place == NO_ROOM ? Outcome.FULL : Outcome.BUSY;
        }
        slot.entryAddress = place;
        slot.entry = BucketLayout.entry(tagBits, LogAddress.CHAIN_END);
        Words.setRelease(place, slot.entry);
        return Outcome.FOUND;
    }

    /**
     * Makes an entry of the hash's tag that leads to {@code address}, whose record is written, if there is none; whether it did. It did not either where
     * somebody else is about to, or where there is no room: {@link #findOrCreate} tells. It claims before it looks, so it is for tags that are hardly ever there: for one
     * that is, the chain may be lengthened in vain.
     */
    public boolean insert(long hash, long address) {
        long tagBits = BucketLayout.tagBits(hash);
        long place = claim(table.bucket(hash), tagBits);
        if (place < 0) {
            return false;
        }
        Words.setAndFence(place, BucketLayout.entry(tagBits, address)); // with this the operation is over; behind create() a compare-and-set follows
        return true;
    }

    /** Claims a place for an entry of the tag, tentatively, and looks whether it is the only one; its address, {@link #NO_ROOM} or {@link #LOST}. */
    private long claim(long home, long tagBits) {
        long place = freePlace(home);
        if (place == 0) {
            return NO_ROOM;
        }
        long tentative = BucketLayout.entry(tagBits, LogAddress.CHAIN_END) | BucketLayout.TENTATIVE;
        if (!Words.compareAndSet(place, 0, tentative)) {
            return LOST;
        }
        Probe.at("index.tentative");
        if (isTwice(home, tagBits)) {
            Words.setRelease(place, 0);
            return LOST;
        }
        return place;
    }

    /** The address of a free entry in the chain of buckets, which is lengthened if all are taken; 0 if it cannot be. */
    private long freePlace(long home) {
        long bucket = home;
        for (;;) {
            for (int at = 0; at < ENTRIES_BYTES; at += 8) {
                if (Words.getAcquire(bucket + at) == 0) {
                    return bucket + at;
                }
            }
            long link = Words.getAcquire(bucket + OVERFLOW_OFFSET);
            if (BucketLayout.overflow(link) == 0) {
                long number = overflow.take();
                if (number == OverflowPool.EXHAUSTED) {
                    return 0;
                }
                link = linkOverflow(bucket, number);
            }
            bucket = overflow.address(BucketLayout.overflow(link));
        }
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

    /** Whether more than one entry of the chain has the tag, tentative and final ones, the claimant's own among them. */
    private boolean isTwice(long home, long tagBits) {
        long bucket = home;
        int count = 0;
        for (;;) {
            for (int at = 0; at < ENTRIES_BYTES; at += 8) {
                count += BucketLayout.matchesEvenTentative(Words.getVolatile(bucket + at), tagBits) ? 1 : 0;
            }
            long next = BucketLayout.overflow(Words.getVolatile(bucket + OVERFLOW_OFFSET));
            if (next == 0) {
                return count > 1;
            }
            bucket = overflow.address(next);
        }
    }

    /** Makes {@code address}, greater than all before, the newest of the slot's chain, if the entry is still what the slot saw. */
    public boolean compareAndSet(Slot slot, long address) {
        long updated = BucketLayout.entry(BucketLayout.tagBitsOf(slot.entry), address);
        return Words.compareAndSet(slot.entryAddress, slot.entry, updated);
    }

    /** Makes {@code address}, greater than all before, the newest of the hash's chain if that is {@code newest} now. */
    public boolean replace(long hash, long newest, long address) {
        long tagBits = BucketLayout.tagBits(hash);
        long place = placeOf(table.bucket(hash), tagBits);
        return place != 0 && Words.compareAndSet(place, BucketLayout.entry(tagBits, newest), BucketLayout.entry(tagBits, address));
    }

    /** Whether the entry is still what the slot saw. */
    public boolean isUnchanged(Slot slot) {
        return Words.getAcquire(slot.entryAddress) == slot.entry;
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
            place = freePlace(home);
            if (place == 0) {
                return Raised.FULL;
            }
        }
        Words.set(place, BucketLayout.entry(tagBits, address)); // plain: nobody else looks at this chain
        return Raised.NEWEST;
    }

    /** The address of the tag's final entry, 0 if there is none. */
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
