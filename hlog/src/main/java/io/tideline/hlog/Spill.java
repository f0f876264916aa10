package io.tideline.hlog;

import io.tideline.epoch.Epoch;
import io.tideline.fault.CorruptionFault;
import io.tideline.fault.IoFault;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.device.Device;
import io.tideline.memory.Waits;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/** What a log with a device has more than one without: segments, the flusher and the evictor with their threads, and what went wrong. */
final class Spill implements AutoCloseable {
    private static final long FLUSH_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(120);
    private static final long DEVICE_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(30);

    final long storeId;
    /** As the log is written. */
    final Segments segments;
    /** As single records are read. */
    final Segments reads;
    /** As pages are read in order. */
    final Segments scans;
    private final Frontiers frontiers;
    private final Flusher flusher;
    private final UnsyncedPast past;
    private final Evictor evictor;
    private final Worker flushWorker;
    private final Worker evictWorker;
    /** Reads that go on in a segment that is not open, which a thread of the device must not open. */
    private final Queue<RecordRead> deferred = new ConcurrentLinkedQueue<>();
    /** Whether nobody goes on with them any more. */
    private volatile boolean ended;
    private volatile boolean idle;

    Spill(LogDevice settings, Epoch epoch, Frontiers frontiers, LogGaps gaps, PageRing ring, Evictor.Tail tail, LongSupplier due, int pageBits,
            long memoryPages, Runnable makeReadOnlySafe, Waits waits) {
        this.storeId = settings.storeId();
        this.frontiers = frontiers;
        this.segments = segments(settings, settings.device(), waits);
        this.reads = settings.reads() == settings.device() ? segments : segments(settings, settings.reads(), waits);
        this.scans = settings.scans() == settings.device() ? segments : settings.scans() == settings.reads() ? reads : segments(settings, settings.scans(), waits);
        settings.devices().forEach(device -> device.onShortage(this::giveFilesBack));
        this.flusher = new Flusher(frontiers, ring, segments, new PageSeal(settings.storeId()), new FlushPace(epoch, due, waits), pageBits,
                waits, this::wakeFlusher);
        this.past = new UnsyncedPast(segments, frontiers, gaps, settings.storeId(), pageBits, waits, flusher::syncToo);
        this.evictor = new Evictor(epoch, frontiers, ring, tail, pageBits, memoryPages, aheadPages(memoryPages), waits, this::wakeEvictor);
        this.flushWorker = new Worker("tideline-flusher", waits, () -> {
            makeReadOnlySafe.run();
            users().forEach(Segments::giveBack);
            goOnWithDeferred();
            Worker.Progress progress = flusher.step();
            if (progress == Worker.Progress.DONE) {
                wakeEvictor();
            }
            return progress;
        }, this::failed);
        this.evictWorker = new Worker("tideline-evictor", waits, evictor::step, this::failed);
        flushWorker.start();
        evictWorker.start();
    }

    private Segments segments(LogDevice settings, Device device, Waits waits) {
        OpenLimit limit = new OpenLimit(settings.maxOpenFiles(), device::roomForFiles, settings.devices().size());
        return new Segments(device, device == settings.device(), settings.segmentBits(), limit, waits, this::wakeFlusher);
    }

    /** Closes files that nobody uses, because a device can open no more; false if there are none. */
    private boolean giveFilesBack() {
        boolean some = false;
        for (Segments each : users()) {
            some |= each.giveHalfBack();
        }
        return some;
    }

    /** Empty pages that are kept ready ahead of the tail. */
    static long aheadPages(long memoryPages) {
        return Math.max(1, memoryPages / 32);
    }

    /** The most pages that may be mutable: room must be left for those being written and for the empty ones. */
    static long maxMutablePages(long memoryPages) {
        return memoryPages - aheadPages(memoryPages) - Math.max(2, memoryPages / 32);
    }

    void wakeFlusher() {
        flushWorker.wake();
    }

    void wakeEvictor() {
        evictWorker.wake();
    }

    /** Lets the flusher's thread go on with a read, soon, or refuses it if that thread has ended. Never blocks. */
    void defer(RecordRead read) {
        deferred.add(read);
        wakeFlusher();
        if (ended) {
            refuseDeferred();
        }
    }

    private void goOnWithDeferred() {
        for (RecordRead read = deferred.poll(); read != null; read = deferred.poll()) {
            read.goOn();
        }
    }

    private void refuseDeferred() {
        StoreFault failed = flusher.failure();
        for (RecordRead read = deferred.poll(); read != null; read = deferred.poll()) {
            read.refuse(failed == null ? new IoFault("the log is closed") : Flusher.again(failed));
        }
    }

