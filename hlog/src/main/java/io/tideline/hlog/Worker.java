package io.tideline.hlog;

import io.tideline.memory.Waits;
import java.util.function.Consumer;

/** A thread of the log's own that looks for work until there is none, then waits until it is woken. */
final class Worker implements AutoCloseable {
    /** How a look for work ended. */
    enum Progress {
        /** Some was done: look again. */
        DONE,
        /** There is some, and it cannot be done yet: look again soon. */
        LATER,
        /** There is some that has time: look again in a millisecond, or when woken. */
        RESTING,
        /** There is none: look again when woken. */
        NONE
    }

    /** What the thread does; called by it alone. */
    @FunctionalInterface
    interface Task {
        Progress step();
    }

    /** As many attempts as make a pause a millisecond long. */
    private static final int REST = 250;

    private final Waits waits;
    private final Task task;
    private final Consumer<Throwable> onBug;
    private final Thread thread;
    private volatile boolean woken;
    private volatile boolean closed;

    /** @param onBug told what the task threw, after which it is not called any more */
    Worker(String name, Waits waits, Task task, Consumer<Throwable> onBug) {
        this.waits = waits;
        this.task = task;
        this.onBug = onBug;
        this.thread = waits.thread(name, this::run);
    }

    void start() {
        waits.start(thread);
    }

    /** There may be work. Never blocks. */
    void wake() {
        woken = true;
        waits.wake(thread);
    }

    private void run() {
        try {
            for (int attempt = 0; !closed; ) {
                woken = false;
                switch (task.step()) {
                    case DONE -> attempt = 0;
                    case LATER -> waits.pause(attempt++);
                    case RESTING -> waits.pause(REST);
                    case NONE -> {
                        attempt = 0;
                        waits.await(() -> woken || closed);
                    }
                }
            }
        } catch (Throwable bug) {
            onBug.accept(bug);
        }
    }

    /** Ends the thread after the step it is in; idempotent. */
    @Override
    public void close() {
        closed = true;
        wake();
        waits.join(thread);
    }
}
