package io.tideline.epoch;

import io.tideline.jcstress.Ring;
import io.tideline.memory.Region;
import io.tideline.memory.Words;

/**
 * An epoch with one reader's slot, and a page below a frontier: what a reader may look at as long as the frontier has not passed it, and a
 * reclaimer frees when the epoch lets it.
 */
public final class GuardedPage {
    private static final Ring<GuardedPage> PAGES = new Ring<>(GuardedPage::new);
    private static final int FIRST_COLD_LINE = 512;
    private static final int COLD_LINE_STEP = 256;
    private static final long IN_USE = 42;
    private static final long FREED = -1;

    public final Epoch epoch = SmallEpoch.make();
    public final long slot = epoch.claim("reader");
    private final Region region = Region.allocate(4096, false);
    private final long frontier = region.address();
    private final long page = frontier + 128;
    private int freed;
    /** Written so that the JIT keeps the loads. */
    private long lastSeen;

    private GuardedPage() {
    }

    /** A page in use, with nobody inside the epoch. */
    public static GuardedPage take() {
        GuardedPage next = PAGES.next();
        Words.setVolatile(next.frontier, 0);
        Words.setVolatile(next.page, IN_USE);
        next.freed = 0;
        return next;
    }

    /**
     * Leaves things as a session does that was inside a moment ago: its slot and the frontier are in its cache, so they are read at once; stores
     * of its last operation are still on their way to lines that are not, so a plain store behind them becomes visible late.
     */
    public void comeFromAnOperation() {
        lastSeen = Words.getVolatile(slot) + Words.getVolatile(frontier) + epoch.current();
        for (long line = frontier + FIRST_COLD_LINE; line < frontier + region.sizeBytes(); line += COLD_LINE_STEP) {
            Words.set(line, 1);
        }
    }

    /** Whether the page is still to be had, as an operation looks: the frontier, by an acquire. */
    public boolean isReachable() {
        return Words.getAcquire(frontier) == 0;
    }

    /** Whether the page's bytes are what they were. */
    public boolean isInUse() {
        return Words.get(page) == IN_USE;
    }

    /** Takes the page away as a frontier is moved: stores that it is gone, bumps, scans, and frees it if nobody can be inside. */
    public void reclaim() {
        Words.raise(frontier, 1);
        retire();
        epoch.drain();
    }

    /** Bumps, and lets the page be freed when nobody can be inside any more. */
    public void retire() {
        if (!epoch.bump(this::free)) {
            throw new AssertionError("the list of actions is full");
        }
    }

    private void free() {
        Words.set(page, FREED);
        freed++;
    }

    /** How often the page was freed. */
    public int freed() {
        return freed;
    }
}
