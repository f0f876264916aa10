package io.tideline.hlog;

import io.tideline.fault.IoFault;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.device.IoRequest;
import io.tideline.memory.NativeBuffer;
import java.nio.ByteBuffer;

/**
 * The reading of one record that has left the memory, verified before anybody looks at it: guesses its length, and reads again if it is
 * longer. Reusable, one record at a time.
 *
 * <p>{@link #start} and {@link #startHere} are called outside the epoch; the first does not wait for the device. {@link #done} is called once a
 * start, on a thread of the device or on the starting one.
 */
public abstract class RecordRead extends IoRequest {
    /** What buffers are aligned to, whatever the device. */
    public static final int BUFFER_ALIGNMENT_BYTES = 4096;
    /** Most records are shorter; a device that reads whole sectors reads more anyway. */
    private static final int GUESS_BYTES = 256;

    private final HybridLog log;
    private final Segments segments;
    private final PageSeal seal;
    private long buffer;
    private int bufferBytes;
    /** Shows the buffer to the checksum. */
    private ByteBuffer view;
    private int deferredBytes;
    /** Who reads by itself, and does what follows from a completion behind that; null where threads of the device do. */
    private Thread reader;
    private int nextBytes;
    private Segments.Lease segment;
    private long address;
    private long from;
    private long to;
    private long record;

    /** In a log without a device it is never started. */
    protected RecordRead(HybridLog log) {
        this.log = log;
        this.segments = log.spills() ? log.spill().reads : null;
        this.seal = log.spills() ? new PageSeal(log.spill().storeId) : null;
    }

    /** A buffer of at least so many bytes, aligned to {@value #BUFFER_ALIGNMENT_BYTES}, that takes the place of the one before. */
    protected abstract long buffer(int bytes);

    /**
     * The record is at {@link #record()}, or it could not be read. Must not block.
     *
     * @param fault null if it was read and is intact
     */
    protected abstract void done(StoreFault fault);

    /** The largest buffer that reading records of up to so many bytes asks for, whatever the device: what they touch of its sectors. */
    public static long mostBufferBytes(int recordBytes) {
        return Math.max(GUESS_BYTES, recordBytes) + 2L * (BUFFER_ALIGNMENT_BYTES - 1) & -BUFFER_ALIGNMENT_BYTES;
    }

    /** Begins to read the record of an address below the log's head. */
    protected final void start(long recordAddress) {
        address = recordAddress;
        submit(GUESS_BYTES);
    }

    /**
     * The same by a thread that has nothing else to do, which may read by itself then: if so, all is over when this returns. Then what {@link #startNext} begins
     * begins behind {@link #done}, one after the other, however long the chain.
     */
    protected final void startHere(long recordAddress) {
        address = recordAddress;
        reader = Thread.currentThread();
        try {
            nextBytes = GUESS_BYTES;
            while (nextBytes > 0) {
                int bytes = nextBytes;
                nextBytes = 0;
                submit(bytes);
            }
        } finally {
            reader = null; // a thread of the device that is under way is another than it was, and than null
        }
    }

    /** The same from {@link #done}, on a thread that must not block. */
    protected final void startNext(long recordAddress) {
        address = recordAddress;
        submitInCompletion(GUESS_BYTES);
    }

    /** Where the record is in memory, until the next start; laid out like any other, its state immutable. */
    public final long record() {
        return record;
    }

    /** The log address of the record. */
    public final long address() {
        return address;
    }

    private long pageEnd() {
        return log.readableEnd(address);
    }

    /** On a thread that must not block, unless it is the one that reads by itself: where the segment is not open, another thread opens it and goes on. */
    private void submitInCompletion(int bytes) {
        if (reader == Thread.currentThread()) {
            nextBytes = bytes; // for startHere, which is below this on the stack
            return;
        }
        segment = segments.useIfOpen(address);
        if (segment != null) {
            submit(bytes);
        } else {
            deferredBytes = bytes;
            log.spill().defer(this);
        }
    }

    /** What was deferred, on a thread that may block. */
    final void goOn() {
        submit(deferredBytes);
    }

    /** What was deferred will not happen. */
    final void refuse(StoreFault fault) {
        done(fault);
    }

    private void submit(int bytes) {
        try {
            int alignment = segments.alignmentBytes();
            from = address & -alignment;
            to = Math.min(address + bytes + alignment - 1 & -alignment, pageEnd());
            int lengthBytes = (int) (to - from);
            if (lengthBytes > bufferBytes) {
                bufferBytes = 0; // until all of it is there: what fails on the way leaves nothing to be read into
                buffer = buffer(lengthBytes);
                view = NativeBuffer.of(buffer, lengthBytes);
                bufferBytes = lengthBytes;
            }
            if (segment == null) {
                segment = segments.use(address, false);
            }
            if (reader == Thread.currentThread()) {
                segment.file.readHere(this, segments.offset(from), buffer, lengthBytes);
            } else {
                segment.file.read(this, segments.offset(from), buffer, lengthBytes);
            }
        } catch (StoreFault failed) {
            releaseSegment();
            done(failed);
        } catch (RuntimeException | Error failed) { // no memory, say; whoever waits must hear of it
            releaseSegment();
            done(new IoFault("the record of log address " + address + " could not be read", failed));
        }
    }

    private void releaseSegment() {
        if (segment != null) {
            segment.release();
            segment = null;
        }
    }

    @Override
    protected final void completed(StoreFault fault) {
        StoreFault outcome = fault;
        int missing = 0;
        try {
            if (fault == null) {
                record = buffer + address - from;
                int sizeBytes = PageSeal.sizeBytes(record, pageEnd() - address);
                if (sizeBytes > 0 && address + sizeBytes > to) {
                    missing = sizeBytes;
                } else if (sizeBytes < 0 || !seal.isIntact(address, record, view, (int) (record - buffer), sizeBytes)) {
                    outcome = seal.corruption(segment.file.path(), segments.offset(address), address, record, sizeBytes);
                }
            }
        } catch (RuntimeException | Error bug) {
            outcome = new IoFault("the record of log address " + address + " could not be looked at", bug);
        } finally {
            releaseSegment();
        }
        if (missing > 0) {
            submitInCompletion(missing);
        } else {
            done(outcome);
        }
    }
}
