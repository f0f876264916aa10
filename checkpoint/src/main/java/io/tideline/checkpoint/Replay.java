package io.tideline.checkpoint;

import io.tideline.fault.FullFault;
import io.tideline.hlog.HybridLog;
import io.tideline.hlog.LogScan;
import io.tideline.index.HashIndex;
import io.tideline.index.KeyHash;
import io.tideline.memory.Probe;
import io.tideline.memory.Waits;
import java.util.function.LongConsumer;

/**
 * Enters what a stretch of the log holds into the index, in the order of addresses. A record's bucket is seldom in the cache, so some records are
 * gathered, the buckets of all of them are touched, and then the entries are made: the misses of a group overlap. Nobody else uses log or index.
 */
final class Replay {
    /** Fewer do not fill the processor's miss buffers, many more would drive each other out of its first cache. */
    private static final int GROUP = 64;

    private final HashIndex index;
    private final KeyHash hash;
    private final long[] hashes = new long[GROUP];
    private final long[] addresses = new long[GROUP];
    private int gathered;
    /** Of all that was touched: kept so that no touch can be left out. */
    private long touched;

    Replay(HashIndex index, KeyHash hash) {
        this.index = index;
        this.hash = hash;
    }

    /** @param progress told how many bytes have been replayed */
    void run(HybridLog log, Waits waits, long from, long end, LongConsumer progress) {
        try (LogScan scan = new LogScan(log, waits, from, end)) {
            for (;;) {
                switch (scan.advance()) {
                    case END -> {
                        enter();
                        return;
                    }
                    case ON_DEVICE -> {
                        Probe.at("recovery.replaying");
                        progress.accept(scan.position() - from);
                        scan.load();
                    }
                    case BUSY -> throw new AssertionError("a record of an earlier life is latched");
                    case RECORD -> gather(scan.record(), scan.address());
                }
            }
        }
    }

    /** Whatever it needs of the record it takes now: the next load of the scan may write over it. */
    private void gather(long record, long address) {
        hashes[gathered] = hash.ofRecord(record);
        addresses[gathered++] = address;
        if (gathered == GROUP) {
            enter();
        }
    }

    private void enter() {
        long words = 0;
        for (int i = 0; i < gathered; i++) {
            words += index.touch(hashes[i]);
        }
        touched += words;
        for (int i = 0; i < gathered; i++) {
            raise(hashes[i], addresses[i]);
        }
        gathered = 0;
    }

    private void raise(long keyHash, long address) {
        if (index.raise(keyHash, address) == HashIndex.Raised.FULL) {
            throw indexFull(index);
        }
    }

    static FullFault indexFull(HashIndex index) {
        return new FullFault("index full: the log has more keys than " + index.buckets() + " buckets with their overflow hold; open the store"
                + " with more buckets. Nothing was changed");
    }
}
