package io.tideline.jcstress.control;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tideline.epoch.GuardedPage;
import io.tideline.memory.Words;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZII_Result;

/** The control of E1: a reader who announces itself by a plain store, which its look at the page may overtake. */
@JCStressTest
@State
@Outcome(id = "true, 1, 1", expect = ACCEPTABLE_INTERESTING, desc = "The page was freed under a reader who was inside and saw it.")
@Outcome(id = {"false, [01], 1", "true, 0, 1"}, expect = ACCEPTABLE, desc = "This time nothing happened.")
@Outcome(expect = FORBIDDEN, desc = "The page was freed never or twice.")
public class E1PlainAnnounce {
    final GuardedPage page = GuardedPage.take();

    @Actor
    public void reader(ZII_Result result) {
        page.comeFromAnOperation();
        Words.set(page.slot, page.epoch.current());
        result.r1 = page.isReachable();
    }

    @Actor
    public void reclaimer(ZII_Result result) {
        page.reclaim();
        result.r2 = page.freed();
    }

    @Arbiter
    public void leave(ZII_Result result) {
        page.epoch.exit(page.slot);
        result.r3 = page.freed();
    }
}
