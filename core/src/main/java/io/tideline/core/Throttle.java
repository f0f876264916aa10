package io.tideline.core;

import io.tideline.fault.IoFault;
import io.tideline.hlog.HybridLog;
import io.tideline.memory.Waits;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/** Where appends wait that outrun the device, outside the epoch and not for ever, and where that is counted. */
final class Throttle {
    private static final long TIMEOUT_NANOS = TimeUnit.MINUTES.toNanos(5);

    private final Kernel kernel;
    private final HybridLog log;
    private final Waits waits;
    private final AtomicLong count = new AtomicLong();
    private final AtomicLong nanos = new AtomicLong();
    private final Supplier<Boolean> isBehind;
    private final Supplier<Void> requireProgress;

    Throttle(Kernel kernel) {
        this.kernel = kernel;
        this.log = kernel.log;
        this.waits = kernel.waits;
        this.isBehind = log::isBehind;
        this.requireProgress = () -> {
            log.requireProgress();
            return null;
        };
    }

    /**
     * Waits until the tail can go on. Outside the epoch the log's words may be gone, so each look is one that a close waits for.
     *
     * @param passesGate whether to go on behind a close that has begun: who does not is refused when he looks at the gate next
     */
    void awaitRoom(boolean passesGate) {
        long begin = waits.nanoTime();
        count.incrementAndGet();
        try {
            for (int attempt = 0; (passesGate || !kernel.isClosed()) && kernel.whileThere(isBehind, false); attempt++) {
                kernel.whileThere(requireProgress, null);
                if (waits.nanoTime() - begin > TIMEOUT_NANOS) {
                    throw new IoFault(kernel.whileThere(this::timeout, "an append waited for memory until the store was closed"));
                }
                waits.pause(attempt);
            }
        } finally {
            nanos.addAndGet(waits.nanoTime() - begin);
        }
    }

    private String timeout() {
        List<String> holders = kernel.epoch.holders();
        return "an append waited " + TimeUnit.NANOSECONDS.toMinutes(TIMEOUT_NANOS) + " minutes for memory; the log is written up to "
                + log.flushed() + " of " + log.tail() + (holders.isEmpty() ? "" : ", and still inside the store are " + holders);
    }

    /** How often an append waited. */
    long count() {
        return count.get();
    }

    /** For how long, all waits added up. */
    long nanos() {
        return nanos.get();
    }
}
