package io.tideline.jcstress.control;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tideline.epoch.GuardedPage;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZII_Result;

/** The control of S5: who is inside is taken out without proof that its thread is dead. */
@JCStressTest
@State
@Outcome(id = "true, 1, 1", expect = ACCEPTABLE_INTERESTING, desc = "The page was freed under somebody who was inside and saw it.")
@Outcome(id = {"false, [01], 1", "true, 0, 1"}, expect = ACCEPTABLE, desc = "This time nothing happened.")
@Outcome(expect = FORBIDDEN, desc = "The page was freed never or twice.")
public class S5ReapWithoutProof {
    final GuardedPage page = GuardedPage.take();
    private final long idle = page.epoch.idleWord(page.slot);

    public S5ReapWithoutProof() {
        if (!page.epoch.tryEnter(page.slot, idle)) {
            throw new AssertionError("somebody else is inside");
        }
    }

    @Actor
    public void living(ZII_Result result) {
        result.r1 = page.isReachable();
    }

    @Actor
    public void reaper(ZII_Result result) {
        page.epoch.suspendForTheDead(page.slot, idle);
        page.reclaim();
        result.r2 = page.freed();
    }

    @Arbiter
    public void leave(ZII_Result result) {
        page.epoch.exit(page.slot, idle);
        result.r3 = page.freed();
    }
}
