package io.tideline.index;

import io.tideline.hlog.LogAddress;

/**
 * Where a search of the index ended and what it saw there: the entry of a tag, or the free place where one would be made. Owned by one session and used again
 * by each of its operations.
 */
public final class Slot {
    long entryAddress;
    /** 0 where the place is free. */
    long entry;
    long tagBits;

    /** The log address that the entry held: of a record, or {@link LogAddress#CHAIN_END}, also where the place was free. */
    public long address() {
        return entry == 0 ? LogAddress.CHAIN_END : BucketLayout.address(entry);
    }

    void lead(long toAddress, long seen, long tag) {
        entryAddress = toAddress;
        entry = seen;
        tagBits = tag;
    }
}
