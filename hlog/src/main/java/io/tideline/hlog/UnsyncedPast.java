package io.tideline.hlog;

import io.tideline.fault.IoFault;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.device.BlockingIo;
import io.tideline.memory.Region;
import io.tideline.memory.Waits;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.function.LongConsumer;

/**
 * What of the log earlier lives wrote, and no sync made survive a crash of the machine. Where a sync of theirs failed, the system may have marked
 * what it lost as clean: it is read from the cache as if all were well, and no later sync brings it to the device. So before the first sync that is to
 * vouch for it, it is read, verified and written again, each byte at its place.
 *
 * <p><b>State.</b> {@code next}: from there to {@code end} nothing has been written again. {@code heldFrom}, {@code heldTo}: what the buffer holds,
 * verified, whose write failed; equal where there is none.
 *
 * <p><b>Invariants.</b> (1) Only bytes that were verified are written, and only where they were read: so whoever reads the place meanwhile, and a
 * crash in the middle of it, find what was there. (2) Bytes whose write failed are not read again, because nobody knows what stands there; they are
 * kept and written first, which is always sound. (3) What is damaged is not passed: everyone who asks is told.
 *
 * <p>One page of memory, while there is something to do. Called outside the epoch; the lock keeps two callers apart.
 */
final class UnsyncedPast implements AutoCloseable {
    private static final long TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(60);
    /** Tries of a write, a few milliseconds apart. */
    private static final int MAX_TRIES = 24;

    private final Segments segments;
    private final Frontiers frontiers;
    private final LogGaps gaps;
    private final PageSeal seal;
    private final long pageBytes;
    private final Waits waits;
    private final LongConsumer onWritten;
    private final Lock lock;
    private final BlockingIo io;
    private volatile long next;
    private volatile long end;
    private Region buffer;
    private long heldFrom;
    private long heldTo;

    /** @param onWritten told an address of each segment that was written, which the next sync must take along */
    UnsyncedPast(Segments segments, Frontiers frontiers, LogGaps gaps, long storeId, int pageBits, Waits waits, LongConsumer onWritten) {
        this.segments = segments;
        this.frontiers = frontiers;
        this.gaps = gaps;
        this.seal = new PageSeal(storeId);
        this.pageBytes = 1L << pageBits;
        this.waits = waits;
        this.onWritten = onWritten;
        this.lock = waits.lock();
        this.io = new BlockingIo(waits, TIMEOUT_NANOS);
    }

    /** It is what lies between two addresses, at which checkpoints ended or the log begins. Before anybody asks for anything else. */
    void span(long from, long to) {
        lock.lock();
        try {
            next = from;
            end = to;
        } finally {
            lock.unlock();
        }
    }

    /** How many addresses are still to be written again. */
    long bytes() {
        return Math.max(0, end - Math.max(next, frontiers.begin()));
    }

    /**
     * Writes again what is left of it and is not cleared; behind it only the sync is missing.
     *
     * @throws StoreFault if it is damaged, or the device fails; then nothing may be said to survive a crash of the machine, and a later call goes
     *     on where this one ended
     */
    void renew() {
        lock.lock();
        try {
            if (io.isUnderWay()) {
                throw new IoFault("the device has not ended what it was asked of the log's unsynced past; nothing of that survives a crash of the machine");
            }
            if (heldFrom < heldTo) {
                writeHeld();
            }
            for (long at = position(); at < end; at = position()) {
                renew(at, Math.min(end, gaps.readableEnd(at, LogAddress.pageEnd(at, pageBytes))));
            }
            freeBuffer();
        } finally {
            lock.unlock();
        }
    }

    private long position() {
        return gaps.pass(Math.max(next, frontiers.begin()));
    }

    private void renew(long from, long to) {
        if (buffer == null) {
            buffer = Region.allocate(pageBytes, false);
        }
        long first = from & -segments.alignmentBytes();
        Segments.Lease segment = segments.use(from, false);
        try {
            io.read(segment.file, segments.offset(first), buffer.address(), (int) (to - first));
            requireIntact(segment.file.path(), from, to, buffer.address() + (from - first));
        } finally {
            release(segment);
        }
        heldFrom = first;
        heldTo = to;
        writeHeld();
    }

    private void requireIntact(String path, long from, long to, long memory) {
        for (long at = from; at < to; ) {
            long record = memory + (at - from);
            int sizeBytes = PageSeal.sizeBytes(record, to - at);
            if (sizeBytes < 0 || !seal.isIntact(at, record, sizeBytes)) {
                throw seal.corruption(path, segments.offset(at), at, record, sizeBytes);
            }
            at += sizeBytes;
        }
    }

    private void writeHeld() {
        Segments.Lease segment = segments.use(heldFrom, false);
        try {
            for (int tries = 1; !tryWriteHeld(segment, tries == MAX_TRIES); tries++) {
                waits.pause(tries);
            }
        } finally {
            release(segment);
        }
        onWritten.accept(heldFrom);
        next = heldTo;
        heldFrom = heldTo;
    }

    /** A failure is thrown where this is the last try, or where the device hangs. */
    private boolean tryWriteHeld(Segments.Lease segment, boolean isLast) {
        try {
            io.write(segment.file, segments.offset(heldFrom), buffer.address(), (int) (heldTo - heldFrom));
            return true;
        } catch (StoreFault failed) {
            if (isLast || BlockingIo.isTimeout(failed)) {
                throw failed;
            }
            return false;
        }
    }

    private void release(Segments.Lease segment) {
        if (!io.isUnderWay()) {
            segment.release();
        }
    }

    private void freeBuffer() {
        if (buffer != null) {
            buffer.close();
            buffer = null;
        }
    }

    /** Gives the memory back, unless a device that hangs may still touch it. */
    @Override
    public void close() {
        lock.lock();
        try {
            if (!io.isUnderWay()) {
                freeBuffer();
                heldFrom = heldTo;
            }
        } finally {
            lock.unlock();
        }
    }
}
