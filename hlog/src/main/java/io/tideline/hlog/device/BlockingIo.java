package io.tideline.hlog.device;

import io.tideline.fault.IoFault;
import io.tideline.fault.StoreFault;
import io.tideline.memory.Waits;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Transfers that the calling thread waits for, outside any epoch; cheap on virtual threads. One at a time; not thread-safe. */
public final class BlockingIo {
    private static final long FOR_EVER = Long.MAX_VALUE;

    private final Waits waits;
    private final long timeoutNanos;
    private final Call call = new Call();

    private final class Call extends IoRequest {
        private volatile boolean done;
        private Thread waiter;
        private StoreFault fault;

        @Override
        protected void completed(StoreFault outcome) {
            fault = outcome;
            Thread waiting = waiter; // read before the waiter may go on and wait for something else
            done = true;
            waits.wake(waiting);
        }

        void begin() {
            done = false;
            waiter = Thread.currentThread();
        }

        void await() {
            if (timeoutNanos == FOR_EVER) {
                waits.await(() -> done);
            } else {
                awaitUntil(waits.nanoTime() + timeoutNanos);
            }
            waiter = null;
            if (fault != null) {
                throw fault;
            }
        }

        private void awaitUntil(long deadline) {
            for (int attempt = 0; !done; attempt++) {
                if (waits.nanoTime() - deadline > 0) {
                    String late = this + " did not end within " + TimeUnit.NANOSECONDS.toSeconds(timeoutNanos) + " s";
                    throw new IoFault(late, new TimeoutException(late));
                }
                waits.pause(attempt);
            }
        }
    }

    public BlockingIo(Waits waits) {
        this(waits, FOR_EVER);
    }

    /** One that gives up after a while with an {@link IoFault}: what it waited for is under way then, and this cannot be used any more. */
    public BlockingIo(Waits waits, long timeoutNanos) {
        this.waits = waits;
        this.timeoutNanos = timeoutNanos;
    }

    /** Whether a fault says that the device hangs: closing it, or the file, would wait for what is under way. */
    public static boolean isTimeout(StoreFault fault) {
        return fault.getCause() instanceof TimeoutException;
    }

    /** Whether the device has not ended what was asked of it last. */
    public boolean isUnderWay() {
        return call.isUnderWay();
    }

    /** @throws StoreFault if not every byte came */
    public void read(DeviceFile file, long offset, long address, int lengthBytes) {
        call.begin();
        if (timeoutNanos == FOR_EVER) {
            file.readHere(call, offset, address, lengthBytes);
        } else {
            file.read(call, offset, address, lengthBytes);
        }
        call.await();
    }

    /** @throws StoreFault if not every byte was written */
    public void write(DeviceFile file, long offset, long address, int lengthBytes) {
        call.begin();
        file.write(call, offset, address, lengthBytes);
        call.await();
    }

    /** @throws StoreFault if it is not known that everything written so far survives a crash of the machine */
    public void sync(DeviceFile file) {
        call.begin();
        file.sync(call);
        call.await();
    }
}
