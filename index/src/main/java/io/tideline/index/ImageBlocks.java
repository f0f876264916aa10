package io.tideline.index;

import io.tideline.fault.IoFault;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.device.DeviceFile;
import io.tideline.hlog.device.IoRequest;
import io.tideline.memory.NativeBuffer;
import io.tideline.memory.Region;
import io.tideline.memory.Waits;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The blocks of an image that are on their way between memory and file: several at once, so that the device is kept busy while the calling
 * thread copies and checks. Block n takes the place of block n − {@link #count}. Outside the epoch; not thread-safe.
 */
final class ImageBlocks implements AutoCloseable {
    static final long TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final DeviceFile file;
    private final Waits waits;
    private final Region region;
    private final Block[] blocks;
    /** Whether something did not end in time. */
    private boolean hangs;

    /** The place of a block in memory, and the request that moves it. */
    final class Block extends IoRequest {
        private final long address;
        private Thread waiter;
        private StoreFault fault;
        private volatile boolean done = true;

        private Block(long address) {
            this.address = address;
        }

        long address() {
            return address;
        }

        ByteBuffer bytes(int lengthBytes) {
            return bytes(0, lengthBytes);
        }

        ByteBuffer bytes(int offset, int lengthBytes) {
            return NativeBuffer.of(address + offset, lengthBytes);
        }

        void write(long offset, int lengthBytes) {
            begin(() -> file.write(this, offset, address, lengthBytes));
        }

        void read(long offset, int lengthBytes) {
            begin(() -> file.read(this, offset, address, lengthBytes));
        }

        private void begin(Runnable transfer) {
            fault = null;
            done = false;
            waiter = Thread.currentThread();
            try {
                transfer.run();
            } catch (Throwable refused) {
                done = !isUnderWay(); // else the device has it, and will complete it
                throw refused;
            }
        }

        @Override
        protected void completed(StoreFault outcome) {
            fault = outcome;
            Thread waiting = waiter; // read before the waiter may go on and begin something else
            done = true;
            waits.wake(waiting);
        }

        private void settle() {
            long deadline = waits.nanoTime() + TIMEOUT_NANOS;
            for (int attempt = 0; !done; attempt++) {
                if (waits.nanoTime() - deadline > 0) {
                    hangs = true;
                    String late = this + " did not end within " + TimeUnit.NANOSECONDS.toSeconds(TIMEOUT_NANOS) + " s";
                    throw new IoFault(late, new TimeoutException(late));
                }
                waits.pause(attempt);
            }
        }

        /** Waits until the transfer that was begun last is done. */
        void await() {
            settle();
            if (fault != null) {
                throw fault;
            }
        }
    }

    /** @param count how many transfers may be under way at once */
    ImageBlocks(DeviceFile file, Waits waits, int blockBytes, int count) {
        this(file, waits, blockBytes, count, Long.MAX_VALUE);
    }

    /** @param atMostBytes what all together need at most, because the last of them is shorter, or there are no more bytes in the file */
    ImageBlocks(DeviceFile file, Waits waits, int blockBytes, int count, long atMostBytes) {
        this.file = file;
        this.waits = waits;
        this.blocks = new Block[count];
        this.region = Region.allocate(Math.min((long) blocks.length * blockBytes, atMostBytes), false);
        for (int i = 0; i < blocks.length; i++) {
            blocks[i] = new Block(region.address() + (long) i * blockBytes);
        }
    }

    /** How many transfers may be under way at once. */
    int count() {
        return blocks.length;
    }

    /** The place of the block of that number, once what was begun there is done. */
    Block of(long number) {
        Block block = blocks[(int) (number % blocks.length)];
        block.await();
        return block;
    }

    /** Waits until everything that was begun is done. */
    void await() {
        for (Block block : blocks) {
            block.await();
        }
    }

    /** Gives the memory back, once the device has ended what it has, however that ends; leaks it rather than take it from under one that hangs. */
    @Override
    public void close() {
        for (Block block : blocks) {
            if (!hangs) {
                block.settle();
            }
        }
        if (!hangs) {
            region.close();
        }
    }
}
