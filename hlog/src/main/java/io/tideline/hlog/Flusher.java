package io.tideline.hlog;

import io.tideline.fault.FullFault;
import io.tideline.fault.IoFault;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.device.BlockingIo;
import io.tideline.hlog.device.IoRequest;
import io.tideline.memory.Probe;
import io.tideline.memory.Waits;
import java.util.ArrayDeque;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.function.LongSupplier;

/**
 * Brings what can no longer change to the device: seals it, writes it page by page, several writes at once, and moves the flushed frontier
 * over consecutive successes.
 *
 * <p><b>State.</b> {@code issued}: everything below was handed to the device. {@code writes}: what the device has not yet done, or failed to
 * do, oldest first.
 *
 * <p><b>Invariants.</b> (1) Nothing is sealed or written that is not below safeReadOnly. (2) The flushed frontier passes a write only after
 * it succeeded and all before it did. (3) A failed write is tried again with the same bytes at the same place, which is always sound; when it
 * fails twice, {@link #failure} says why until one succeeds. (4) A failed sync is never tried again: nobody knows what it lost.
 *
 * <p>Sealing takes a processor that operations may want at the same time; {@link FlushPace} says when it rests.
 *
 * <p>{@link #step} and {@link #reset} exclude each other by the lock; everything but the volatile fields is touched under it.
 */
final class Flusher {
    /** Enough to keep a device busy that wants its writes to overlap. A page is written only after all but so many in front of it are. */
    static final int MAX_WRITES = 8;
    private static final long SYNC_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final Lock lock;
    private final Frontiers frontiers;
    private final PageRing ring;
    private final Segments segments;
    private final PageSeal seal;
    private final FlushPace pace;
    private final long pageBytes;
    private final Waits waits;
    private final Runnable onProgress;
    private final ArrayDeque<Write> writes = new ArrayDeque<>();
    private final ArrayDeque<Write> idle = new ArrayDeque<>();
    private final TreeSet<Long> unsynced = new TreeSet<>();
    /** Held during a sync, so that a second one does not find nothing to do before the first has ended. */
    private final Lock syncing;
    private long issued;
    /** Only under the lock is it changed. */
    private volatile long writtenBytes;
    private volatile StoreFault failure;
    private volatile StoreFault poison;
    /** How often a failed write was tried again; only the flusher's thread counts. */
    private volatile long retries;

    /** One write of a part of a page. */
    private final class Write extends IoRequest {
        private long from;
        private long to;
        private Segments.Lease segment;
        private long retryAt;
        private StoreFault fault;
        private volatile boolean done;

        @Override
        protected void completed(StoreFault outcome) {
            fault = outcome;
            done = true;
            onProgress.run();
        }

        void submit() {
            done = false;
            try {
                segment = segments.use(from, true);
            } catch (StoreFault failed) {
                segment = null;
                completed(failed);
                return;
            }
            segment.file.write(this, segments.offset(from), ring.physical(from), (int) (to - from));
        }

        void releaseSegment() {
            if (segment != null) {
                segment.release();
                segment = null;
            }
        }
    }

    /** @param onProgress called on any thread when a step has something to do again; must not block */
    Flusher(Frontiers frontiers, PageRing ring, Segments segments, PageSeal seal, FlushPace pace, int pageBits, Waits waits, Runnable onProgress) {
        this.lock = waits.lock();
        this.syncing = waits.lock();
        this.frontiers = frontiers;
        this.ring = ring;
        this.segments = segments;
        this.seal = seal;
        this.pace = pace;
        this.pageBytes = 1L << pageBits;
        this.waits = waits;
        this.onProgress = onProgress;
        this.issued = frontiers.flushed() & -segments.alignmentBytes();
        for (int i = 0; i < MAX_WRITES; i++) {
            idle.add(new Write());
        }
    }

    /** Why the oldest write that has not succeeded failed, or why a sync did, which is final; null while all goes well. */
    StoreFault failure() {
        StoreFault sticky = poison;
        return sticky != null ? sticky : failure;
    }

    /** Whether what {@link #failure} says is for good. */
    boolean isPoisoned() {
        return poison != null;
    }

    /** Never waits, though a step may seal for long. */
    long writtenBytes() {
        return writtenBytes;
    }

    Worker.Progress step() {
        lock.lock();
        try {
            boolean advanced = advance();
            Worker.Progress issuing = issue();
            if (advanced) {
                return Worker.Progress.DONE;
            }
            return issuing == Worker.Progress.NONE && failure != null ? Worker.Progress.LATER : issuing;
        } finally {
            lock.unlock();
        }
    }

    /** Takes finished writes off the front; tries a failed one again when its time has come. */
    private boolean advance() {
        boolean advanced = false;
        for (Write write = writes.peek(); write != null && write.done; write = writes.peek()) {
            write.releaseSegment();
            if (write.fault != null) {
                retry(write);
                return advanced;
            }
            boolean recovered = failure != null;
            failure = null;
            write.retryAt = 0;
            unsynced.add(write.from - segments.offset(write.from));
            writtenBytes = writtenBytes + write.to - write.from;
            Probe.at("flush.written");
            frontiers.raiseFlushed(write.to);
            idle.add(writes.remove());
            advanced = true;
            if (recovered) {
                writes.forEach(this::retryAtOnce);
            }
        }
        return advanced;
    }

    /** Once the oldest failed write has succeeded, those that failed beside it need not each wait for their turn to tell. */
    private void retryAtOnce(Write write) {
        if (write.done && write.fault != null) {
            write.releaseSegment();
            write.submit();
        }
    }

