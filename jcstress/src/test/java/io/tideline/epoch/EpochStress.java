package io.tideline.epoch;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZII_Result;

/**
 * A reader against a reclaimer: whoever is inside and still saw the page must not have it freed under them, and a page that nobody can see
 * any more must be freed, once. What makes it so is that both store before they look: the reader its epoch and then the frontier, the
 * reclaimer the frontier and then the slots.
 */
public final class EpochStress {
    private EpochStress() {
    }

    /** The reader announces itself and looks. Without a full fence in between, both could miss the other: the control shows it. */
    @JCStressTest
    @State
    @Outcome(id = "false, [01], 1", expect = ACCEPTABLE, desc = "The reader came too late to see the page.")
    @Outcome(id = "true, 0, 1", expect = ACCEPTABLE, desc = "The reader saw the page, and it stayed until the reader left.")
    @Outcome(id = "true, 1, 1", expect = FORBIDDEN, desc = "The page was freed under a reader who was inside and saw it.")
    @Outcome(expect = FORBIDDEN, desc = "The page was freed never or twice, or before the slots were looked at.")
    public static class E1AnnounceAgainstReclaim {
        final GuardedPage page = GuardedPage.take();

        @Actor
        public void reader(ZII_Result result) {
            page.comeFromAnOperation();
            if (!page.epoch.tryEnter(page.slot)) {
                throw new AssertionError("the slot is idle and lets nobody in");
            }
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

    /** The reader is inside and refreshes: what it reaches after that is what it saw after that, so the newer epoch protects it. */
    @JCStressTest
    @State
    @Outcome(id = "false, [01], 1", expect = ACCEPTABLE, desc = "The reader refreshed too late to see the page.")
    @Outcome(id = "true, 0, 1", expect = ACCEPTABLE, desc = "The reader saw the page, and it stayed until the reader left.")
    @Outcome(id = "true, 1, 1", expect = FORBIDDEN, desc = "The page was freed under a reader who saw it after its refresh.")
    @Outcome(expect = FORBIDDEN, desc = "The page was freed never or twice.")
    public static class E2RefreshAgainstReclaim {
        final GuardedPage page = GuardedPage.take();

        public E2RefreshAgainstReclaim() {
            page.epoch.tryEnter(page.slot);
        }

        @Actor
        public void reader(ZII_Result result) {
            page.comeFromAnOperation();
            page.epoch.refresh(page.slot);
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

    /**
     * The last reader looks at the page for the last time and leaves, while the reclaimer bumps. Either of them, or the drain behind them, frees
     * the page: the store of the reader's exit is a release, so its last look came before.
     */
    @JCStressTest
    @State
    @Outcome(id = "true, [01], 1", expect = ACCEPTABLE, desc = "The page was whole at the last look and is freed once.")
    @Outcome(id = "false, .*", expect = FORBIDDEN, desc = "The page was freed before the reader's last look at it.")
    @Outcome(expect = FORBIDDEN, desc = "The page was freed never or twice.")
    public static class E5BumpAgainstExitOfTheLastReader {
        final GuardedPage page = GuardedPage.take();

        public E5BumpAgainstExitOfTheLastReader() {
            page.epoch.tryEnter(page.slot);
        }

        @Actor
        public void reader(ZII_Result result) {
            result.r1 = page.isInUse();
            page.epoch.exit(page.slot);
        }

        @Actor
        public void reclaimer(ZII_Result result) {
            page.reclaim();
            result.r2 = page.freed();
        }

        @Arbiter
        public void drain(ZII_Result result) {
            page.epoch.drain(); // as the housekeeper would: the drain of one actor may have stepped back before that of the other
            result.r3 = page.freed();
        }
    }
}
