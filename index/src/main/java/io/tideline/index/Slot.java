package io.tideline.index;

/** Where a search of the index ended and what it saw there. Owned by one session and used again by each of its operations. */
public final class Slot {
    long entryAddress;
    long entry;

    /** The log address that the entry held: of a record, or {@link io.tideline.hlog.LogAddress#CHAIN_END}. */
    public long address() {
        return BucketLayout.address(entry);
    }
}
