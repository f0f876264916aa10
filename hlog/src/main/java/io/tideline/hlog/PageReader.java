package io.tideline.hlog;

import io.tideline.fault.IoFault;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.device.IoRequest;
import io.tideline.memory.NativeBuffer;
import io.tideline.memory.Region;
import io.tideline.memory.Waits;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Whole pages of the log, read from the device one after the other, the next one while the current one is looked at. Outside the epoch; not
 * thread-safe.
 */
final class PageReader implements AutoCloseable {
    /** A longer request would be carried out by one thread alone; many shorter ones cost the device more than they bring. */
    private static final int PIECE_BYTES = 1 << 20;

    private final HybridLog log;
    private final Waits waits;
    private final long pageBytes;
    private Buffer current;
    private Buffer ahead;

    /** A page's place in memory, and the requests that fill it. */
    private final class Buffer {
        private final Region region = Region.allocate(pageBytes, false);
        private final ByteBuffer bytes = NativeBuffer.of(region.address(), (int) pageBytes);
        private final Piece[] pieces = new Piece[(int) ((pageBytes + PIECE_BYTES - 1) / PIECE_BYTES)];
        private final AtomicInteger underWay = new AtomicInteger();
        /** Of those that failed, the first that said so. */
        private final AtomicReference<StoreFault> fault = new AtomicReference<>();
        private long page = -1;
        private Segments.Lease segment;
        private Thread waiter;
        private volatile boolean done = true;

        private Buffer() {
            for (int i = 0; i < pieces.length; i++) {
                pieces[i] = new Piece(this);
            }
        }

        void begin(long newPage) {
            page = newPage;
            fault.set(null);
            done = false;
            waiter = Thread.currentThread();
            int lengthBytes = lengthBytes();
            underWay.set(1); // for this method, which begins the others
            try {
                segment = log.spill().scans.use(page * pageBytes, false);
                long offset = log.spill().scans.offset(page * pageBytes);
                for (int from = 0; from < lengthBytes; from += PIECE_BYTES) {
                    begin(pieces[from / PIECE_BYTES], offset + from, region.address() + from, Math.min(PIECE_BYTES, lengthBytes - from));
                }
                ended(null);
            } catch (StoreFault failed) {
                ended(failed);
            } catch (RuntimeException | Error failed) {
                ended(new IoFault("page " + page + " of the log could not be read", failed));
            }
        }

        private void begin(Piece piece, long offset, long address, int lengthBytes) {
            underWay.incrementAndGet();
            try {
                segment.file.read(piece, offset, address, lengthBytes);
            } catch (Throwable refused) {
                if (!piece.isUnderWay()) { // else the device has it, and will complete it
                    underWay.decrementAndGet();
                }
                throw refused;
            }
        }

        /** Of a page that ends in a gap, what stands before that: there may be no more in the file. */
        private int lengthBytes() {
            return (int) (log.readableEnd(page * pageBytes) - page * pageBytes);
        }

        private void ended(StoreFault outcome) {
            if (outcome != null) {
                fault.compareAndSet(null, outcome);
            }
            if (underWay.decrementAndGet() > 0) {
                return;
            }
            if (segment != null) {
                segment.release();
                segment = null;
            }
            Thread waiting = waiter;
            done = true;
            waits.wake(waiting);
        }

        void await() {
            waits.await(() -> done);
        }
    }

    /** A part of a page, read by a request of its own, so that a device has several under way. */
    private static final class Piece extends IoRequest {
        private final Buffer buffer;

        private Piece(Buffer buffer) {
            this.buffer = buffer;
        }

        @Override
        protected void completed(StoreFault outcome) {
            buffer.ended(outcome);
        }
    }

    PageReader(HybridLog log, Waits waits) {
        this.log = log;
        this.waits = waits;
        this.pageBytes = log.pageBytes();
    }

    /** Whether the page is here. */
    boolean holds(long page) {
        return current != null && current.page == page;
    }

    /** The bytes of the page that is here; the same object for every page at that place, because making one for each record would be dear. */
    ByteBuffer bytes() {
        return current.bytes;
    }

    /** Where in {@link #bytes} an address of that page is. */
    int offset(long address) {
        return (int) (address & pageBytes - 1);
    }

    /** Where an address of the page that is here is in memory. */
    long physical(long address) {
        return current.region.address() + (address & pageBytes - 1);
    }

    /** Waits for a page that is on the device, and begins to read the next one if that is there too, wholly below {@code head}. */
    void load(long page, long head) {
        if (current == null) {
            current = new Buffer();
            ahead = new Buffer();
        }
        ahead.await();
        if (ahead.page != page) {
            ahead.begin(page);
            ahead.await();
        }
        Buffer loaded = ahead;
        ahead = current;
        current = loaded;
        StoreFault failed = loaded.fault.get();
        if (failed != null) {
            loaded.page = -1;
            throw failed;
        }
        ahead.page = -1;
        if ((page + 2) * pageBytes <= head && log.gaps().pass((page + 1) * pageBytes) == (page + 1) * pageBytes) {
            ahead.begin(page + 1);
        }
    }

    @Override
    public void close() {
        if (current != null) {
            ahead.await();
            ahead.region.close();
            current.region.close();
            current = null;
        }
    }
}