    private void retry(Write write) {
        long now = waits.nanoTime();
        if (write.retryAt == 0) { // it may have failed long ago, behind another; all may be well by now, so nobody is told yet
            write.retryAt = now + RETRY_NANOS;
            write.submit();
            return;
        }
        failure = write.fault;
        if (now - write.retryAt >= 0) {
            write.retryAt = now + RETRY_NANOS;
            retries = retries + 1;
            write.submit();
        }
    }

    /** Hands as much to the device as it may have now. */
    private Worker.Progress issue() {
        long safe = writable(frontiers.safeReadOnly());
        Worker.Progress progress = Worker.Progress.NONE;
        while (issued < safe && !idle.isEmpty()) {
            if (pace.isResting(issued)) {
                return progress == Worker.Progress.NONE ? Worker.Progress.RESTING : progress;
            }
            long begin = waits.busyNanos();
            Write write = idle.remove();
            write.from = issued;
            write.to = Math.min(safe, LogAddress.pageEnd(issued, pageBytes));
            long first = Math.max(write.from, LogAddress.FIRST);
            seal.seal(first, write.to, ring.physical(first));
            Probe.at("flush.sealed");
            issued = write.to;
            writes.add(write);
            write.submit();
            pace.worked(waits.busyNanos() - begin);
            progress = Worker.Progress.DONE;
        }
        return progress;
    }

    /**
     * How far may be written of what may no longer change: to a boundary of the device that is one of records too. Inside a page only a frontier
     * itself is known to be both; any other boundary of the device may lie inside a record, whose halves cannot be sealed apart.
     */
    private long writable(long safe) {
        return safe % segments.alignmentBytes() == 0 ? safe : safe & -pageBytes;
    }

    /**
     * Waits until everything below {@code address}, a boundary of the device below safeReadOnly, is on the device.
     *
     * @throws StoreFault if a write failed that was tried since this call began, or they do not end within {@code timeoutNanos}; or if a sync
     *     failed, because then what can be read is not what a crash of the machine would leave, and a later life could not tell
     */
    void awaitFlushed(long address, long timeoutNanos) {
        long deadline = waits.nanoTime() + timeoutNanos;
        long before = retries;
        onProgress.run();
        for (int attempt = 0; frontiers.flushed() < address; attempt++) {
            StoreFault failed = failure();
            // A failure may be old news: the second retry from now on follows a first one that was begun after now and failed.
            if (failed != null && (poison != null || retries - before >= 2)) {
                throw again(failed);
            }
            if (waits.nanoTime() - deadline > 0) {
                throw new IoFault("the device did not take the log up to " + address + " within "
                        + TimeUnit.NANOSECONDS.toSeconds(timeoutNanos) + " s; it is written up to " + frontiers.flushed());
            }
            waits.pause(attempt);
        }
        if (poison != null) {
            throw again(poison);
        }
    }

    /** The same fault for another caller, with the stack of this one. */
    static StoreFault again(StoreFault fault) {
        return fault instanceof FullFault full ? new FullFault(full.place(), fault.getMessage(), fault) : new IoFault(fault.getMessage(), fault);
    }

    /** Makes everything flushed so far survive a crash of the machine. Writes go on meanwhile. */
    void sync() {
        syncing.lock();
        try {
            if (poison != null) {
                throw again(poison);
            }
            List<Long> starts;
            lock.lock();
            try {
                starts = List.copyOf(unsynced);
                unsynced.clear();
            } finally {
                lock.unlock();
            }
            sync(starts);
        } finally {
            syncing.unlock();
        }
    }

    /** Has the next sync take the segment of an address along, which somebody else wrote. */
    void syncToo(long address) {
        lock.lock();
        try {
            unsynced.add(address - segments.offset(address));
        } finally {
            lock.unlock();
        }
    }

    private void sync(List<Long> starts) {
        BlockingIo io = new BlockingIo(waits, SYNC_TIMEOUT_NANOS);
        try {
            for (long start : starts) {
                Segments.Lease segment = segments.use(start, false);
                try {
                    io.sync(segment.file);
                } finally {
                    if (!io.isUnderWay()) {
                        segment.release();
                    }
                }
            }
            segments.syncDirectory();
        } catch (StoreFault failed) {
            poison = new IoFault("a sync of the log failed, so nobody knows what a crash of the machine would leave of it; the store takes no"
                    + " more appends. " + failed.getMessage(), failed);
            throw again(poison);
        }
    }

    /**
     * Forgets what is under way, once the device is done with it, and goes on at an address that is asked for then. Nobody is inside the epoch.
     *
     * @return false if the device was not done within {@code timeoutNanos}; then nothing was changed
     */
    boolean reset(LongSupplier address, long timeoutNanos) {
        lock.lock();
        try {
            long deadline = waits.nanoTime() + timeoutNanos;
            // Not until the ticket is back, but until the completion has run: a late end of it would be taken for that of the next use.
            for (int attempt = 0; writes.stream().anyMatch(write -> !write.done); attempt++) {
                if (waits.nanoTime() - deadline > 0) {
                    return false;
                }
                waits.pause(attempt);
            }
            for (Write write = writes.poll(); write != null; write = writes.poll()) {
                write.releaseSegment();
                write.retryAt = 0;
                idle.add(write);
            }
            failure = null;
            unsynced.clear();
            issued = address.getAsLong();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the device is done with every write, whatever became of it; false if that takes longer. No step runs any more. */
    boolean end(long timeoutNanos) {
        return reset(() -> issued, timeoutNanos);
    }

    /** Takes no more work, for good: the thread that calls {@link #step} has ended. */
    void stop(StoreFault why) {
        poison = why;
    }
}
