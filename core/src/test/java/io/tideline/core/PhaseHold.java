package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.checkpoint.SystemState.Phase;
import io.tideline.memory.Waits;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Holds a checkpoint in a phase of its cut, by sessions that stay inside the store until they are let go. */
final class PhaseHold implements AutoCloseable {
    private static final long TIMEOUT_SECONDS = 60;

    private final Store store;
    private Holder holder;
    private final CompletableFuture<CommitPoint> commit;

    /** A session that is inside a batch, and knows the phase of its entering only. */
    private static final class Holder {
        final CountDownLatch inside = new CountDownLatch(1);
        final CountDownLatch go = new CountDownLatch(1);
        final Thread thread;

        Holder(Store store) {
            thread = Thread.ofPlatform().daemon().start(() -> {
                try (Session session = store.openSession()) {
                    session.batch(_ -> {
                        inside.countDown();
                        await(go);
                    });
                }
            });
            await(inside);
        }

        void letGo() {
            go.countDown();
            try {
                thread.join(TimeUnit.SECONDS.toMillis(TIMEOUT_SECONDS));
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    /** Begins a checkpoint that writes no image, and returns when it waits in PREPARE. */
    PhaseHold(Store store, CheckpointRequest request) {
        this.store = store;
        holder = new Holder(store);
        commit = store.checkpoint(request);
        awaitPhase(Phase.PREPARE);
    }

    /** Goes on and returns when the checkpoint waits in IN_PROGRESS: operations that begin from here on are of the next version. */
    void toInProgress() {
        Holder next = new Holder(store);
        holder.letGo();
        holder = next;
        awaitPhase(Phase.IN_PROGRESS);
    }

    /** The same for the phase in which a snapshot is about to be copied. */
    void toSnapshot() {
        toInProgress();
        Holder next = new Holder(store);
        holder.letGo();
        holder = next;
        awaitPhase(Phase.SNAPSHOT);
    }

    private void awaitPhase(Phase phase) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(TIMEOUT_SECONDS);
        for (int attempt = 0; store.kernel().state.phase() != phase; attempt++) {
            assertTrue(System.nanoTime() < deadline, () -> "the checkpoint stays in " + store.kernel().state.phase() + ", expected " + phase);
            Waits.SYSTEM.pause(attempt);
        }
    }

    /** Lets the checkpoint end. */
    CommitPoint finish() throws Exception {
        close();
        return commit.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    }

    /** Idempotent. */
    @Override
    public void close() {
        if (holder != null) {
            holder.letGo();
            holder = null;
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(TIMEOUT_SECONDS, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
