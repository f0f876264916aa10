package io.tideline.jcstress.control;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tideline.hlog.EvictedPage;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LZ_Result;

/** The control of L7 and L8: a reader who compares the address with the head, and reads, without being inside the epoch. */
@JCStressTest
@State
@Outcome(id = {"emptied, true", "another page, true"}, expect = ACCEPTABLE_INTERESTING, desc = "The frame was emptied under the reader.")
@Outcome(id = {"whole, true", "on the device, true"}, expect = ACCEPTABLE, desc = "This time nothing happened.")
@Outcome(expect = FORBIDDEN, desc = "Nobody was inside, and the page was not evicted.")
public class L8ReadOutsideTheEpoch {
    final EvictedPage page = EvictedPage.take();

    @Actor
    public void reader(LZ_Result result) {
        result.r1 = page.isInMemory() ? page.look() : "on the device";
    }

    @Actor
    public void evictor() {
        page.evict();
    }

    @Arbiter
    public void end(LZ_Result result) {
        page.evict();
        result.r2 = page.isEvicted();
    }
}
