package io.tideline.hlog.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.fault.StoreFault;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A request of the tests, which counts its completions and can be waited for. */
class Transfer extends IoRequest {
    private static final long TIMEOUT_SECONDS = 60;

    private final Semaphore ended = new Semaphore(0);
    private final AtomicInteger completions = new AtomicInteger();
    private volatile StoreFault fault;

    @Override
    protected void completed(StoreFault outcome) {
        fault = outcome;
        completions.incrementAndGet();
        ended.release();
    }

    /** Waits for one completion; the fault it came with, or null. */
    StoreFault outcome() {
        try {
            assertTrue(ended.tryAcquire(TIMEOUT_SECONDS, TimeUnit.SECONDS), () -> this + " was not completed within " + TIMEOUT_SECONDS + " s");
        } catch (InterruptedException e) {
            throw new AssertionError(this + " was interrupted", e);
        }
        return fault;
    }

    void assertDone() {
        StoreFault outcome = outcome();
        assertNull(outcome, () -> this + ": " + outcome);
    }

    <T extends StoreFault> T assertFails(Class<T> kind) {
        StoreFault outcome = outcome();
        assertEquals(kind, outcome == null ? null : outcome.getClass(), () -> this + " ended in " + outcome);
        return kind.cast(outcome);
    }

    int completions() {
        return completions.get();
    }
}
