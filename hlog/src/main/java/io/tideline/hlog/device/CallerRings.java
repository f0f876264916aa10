package io.tideline.hlog.device;

import io.tideline.fault.IoFault;
import io.tideline.memory.IoUring;
import io.tideline.memory.NativeFile;
import io.tideline.memory.ReadRing;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Rings for threads that wait for a read, each made when it is first needed, at most one for each processor. Where more threads wait than there are processors all sleep in the
 * kernel: those that look would keep the others from going on with what came. Of 8 threads on 2 processors one read in a thousand took 5 ms that way, and 1 without.
 */
final class CallerRings implements AutoCloseable {
    /** So many reads one after the other must find no more threads waiting than there are processors before a thread looks again. */
    static final int READS_UNTIL_CALM = 64;

    private final int processors;
    private final long spinNanos;
    /** Threads that wait for a read. */
    private final AtomicInteger waiting = new AtomicInteger();
    /** Written by all without care: a number off harms nothing. */
    private int readsUntilCalm;
    /** Those that nobody uses; null for others. */
    private final AtomicReferenceArray<ReadRing> idle;
    private final AtomicInteger made = new AtomicInteger();

    /**
     * @param processors at most so many rings
     * @param spinNanos how long a read is looked for at most; 0 for no rings at all
     */
    CallerRings(int processors, long spinNanos) {
        this.processors = processors;
        this.spinNanos = spinNanos;
        this.idle = new AtomicReferenceArray<>(spinNanos == 0 ? 0 : processors);
    }

    /** As {@link NativeFile#read}. */
    int read(NativeFile file, long offset, long address, int lengthBytes) {
        if (waiting.incrementAndGet() > processors) {
            readsUntilCalm = READS_UNTIL_CALM;
        } else if (readsUntilCalm > 0) {
            readsUntilCalm--;
        }
        try {
            ReadRing ring = mayLook() ? take() : null;
            if (ring == null) {
                return file.read(offset, address, lengthBytes);
            }
            int result = ring.read(file, offset, address, lengthBytes); // if it throws, the ring is lost: the kernel may not be done with it
            giveBack(ring);
            return result;
        } finally {
            waiting.getAndDecrement();
        }
    }

    /** Whether a thread that waits may look for what it waits for. */
    boolean mayLook() {
        return waiting.get() <= processors && readsUntilCalm == 0;
    }

    private ReadRing take() {
        for (int i = 0; i < idle.length(); i++) {
            if (idle.getPlain(i) != null) {
                ReadRing ring = idle.getAndSet(i, null);
                if (ring != null) {
                    return ring;
                }
            }
        }
        return made.get() < idle.length() && made.getAndIncrement() < idle.length() ? make() : null;
    }

    /** A ring more; null where the kernel has none to give any more, and so often only. */
    private ReadRing make() {
        try {
            return ReadRing.open(spinNanos, this::mayLook);
        } catch (IoUring.Refusal | IoFault refused) {
            System.getLogger(CallerRings.class.getName()).log(System.Logger.Level.DEBUG, "reads sleep in the kernel", refused);
            return null;
        }
    }

    private void giveBack(ReadRing ring) {
        for (int i = 0; !idle.compareAndSet(i, null, ring); ) {
            i = (i + 1) % idle.length(); // there are as many places as rings, so one is free
        }
    }

    /** Nobody reads any more. */
    @Override
    public void close() {
        for (int i = 0; i < idle.length(); i++) {
            ReadRing ring = idle.getAndSet(i, null);
            if (ring != null) {
                ring.close();
            }
        }
    }
}
