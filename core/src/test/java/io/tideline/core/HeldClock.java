package io.tideline.core;

import io.tideline.memory.Waits;
import java.util.concurrent.atomic.AtomicLong;

/** The waits of the system with a clock that stands still but for what a test adds, until it lets it go. */
final class HeldClock implements Waits {
    private final AtomicLong added = new AtomicLong();
    private final AtomicLong looks = new AtomicLong();
    private final long heldAt = System.nanoTime();
    private volatile Thread watched;
    private volatile long letGoAt;

    void add(long nanos) {
        added.addAndGet(nanos);
    }

    /** From here on it runs. */
    void letGo() {
        letGoAt = System.nanoTime();
    }

    /** Counts the looks of one thread from here on. */
    void watch(Thread thread) {
        looks.set(0);
        watched = thread;
    }

    /** How often the watched thread has looked. */
    long looks() {
        return looks.get();
    }

    @Override
    public long nanoTime() {
        long now = heldAt + added.get() + (letGoAt == 0 ? 0 : System.nanoTime() - letGoAt);
        if (Thread.currentThread() == watched) {
            looks.incrementAndGet();
        }
        return now;
    }
}
