package io.tideline.memory;

import java.util.function.BooleanSupplier;

/**
 * Reads for a thread that has nothing else to do than to wait for one: through a ring of its own (io_uring), at which it looks for a while before it
 * sleeps. A disk that answers within some ten microseconds is faster that way: a processor that has gone idle takes a good part of that time to come
 * back, in a virtual machine most of all. One thread at a time uses it; which, may change from one read to the next.
 */
public final class ReadRing implements AutoCloseable {
    /** Between two looks at the clock. */
    static final int TURNS = 16;
    /** So many reads do without the ring after one that was looked for in vain. */
    static final int READS_WITHOUT_LOOKING = 16;
    /** Completions interrupt nobody and say that they are there; since Linux 5.19. */
    private static final int SETUP_COOP_TASKRUN_WITH_FLAG = 1 << 8 | 1 << 9;
    private static final int LEAST_ENTRIES = 2;

    private final RingMemory ring;
    private final long spinNanos;
    private final BooleanSupplier mayLook;
    private final Waits waits;
    private int readsWithoutLooking;

    private ReadRing(RingMemory ring, long spinNanos, BooleanSupplier mayLook, Waits waits) {
        this.ring = ring;
        this.spinNanos = spinNanos;
        this.mayLook = mayLook;
        this.waits = waits;
    }

    /**
     * @param spinNanos how long a read is looked for at most
     * @param mayLook asked again and again while a read is looked for; where it says no, the thread sleeps. Makes no object.
     * @throws IoUring.Refusal if the kernel has no ring for this process
     */
    public static ReadRing open(long spinNanos, BooleanSupplier mayLook, Waits waits) throws IoUring.Refusal {
        return new ReadRing(RingMemory.open(LEAST_ENTRIES, SETUP_COOP_TASKRUN_WITH_FLAG), spinNanos, mayLook, waits);
    }

    /** As {@link NativeFile#read}. Whatever it throws, the kernel is done with the memory then; but the ring is of no use any more. */
    public int read(NativeFile file, long offset, long address, int lengthBytes) {
        if (readsWithoutLooking > 0) {
            readsWithoutLooking--;
            return file.read(offset, address, lengthBytes);
        }
        ring.fill(IoUring.Operation.READ.code, file.descriptor(), offset, address, lengthBytes, 0);
        ring.publish();
        if (!SystemCall.submitToRing(ring.descriptor)) {
            ring.withdraw();
            return file.read(offset, address, lengthBytes); // which says why, if it fails too
        }
        int result = awaitResult();
        return IoUring.isTransient(result) || result == -Errno.ECANCELED ? file.read(offset, address, lengthBytes) : result;
    }

    /** The kernel writes to the caller's memory until the result is there, so nothing is thrown before. */
    private int awaitResult() {
        RuntimeException exception = null;
        Error error = null;
        while (ring.resultCount() == 0) {
            try {
                await();
            } catch (RuntimeException failed) {
                exception = failed;
            } catch (Error failed) { // no stack left, say
                error = failed;
            }
        }
        if (error != null) {
            throw error;
        }
        if (exception != null) {
            throw exception;
        }
        return ring.takeResult();
    }

    private void await() {
        spin();
        while (ring.resultCount() == 0) {
            SystemCall.awaitRing(ring.descriptor, 1);
        }
    }

    /** Looks for the result until it is there, or it may look no more, or the time is over. */
    private void spin() {
        long begin = waits.nanoTime();
        for (int turn = 1; ring.resultCount() == 0 && mayLook.getAsBoolean(); turn++) {
            if (ring.isEntryWanted()) {
                SystemCall.awaitRing(ring.descriptor, 0);
            }
            if (turn % TURNS == 0 && waits.nanoTime() - begin > spinNanos) {
                readsWithoutLooking = READS_WITHOUT_LOOKING;
                return;
            }
            waits.spin();
        }
    }

    /** Nobody reads any more. */
    @Override
    public void close() {
        ring.close();
    }
}
