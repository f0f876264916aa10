package io.tideline.hlog;

import io.tideline.epoch.Epoch;
import io.tideline.memory.Probe;
import io.tideline.memory.Waits;
import java.util.concurrent.locks.Lock;

/**
 * Makes room ahead of the tail: raises the head over pages that are on the device, and once no thread can see them any more, empties their
 * frames, off the users' threads.
 *
 * <p><b>State.</b> {@code evicted}: the first page whose frame has not been emptied. {@code announced}: the head for which an epoch action
 * was registered.
 *
 * <p><b>Invariants.</b> (1) head ≤ flushed: what is not on the device stays in memory. (2) A frame is emptied only below safeHead, which an
 * epoch action raises when every thread has seen the head.
 *
 * <p>{@link #step} and {@link #reset} exclude each other by the lock.
 */
final class Evictor {
    /** What it needs of the log. */
    interface Tail {
        long tail();
    }

    private final Lock lock;
    private final Epoch epoch;
    private final Frontiers frontiers;
    private final PageRing ring;
    private final Tail tail;
    private final int pageBits;
    /** How many pages may be in memory, the one being filled and the empty ones ahead of it included. */
    private final long memoryPages;
    private final long aheadPages;
    private final Runnable onSafe;
    private long evicted;
    private long announced;

    /** @param onSafe called by an epoch action when a step has something to do again */
    Evictor(Epoch epoch, Frontiers frontiers, PageRing ring, Tail tail, int pageBits, long memoryPages, long aheadPages, Waits waits,
            Runnable onSafe) {
        this.lock = waits.lock();
        this.epoch = epoch;
        this.frontiers = frontiers;
        this.ring = ring;
        this.tail = tail;
        this.pageBits = pageBits;
        this.memoryPages = memoryPages;
        this.aheadPages = aheadPages;
        this.onSafe = onSafe;
        this.evicted = frontiers.head() >>> pageBits;
    }

    Worker.Progress step() {
        lock.lock();
        try {
            raiseHead();
            boolean announcedAll = announce();
            long safePage = frontiers.safeHead() >>> pageBits;
            if (evicted < safePage) {
                Probe.at("evict.recycling");
                ring.recycle(evicted++);
                return Worker.Progress.DONE;
            }
            return announcedAll ? Worker.Progress.NONE : Worker.Progress.LATER;
        } finally {
            lock.unlock();
        }
    }

    /** The head goes as far as the budget asks and the device allows, a whole number of pages. */
    private void raiseHead() {
        long firstKept = (tail.tail() >>> pageBits) + 1 + aheadPages - memoryPages;
        long wanted = Math.min(firstKept, frontiers.flushed() >>> pageBits) << pageBits;
        if (wanted > 0) {
            frontiers.raiseHead(wanted);
        }
    }

    /** False if the list of epoch actions is full: then it is tried again. */
    private boolean announce() {
        long head = frontiers.head();
        if (announced < head) {
            if (!epoch.bump(() -> {
                frontiers.raiseSafeHead(head);
                onSafe.run();
            })) {
                return false;
            }
            announced = head;
        }
        return true;
    }

    /** Goes on with a ring that is empty below {@code address}. Nobody is inside the epoch. */
    void reset(long address) {
        lock.lock();
        try {
            evicted = address >>> pageBits;
            announced = address;
        } finally {
            lock.unlock();
        }
    }
}
