package io.tideline.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tideline.jcstress.Ring;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLJ_Result;

/**
 * Closing a session in place of its thread, against a late operation on it. What the dead thread did stays and is counted; who comes late, be it before
 * or behind that, is refused, changes nothing, and is not met by the next owner of the slot.
 *
 * <p>Threads that die are dear, so only some states of the first case have one.
 */
public final class ReapStress {
    private static final int STATES_PER_DEATH = 64;
    private static final AtomicInteger STATES = new AtomicInteger();
    private static final Store STORE = Store.open(StoreConfig.builder().pageSize(1 << 18).memory(8L << 18).mutableFraction(1).buckets(1 << 12).hashSeed(1)
            .hugePages(false).build());

    private ReapStress() {
    }

    /** A session whose thread has died in a batch after one addition, and its key. */
    private static final class Orphan {
        private static final AtomicInteger KEYS = new AtomicInteger();

        final long key = KEYS.incrementAndGet() & 0xFFF;
        final Session session = STORE.openSession();
        final long before = STORE.get(key, 0);

        Orphan() {
            Thread thread = Thread.ofPlatform().start(() -> {
                session.enterAgain();
                session.beginBatch();
                session.add(key, 1);
            });
            for (boolean ended = false; !ended; ) {
                try {
                    thread.join();
                    ended = true;
                } catch (InterruptedException again) {
                    throw new AssertionError(again);
                }
            }
        }
    }

    /** A late user of the session, against who reaps it and goes on in the same slot. */
    @JCStressTest
    @State
    @Outcome(id = "refused, reaped 1, 101", expect = ACCEPTABLE, desc = "The late user was refused; what was counted took effect; the next owner was undisturbed.")
    @Outcome(id = "none, none, 0", expect = ACCEPTABLE, desc = "A state without a death.")
    @Outcome(id = "done, .*, .*", expect = FORBIDDEN, desc = "A late operation took effect in a session that was closed, or that a dead thread has.")
    @Outcome(id = ".*, disturbed, .*", expect = FORBIDDEN, desc = "The late user disturbed the next owner of the slot.")
    @Outcome(id = "refused, reaped 1, 100", expect = FORBIDDEN, desc = "An operation was counted that had no effect.")
    @Outcome(expect = FORBIDDEN, desc = "An operation was lost, or counted twice, or the session was not reaped.")
    public static class S5ReapAgainstLateOperation {
        final Orphan orphan = STATES.getAndIncrement() % STATES_PER_DEATH == 0 ? new Orphan() : null;

        @Actor
        public void late(LLJ_Result result) {
            result.r1 = orphan == null ? "none" : late();
        }

        private String late() {
            try {
                orphan.session.add(orphan.key, 10_000);
                return "done";
            } catch (IllegalStateException refused) {
                return "refused";
            }
        }

        @Actor
        public void reaper(LLJ_Result result) {
            result.r2 = orphan == null ? "none" : reapAndGoOn();
        }

        private String reapAndGoOn() {
            // as Store.reapSessions, but for this one alone; nothing is pending in it, so nobody need help
            boolean isReaped = orphan.session.leaveForTheDead() && orphan.session.closeForTheDead(null);
            try (Session next = STORE.openSession()) {
                next.add(orphan.key, 100);
            } catch (IllegalStateException refused) {
                return "disturbed";
            }
            return isReaped ? "reaped " + orphan.session.reaped().serial() : "not reaped";
        }

        @Arbiter
        public void effect(LLJ_Result result) {
            result.r3 = orphan == null ? 0 : STORE.get(orphan.key, 0) - orphan.before;
        }
    }

    /** A batch of a thread that lives, against who looks for dead ones. */
    @JCStressTest
    @State
    @Outcome(id = "done, 0, 1", expect = ACCEPTABLE, desc = "The batch was left alone.")
    @Outcome(id = ".*, [1-9].*, .*", expect = FORBIDDEN, desc = "The session of a living thread was reaped.")
    @Outcome(expect = FORBIDDEN, desc = "The batch was disturbed, or its operation lost.")
    public static class S5ReapAgainstLivingBatch {
        private static final AtomicInteger KEYS = new AtomicInteger();
        private static final Ring<Session> SESSIONS = new Ring<>(STORE::openSession);

        final Session session = SESSIONS.next();
        final long key = 1 << 20 | KEYS.incrementAndGet() & 0xFFF;
        final long before = STORE.get(key, 0);

        @Actor
        public void batch(LLJ_Result result) {
            try {
                session.batch(batch -> batch.add(key, 1));
                result.r1 = "done";
            } catch (IllegalStateException disturbed) {
                result.r1 = disturbed.getMessage();
            }
        }

        @Actor
        public void reaper(LLJ_Result result) {
            result.r2 = session.leaveForTheDead() ? 1 : 0;
        }

        @Arbiter
        public void effect(LLJ_Result result) {
            result.r3 = STORE.get(key, 0) - before;
        }
    }
}
