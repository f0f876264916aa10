package io.tideline.memory;

import java.util.function.BooleanSupplier;

/**
 * Reads for a thread that has nothing else to do than to wait for one: through a ring of its own (io_uring), at which it looks for a while before it sleeps. A disk that answers
 * within some ten microseconds is faster that way: a processor that has gone idle takes a good part of that time to come back, in a virtual machine most of all.
 * One thread at a time uses it; which, may change from one read to the next.
 */
public final class ReadRing implements AutoCloseable {
    /** Completions interrupt nobody and say that they are there; since Linux 5.19. */
    private static final int SETUP_COOP_TASKRUN_WITH_FLAG = 1 << 8 | 1 << 9;
    private static final int LEAST_ENTRIES = 2;
    private static final int TURNS_BETWEEN_CLOCKS = 16;
    /** So many reads sleep at once after one for which looking was in vain. */
    private static final int READS_WITHOUT_LOOKING = 16;

    private final RingMemory ring;
    private final long spinNanos;
    private final BooleanSupplier mayLook;
    private int readsToSleep;

    private ReadRing(RingMemory ring, long spinNanos, BooleanSupplier mayLook) {
        this.ring = ring;
        this.spinNanos = spinNanos;
        this.mayLook = mayLook;
    }

    /**
     * @param spinNanos how long a read is looked for at most
     * @param mayLook asked again and again while a read is looked for; where it says no, the thread sleeps. Throws nothing and makes no object.
     * @throws IoUring.Refusal if the kernel has no ring for this process
     */
    public static ReadRing open(long spinNanos, BooleanSupplier mayLook) throws IoUring.Refusal {
        return new ReadRing(RingMemory.open(LEAST_ENTRIES, SETUP_COOP_TASKRUN_WITH_FLAG), spinNanos, mayLook);
    }

    /** As {@link NativeFile#read}. */
    public int read(NativeFile file, long offset, long address, int lengthBytes) {
        ring.fill(IoUring.Operation.READ.code, file.descriptor(), offset, address, lengthBytes, 0);
        ring.publish();
        if (!SystemCall.submitToRing(ring.descriptor)) {
            ring.withdraw();
            return file.read(offset, address, lengthBytes); // which says why, if it fails too
        }
        // From here on the kernel writes to the caller's memory, so nothing may throw before the result is there: no object is made, and no more stack is needed than for handing over.
        if (readsToSleep > 0) {
            readsToSleep--;
        } else {
            spin();
        }
        while (ring.resultCount() == 0) {
            SystemCall.awaitRing(ring.descriptor, 1);
        }
        return ring.takeResult();
    }

    /** Looks for the result until it is there, or others want the processor, or the time is over. */
    private void spin() {
        long begin = System.nanoTime();
        for (int turn = 1; ring.resultCount() == 0 && mayLook.getAsBoolean(); turn++) {
            if (ring.isEntryWanted()) {
                SystemCall.awaitRing(ring.descriptor, 0);
            } else if (turn % TURNS_BETWEEN_CLOCKS == 0 && System.nanoTime() - begin > spinNanos) {
                readsToSleep = READS_WITHOUT_LOOKING;
                return;
            }
            Thread.onSpinWait();
        }
    }

    /** Nobody reads any more. */
    @Override
    public void close() {
        ring.close();
    }
}
