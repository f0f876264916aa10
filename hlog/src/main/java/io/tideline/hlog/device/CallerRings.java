package io.tideline.hlog.device;

import io.tideline.memory.IoUring;
import io.tideline.memory.NativeFile;
import io.tideline.memory.ReadRing;
import io.tideline.memory.Waits;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Rings for threads that wait for a read of a device, each made when it is first needed, at most one for each processor. Where more threads wait than
 * there are processors all sleep in the kernel: those that look would keep the others from going on with what came. Of the reads of 8 threads on 2
 * processors, one in a thousand took 5 ms that way, and less than 1 ms without.
 *
 * <p><b>State.</b> {@code idle}: a ring that nobody uses, or null, in each place; {@code made}: how many were made, or refused, or are about to be;
 * {@code waiting}: threads inside {@link #read}.
 *
 * <p><b>Invariants.</b> (1) A ring is in at most one place, or else at one thread: it is taken by {@code getAndSet} to null, and put back by a
 * {@code compareAndSet} from null; these two are where it changes hands, and what the one before left in it is seen. (2) There are at most as many rings
 * as places, so whoever puts one back finds a place.
 */
final class CallerRings implements AutoCloseable {
    /** So many reads one after the other must find no more threads waiting than there are processors before a thread looks again. */
    static final int READS_UNTIL_CALM = 64;

    private final int processors;
    private final long spinNanos;
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicReferenceArray<ReadRing> idle;
    private final AtomicInteger made = new AtomicInteger();
    /** Written by all without care: a count that is lost makes a thread look some reads earlier or later. */
    private int readsUntilCalm;

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
        if (idle.length() == 0) {
            return file.read(offset, address, lengthBytes);
        }
        int left = readsUntilCalm; // read once: a second look might find it at 0, and count on below
        if (waiting.incrementAndGet() > processors) {
            readsUntilCalm = READS_UNTIL_CALM;
        } else if (left > 0) {
            readsUntilCalm = left - 1;
        }
        try {
            ReadRing ring = mayLook() ? take() : null;
            return ring == null ? file.read(offset, address, lengthBytes) : read(ring, file, offset, address, lengthBytes);
        } finally {
            waiting.getAndDecrement();
        }
    }

    private int read(ReadRing ring, NativeFile file, long offset, long address, int lengthBytes) {
        boolean isWhole = false;
        try {
            int result = ring.read(file, offset, address, lengthBytes);
            isWhole = true;
            return result;
        } finally {
            if (isWhole) {
                giveBack(ring);
            } else {
                ring.close();
                made.getAndDecrement();
            }
        }
    }

    /** Whether a thread that waits may look for what it waits for. */
    boolean mayLook() {
        return waiting.get() <= processors && readsUntilCalm == 0;
    }

    private ReadRing take() {
        for (int i = 0; i < idle.length(); i++) {
            if (idle.getPlain(i) != null) { // without the cost of a swap where there is none; the swap decides
                ReadRing ring = idle.getAndSet(i, null);
                if (ring != null) {
                    return ring;
                }
            }
        }
        return made.get() < idle.length() ? make() : null;
    }

    /** A ring more; null where there are enough, or the kernel has none to give, although it had one for the device: it is not asked more often than there are places. */
    private ReadRing make() {
        if (made.getAndIncrement() >= idle.length()) {
            made.getAndDecrement();
            return null;
        }
        try {
            return ReadRing.open(spinNanos, this::mayLook, Waits.SYSTEM);
        } catch (IoUring.Refusal | RuntimeException | Error refused) { // no memory, say: a read needs no ring
            return null;
        }
    }

    private void giveBack(ReadRing ring) {
        for (int i = 0; !idle.compareAndSet(i, null, ring); ) {
            i = (i + 1) % idle.length();
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
