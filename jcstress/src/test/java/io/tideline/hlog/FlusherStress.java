package io.tideline.hlog;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZII_Result;

/**
 * The flushed frontier against a device that is done with later pages first. What the frontier passes may leave the memory, so it passes a
 * write only after that and all before it succeeded; and when all did, it has passed them all.
 */
public final class FlusherStress {
    private static final int STEPS = 4;

    private FlusherStress() {
    }

    /** The thread of the flusher: steps, and looks after each; whether the frontier was ever too far. */
    private static boolean flush(OpenFlush flush) {
        boolean tooFar = false;
        for (int i = 0; i < STEPS; i++) {
            flush.step();
            tooFar |= flush.isTooFar();
        }
        return tooFar;
    }

    /** Three writes end in another order than they began. */
    @JCStressTest
    @State
    @Outcome(id = "false, [013], 3", expect = ACCEPTABLE, desc = "The frontier waited for the first, then passed what had ended behind it.")
    @Outcome(id = "false, 2, 3", expect = FORBIDDEN, desc = "The frontier stopped between two writes that had both ended.")
    @Outcome(id = "true, .*", expect = FORBIDDEN, desc = "The frontier passed a write that had not ended: its page could leave the memory before it is on the device.")
    @Outcome(expect = FORBIDDEN, desc = "All writes succeeded, and the frontier did not pass them.")
    public static class L6CompletionsOutOfOrder {
        final OpenFlush flush = OpenFlush.take();

        @Actor
        public void device() {
            flush.succeed(2);
            flush.succeed(0);
            flush.succeed(1);
        }

        @Actor
        public void flusher(ZII_Result result) {
            result.r1 = flush(flush);
            result.r2 = flush.passedWrites();
        }

        @Arbiter
        public void end(ZII_Result result) {
            flush.step();
            result.r3 = flush.passedWrites();
        }
    }

    /** The first write fails while those behind it succeed. */
    @JCStressTest
    @State
    @Outcome(id = "false, 0, 3", expect = ACCEPTABLE, desc = "The frontier waited until the failed write had succeeded.")
    @Outcome(id = "true, .*", expect = FORBIDDEN, desc = "The frontier passed a write that had failed: its page would be lost.")
    @Outcome(id = "false, [123], .*", expect = FORBIDDEN, desc = "The frontier passed a write that had failed: its page would be lost.")
    @Outcome(expect = FORBIDDEN, desc = "The write that had failed was not tried again.")
    public static class L6FailureBeforeSuccesses {
        final OpenFlush flush = OpenFlush.take();

        @Actor
        public void device() {
            flush.succeed(1);
            flush.fail(0);
            flush.succeed(2);
        }

        @Actor
        public void flusher(ZII_Result result) {
            result.r1 = flush(flush);
        }

        @Arbiter
        public void end(ZII_Result result) {
            flush.step();
            result.r2 = flush.passedWrites();
            flush.succeed(0);
            flush.step();
            result.r3 = flush.passedWrites();
        }
    }
}
