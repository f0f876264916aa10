package io.tideline.hlog;

import io.tideline.fault.IoFault;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.device.IoRequest;
import io.tideline.memory.NativeBuffer;
import io.tideline.memory.Region;
import io.tideline.memory.Waits;
import java.nio.ByteBuffer;

/**
 * Whole pages of the log, read from the device one after the other, the next one while the current one is looked at. Outside the epoch; not
 * thread-safe.
 */
final class PageReader implements AutoCloseable {
    private final HybridLog log;
    private final Waits waits;
    private final long pageBytes;
    private Buffer current;
    private Buffer ahead;

    /** A page's place in memory, and the request that fills it. */
    private final class Buffer extends IoRequest {
        private final Region region = Region.allocate(pageBytes, false);
        private final ByteBuffer bytes = NativeBuffer.of(region.address(), (int) pageBytes);
        private long page = -1;
        private Segments.Lease segment;
        private Thread waiter;
        private StoreFault fault;
        private volatile boolean done = true;

        void begin(long newPage) {
            page = newPage;
            fault = null;
            done = false;
            waiter = Thread.currentThread();
            try {
                segment = log.spill().scans.use(page * pageBytes, false);
                segment.file.read(this, log.spill().scans.offset(page * pageBytes), region.address(), lengthBytes());
            } catch (StoreFault failed) {
                completed(failed);
            } catch (RuntimeException | Error failed) {
                completed(new IoFault("page " + page + " of the log could not be read", failed));
            }
        }

        /** Of a page that ends in a gap, what stands before that: there may be no more in the file. */
        private int lengthBytes() {
            return (int) (log.readableEnd(page * pageBytes) - page * pageBytes);
        }

        @Override
        protected void completed(StoreFault outcome) {
            fault = outcome;
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
        if (loaded.fault != null) {
            StoreFault failed = loaded.fault;
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
