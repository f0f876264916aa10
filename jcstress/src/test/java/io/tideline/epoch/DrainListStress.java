package io.tideline.epoch;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * Two drainers at once: an action that may run runs exactly once. An action that ran twice would free a page that is somebody else's by
 * then; one that never ran would keep its page for ever. One of the two holds the list, the other goes away with nothing done.
 */
public final class DrainListStress {
    private DrainListStress() {
    }

    /** The action is there and safe before both come. */
    @JCStressTest
    @State
    @Outcome(id = {"1, 0, 1", "0, 1, 1"}, expect = ACCEPTABLE, desc = "One of the two ran the action.")
    @Outcome(id = ".*, .*, 2", expect = FORBIDDEN, desc = "The action ran twice.")
    @Outcome(expect = FORBIDDEN, desc = "The action did not run, or the drainers do not know who ran it.")
    public static class E3TwoDrainersOfOneAction {
        final GuardedPage page = GuardedPage.take();

        public E3TwoDrainersOfOneAction() {
            page.retire();
        }

        @Actor
        public void one(III_Result result) {
            result.r1 = page.epoch.drain();
        }

        @Actor
        public void other(III_Result result) {
            result.r2 = page.epoch.drain();
        }

        @Arbiter
        public void count(III_Result result) {
            result.r3 = page.freed();
        }
    }

    /** Both register an action and drain; what the drain of one came too early for is left to a later drain. */
    @JCStressTest
    @State
    @Outcome(id = "2, 0", expect = ACCEPTABLE, desc = "Each action ran once, and nothing is left.")
    @Outcome(expect = FORBIDDEN, desc = "An action ran never or twice, or is still counted as waiting.")
    public static class E3TwoBumpsAndTwoDrainers {
        final GuardedPage page = GuardedPage.take();

        @Actor
        public void one() {
            page.retire();
            page.epoch.drain();
        }

        @Actor
        public void other() {
            page.retire();
            page.epoch.drain();
        }

        @Arbiter
        public void count(II_Result result) {
            page.epoch.drain();
            result.r1 = page.freed();
            result.r2 = page.epoch.isPending() ? 1 : 0;
        }
    }
}
