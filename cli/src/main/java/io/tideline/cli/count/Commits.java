package io.tideline.cli.count;

import io.tideline.core.CheckpointRequest;
import io.tideline.core.CommitPoint;
import io.tideline.core.Store;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** The checkpoints that a count takes while it runs: one at a time, of the log alone, now and then with an image of the index. One thread's. */
final class Commits {

    private static final long IMAGE_NANOS = Duration.ofSeconds(60).toNanos();

    private final Store store;
    /** 0 for none. */
    private final long everyNanos;
    private long last = System.nanoTime();
    private long lastImage = last;
    /** The one that is being taken; null if none is. */
    private CompletableFuture<CommitPoint> underWay;

    /** @param every how long from one to the next; null for none */
    Commits(Store store, Duration every) {
        this.store = store;
        this.everyNanos = every == null ? 0 : every.toNanos();
    }

    /** Begins the next one if it is due and the one before has ended; throws why that failed. */
    void look() {
        if (underWay != null && underWay.isDone()) {
            await();
        }
        long now = System.nanoTime();
        if (everyNanos > 0 && underWay == null && now - last >= everyNanos) {
            boolean image = now - lastImage >= IMAGE_NANOS;
            underWay = store.checkpoint(image ? CheckpointRequest.full() : CheckpointRequest.logOnly());
            last = now;
            lastImage = image ? now : lastImage;
        }
    }

    /** How long nothing is due, at most {@code most}. */
    long millisToNext(long most) {
        long left = everyNanos == 0 ? Long.MAX_VALUE : everyNanos - (System.nanoTime() - last);
        return Math.clamp(left / 1_000_000, 1, most);
    }

    /** Waits for the one that is being taken, if one is. */
    void await() {
        CompletableFuture<CommitPoint> taken = underWay;
        underWay = null;
        if (taken != null) {
            join(taken);
        }
    }

    /** Takes one now. */
    void now(CheckpointRequest request) {
        await();
        join(store.checkpoint(request));
    }

    private static void join(CompletableFuture<CommitPoint> checkpoint) {
        try {
            checkpoint.join();
        } catch (CompletionException failed) {
            switch (failed.getCause()) {
                case RuntimeException fault -> throw fault;
                case Error error -> throw error;
                default -> throw failed;
            }
        }
    }
}
