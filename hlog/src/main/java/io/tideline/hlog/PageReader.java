package io.tideline.hlog;

import io.tideline.fault.IoFault;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.device.IoRequest;
import io.tideline.memory.NativeBuffer;
import io.tideline.memory.Region;
import io.tideline.memory.Waits;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Whole pages of the log, read from the device one after the other, the next ones while the current one is looked at. Outside the epoch; not
 * thread-safe.
 */
final class PageReader implements AutoCloseable {
    /** A longer request would be carried out by one thread alone; many shorter ones cost the device more than they bring. */
    private static final int PIECE_BYTES = 1 << 20;

    private final HybridLog log;
    private final Waits waits;
    private final long pageBytes;
    private final long end;
    /** Less where there is no memory for as many. */
    private int mostAhead;
    private Buffer current;
    /** The pages behind the current one, without a gap. */
    private final ArrayDeque<Buffer> ahead = new ArrayDeque<>();
    private final ArrayDeque<Buffer> idle = new ArrayDeque<>();

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

    /**
     * @param end what stands at or behind it is not read ahead
     * @param mostAhead how many pages are, at least 1
     */
    PageReader(HybridLog log, Waits waits, long end, int mostAhead) {
        this.log = log;
        this.waits = waits;
        this.end = end;
        this.mostAhead = mostAhead;
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

    /** Waits for a page that is on the device, and begins to read those behind it that are there too, wholly below {@code head}. */
    void load(long page, long head) {
        dismiss(current);
        current = null;
        begin(page, head);
        Buffer loaded = ahead.remove();
        loaded.await();
        StoreFault failed = loaded.fault.get();
        if (failed != null) {
            dismiss(loaded);
            throw failed;
        }
        current = loaded;
    }

    /** Reads the first pages at once, before {@link #load} asks for the first of them, and waits until they are there, or failed. */
    void readAhead(long page, long head) {
        begin(page, head);
        ahead.forEach(Buffer::await);
    }

    /** Has that page, and as many behind it as may be, on their way. */
    private void begin(long page, long head) {
        if (ahead.isEmpty() || ahead.peek().page != page) {
            ahead.forEach(Buffer::await);
            ahead.forEach(this::dismiss);
            ahead.clear();
            beginAtEnd(page);
        }
        while (ahead.size() <= mostAhead && isThere(ahead.getLast().page + 1, head)) {
            try {
                beginAtEnd(ahead.getLast().page + 1);
            } catch (IoFault noMemory) {
                mostAhead = ahead.size() - 1;
            }
        }
    }

    private boolean isThere(long page, long head) {
        return (page + 1) * pageBytes <= head && page * pageBytes < end && log.gaps().pass(page * pageBytes) == page * pageBytes;
    }

    private void beginAtEnd(long page) {
        Buffer buffer = idle.poll();
        if (buffer == null) {
            buffer = new Buffer();
        }
        ahead.add(buffer);
        buffer.begin(page);
    }

    private void dismiss(Buffer buffer) {
        if (buffer != null) {
            buffer.page = -1;
            idle.add(buffer);
        }
    }

    @Override
    public void close() {
        ahead.forEach(Buffer::await);
        ahead.forEach(this::dismiss);
        ahead.clear();
        dismiss(current);
        current = null;
        idle.forEach(buffer -> buffer.region.close());
        idle.clear();
    }
}
