package io.tideline.hlog.device;

import io.tideline.fault.StoreFault;
import io.tideline.memory.Waits;

/** Transfers that the calling thread waits for, outside any epoch; cheap on virtual threads. One at a time; not thread-safe. */
public final class BlockingIo {
    private final Waits waits;
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
            waits.await(() -> done);
            waiter = null;
            if (fault != null) {
                throw fault;
            }
        }
    }

    public BlockingIo(Waits waits) {
        this.waits = waits;
    }

    /** @throws StoreFault if not every byte came */
    public void read(DeviceFile file, long offset, long address, int lengthBytes) {
        call.begin();
        file.read(call, offset, address, lengthBytes);
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
