package io.tideline.hlog;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LZ_Result;

/**
 * A page that leaves the memory against who reads it. The head says which pages are in memory, and moves before the epoch is bumped; a frame
 * is emptied when everybody who was inside then has left. So who entered, looked at the head and found the page has it until it leaves.
 */
public final class EvictorStress {
    private EvictorStress() {
    }

    /** The reader entered and found the page before anything began. */
    @JCStressTest
    @State
    @Outcome(id = "whole, true", expect = ACCEPTABLE, desc = "The page stayed while the reader was inside, and was evicted then.")
    @Outcome(id = "emptied, .*", expect = FORBIDDEN, desc = "The frame was emptied under a reader who was inside.")
    @Outcome(id = "another page, .*", expect = FORBIDDEN, desc = "The frame was given to another page under a reader who was inside.")
    @Outcome(expect = FORBIDDEN, desc = "Nobody was inside any more, and the page was not evicted.")
    public static class L7ReaderWhoWasInside {
        final EvictedPage page = EvictedPage.take();

        public L7ReaderWhoWasInside() {
            page.enter();
        }

        @Actor
        public void reader(LZ_Result result) {
            result.r1 = page.look();
            page.exit();
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

    /** The reader enters, compares the page's address with the head, and reads, while the head goes over the page. */
    @JCStressTest
    @State
    @Outcome(id = "whole, true", expect = ACCEPTABLE, desc = "The page was in memory, and stayed until the reader had read it.")
    @Outcome(id = "on the device, true", expect = ACCEPTABLE, desc = "The reader came too late to find the page in memory.")
    @Outcome(id = "emptied, .*", expect = FORBIDDEN, desc = "The frame was emptied between the reader's look at the head and its look at the page.")
    @Outcome(id = "another page, .*", expect = FORBIDDEN, desc = "The frame was given to another page between the reader's two looks.")
    @Outcome(expect = FORBIDDEN, desc = "Nobody was inside any more, and the page was not evicted.")
    public static class L8CheckThenRead {
        final EvictedPage page = EvictedPage.take();

        @Actor
        public void reader(LZ_Result result) {
            page.enter();
            result.r1 = page.isInMemory() ? page.look() : "on the device";
            page.exit();
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
}