    private void end() {
        ended = true;
        refuseDeferred();
    }

    private void failed(Throwable thrown) {
        flusher.stop(new IoFault("a thread of the log ended: " + thrown + "; the store takes no more appends, what is in memory can be read", thrown));
        end();
    }

    /** Why the log's tail cannot go on; null while it can. */
    StoreFault failure() {
        return flusher.failure();
    }

    /** Whether that will not pass. */
    boolean isFailedForGood() {
        return flusher.isPoisoned();
    }

    long writtenBytes() {
        return flusher.writtenBytes();
    }

    void awaitFlushed(long address, long timeoutNanos) {
        flusher.awaitFlushed(address, timeoutNanos);
    }

    /** Makes what was flushed survive a crash of the machine, and what earlier lives left unsynced. */
    void sync() {
        if (!flusher.isPoisoned()) { // else the sync says why
            past.renew();
        }
        flusher.sync();
    }

    void distrust(long from, long to) {
        past.span(from, to);
    }

    /** How much of what earlier lives wrote may not survive a crash of the machine. */
    long distrustedBytes() {
        return past.bytes();
    }

    /** Brings everything below safeReadOnly to the device, and makes it survive a crash of the machine. */
    void flushAndSync() {
        long end = frontiers.safeReadOnly();
        flusher.awaitFlushed(end, FLUSH_TIMEOUT_NANOS);
        sync();
    }

    /** What to say about a record at {@code memory} that came from the device and is not what was sealed. */
    CorruptionFault corruption(PageSeal seal, long address, long memory, int sizeBytes) {
        Segments.Lease segment = segments.use(address, false);
        try {
            return seal.corruption(segment.file.path(), segments.offset(address), address, memory, sizeBytes);
        } finally {
            segment.release();
        }
    }

    /**
     * Goes on at the address that {@code skip} answers, with everything below forgotten. Nobody is inside the epoch.
     *
     * @param forget empties what is below
     * @throws StoreFault if the device did not end its writes in time, then nothing was changed
     */
    void reset(LongSupplier skip, LongConsumer forget) {
        boolean done = flusher.reset(() -> {
            long next = skip.getAsLong();
            evictor.reset(next); // before the frontiers move, or it would empty frames that are emptied here
            forget.accept(next);
            return next;
        }, DEVICE_TIMEOUT_NANOS);
        if (!done) {
            throw new IoFault("the device did not end its writes of the log within " + seconds(DEVICE_TIMEOUT_NANOS) + " s; nothing was changed");
        }
    }

    /** Removes the segments that lie wholly below an address, each after its last reader. */
    void deleteBelow(long address) {
        for (Segments each : users()) {
            each.deleteBelow(address);
        }
    }

    /** Each once; the one that removes files last, so that nobody opens a file that is going. */
    private Set<Segments> users() {
        Set<Segments> all = new LinkedHashSet<>(List.of(reads, scans));
        all.remove(segments);
        all.add(segments);
        return all;
    }

    /** What transfers of all of them are multiples of. */
    int alignmentBytes() {
        return users().stream().mapToInt(Segments::alignmentBytes).max().getAsInt();
    }

    /** Bytes of files that are no longer needed and still open. */
    long pendingDeleteBytes() {
        return users().stream().mapToLong(Segments::pendingDeleteBytes).sum();
    }

    int openFiles() {
        return users().stream().mapToInt(Segments::openFiles).sum();
    }

    private static long seconds(long nanos) {
        return TimeUnit.NANOSECONDS.toSeconds(nanos);
    }

    /** Whether the threads have ended and the device is done with the log's memory. */
    boolean isIdle() {
        return idle;
    }

    /**
     * Ends the threads and waits for the device to be done with the log's memory.
     *
     * @throws StoreFault if it is not in time, so that {@link #isIdle} says false; or if a file could not be closed
     */
    @Override
    public void close() {
        flushWorker.close();
        evictWorker.close();
        end();
        past.close();
        if (!flusher.end(DEVICE_TIMEOUT_NANOS)) {
            throw stalled("writes");
        }
        boolean closed = true;
        StoreFault problem = null;
        for (Segments each : users()) {
            try {
                closed &= each.close(DEVICE_TIMEOUT_NANOS);
            } catch (StoreFault unclosed) {
                problem = problem == null ? unclosed : problem;
            }
        }
        idle = closed;
        if (problem != null) {
            throw problem;
        }
        if (!closed) {
            throw stalled("reads or syncs");
        }
    }

    private static IoFault stalled(String what) {
        return new IoFault("the device did not end " + what + " of the log within " + seconds(DEVICE_TIMEOUT_NANOS)
                + " s; the log's memory and files are leaked rather than taken from under it");
    }
}
