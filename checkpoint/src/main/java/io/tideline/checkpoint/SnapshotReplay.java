package io.tideline.checkpoint;

import io.tideline.epoch.Epoch;
import io.tideline.fault.CorruptionFault;
import io.tideline.fault.FullFault;
import io.tideline.fault.FullFault.Place;
import io.tideline.fault.IoFault;
import io.tideline.hlog.HybridLog;
import io.tideline.hlog.LogAddress;
import io.tideline.hlog.LogSnapshot;
import io.tideline.hlog.RecordLayout;
import io.tideline.index.HashIndex;
import io.tideline.index.KeyHash;
import io.tideline.index.Slot;
import io.tideline.memory.Probe;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import java.util.concurrent.TimeUnit;

/**
 * Brings the records of a snapshot back, in the order of addresses: appends each anew at the tail, so that no address has two histories, and makes
 * it the newest of its chain. What is larger than the memory goes to the device on the way.
 *
 * <p>The index may lead to a record of the snapshot, because its image was taken when that stood in the log. Then the first one of the chain that
 * comes, the oldest, knows what is below: its own previous, which the log's files have. Nobody else is inside.
 */
final class SnapshotReplay implements LogSnapshot.Visitor, AutoCloseable {
    private static final long ROOM_TIMEOUT_NANOS = TimeUnit.MINUTES.toNanos(10);

    private final Epoch epoch;
    private final HashIndex index;
    private final HybridLog log;
    private final KeyHash hash;
    private final Waits waits;
    private final long from;
    private final long cut;
    /** Of the version that was undone, and of this life, which begins with it. */
    private final long parity;
    /** Where this life began. */
    private final long first;
    private final Slot place = new Slot();
    private final long slot;

    /** @param manifest with a snapshot */
    SnapshotReplay(Epoch epoch, HashIndex index, HybridLog log, KeyHash hash, Waits waits, Manifest manifest) {
        this.epoch = epoch;
        this.index = index;
        this.log = log;
        this.hash = hash;
        this.waits = waits;
        this.from = manifest.snapshot().orElseThrow().from();
        this.cut = manifest.log().cut();
        this.parity = SystemState.parity(manifest.version() + 1);
        this.first = log.tail();
        this.slot = epoch.claim("the replay of a snapshot");
    }

    @Override
    public void record(long address, long record, int sizeBytes) {
        long link = Words.get(record + RecordLayout.LINK_OFFSET);
        if ((link & (RecordLayout.FILLER | RecordLayout.INVALID)) != 0 || address >= cut && (link & RecordLayout.PARITY) == parity) {
            return;
        }
        Probe.at("recovery.reappending");
        long keyHash = hash.ofRecord(record);
        long deadline = waits.nanoTime() + ROOM_TIMEOUT_NANOS;
        for (int attempt = 0; !append(address, record, link, sizeBytes, keyHash); attempt++) {
            if (waits.nanoTime() - deadline > 0) {
                throw new IoFault("the log took no records of a snapshot for " + TimeUnit.NANOSECONDS.toMinutes(ROOM_TIMEOUT_NANOS)
                        + " minutes; it is written up to " + log.flushed() + " of " + log.tail());
            }
            epoch.drain(); // nobody else does yet
            waits.pause(attempt);
            log.requireProgress();
        }
    }

    /** False if there is no room yet. */
    private boolean append(long address, long record, long link, int sizeBytes, long keyHash) {
        if (!epoch.tryEnter(slot)) {
            throw new AssertionError("a store is recovered whose epoch is closed");
        }
        try {
            long target = log.reserve(sizeBytes);
            if (target == HybridLog.FULL) {
                throw new FullFault(Place.LOG, "log full: its addresses are used up, and a record of " + sizeBytes + " bytes did not fit; nothing was changed");
            }
            if (target < log.readOnly()) { // or there is no room; what was reserved stays filler
                return false;
            }
            if (!index.findOrReserve(keyHash, place)) {
                throw IndexFiller.full(index);
            }
            long copy = log.physical(target);
            Words.copy(record + RecordLayout.HEADER_BYTES, copy + RecordLayout.HEADER_BYTES, sizeBytes - RecordLayout.HEADER_BYTES);
            Words.set(copy + RecordLayout.STATE_OFFSET, Words.get(record + RecordLayout.STATE_OFFSET) & RecordLayout.LENGTHS_MASK);
            Words.setRelease(copy + RecordLayout.LINK_OFFSET, link & ~(LogAddress.MASK | RecordLayout.PARITY) | parity | previous(address, link));
            if (!index.compareAndSet(place, target)) {
                throw new AssertionError("somebody is at the index of a store that is being opened");
            }
            return true;
        } finally {
            epoch.exit(slot);
        }
    }

    /** What the record's chain holds below it. */
    private long previous(long address, long link) {
        long newest = place.address();
        if (newest < from || newest >= first) {
            return newest;
        }
        long previous = RecordLayout.previous(link);
        if (previous >= from) {
            throw new CorruptionFault("the record of log address " + address + " in a snapshot leads to " + previous
                    + ", which is no record of its chain; nothing was opened");
        }
        return previous;
    }

    @Override
    public void close() {
        epoch.release(slot);
    }
}
