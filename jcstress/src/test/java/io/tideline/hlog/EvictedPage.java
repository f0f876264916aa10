package io.tideline.hlog;

import io.tideline.epoch.Epoch;
import io.tideline.memory.Waits;
import io.tideline.epoch.SmallEpoch;
import io.tideline.jcstress.Ring;
import io.tideline.memory.Words;

/** A page whose every word is its number, on its way out of the memory: an evictor, driven by the case in place of its thread, makes room. */
public final class EvictedPage {
    private static final Ring<EvictedPage> PAGES = new Ring<>(EvictedPage::new);
    private static final int PAGE_BITS = HybridLog.MIN_PAGE_BITS;
    private static final long PAGE_BYTES = 1L << PAGE_BITS;
    private static final int FRAMES = 2;
    private static final int MAX_LOOKS = 16;

    private final Epoch epoch = SmallEpoch.make();
    private final long slot = epoch.claim("reader");
    private final Frontiers frontiers = new Frontiers(PAGE_BYTES, PAGE_BYTES);
    private final PageRing ring = new PageRing(PAGE_BITS, FRAMES, false);
    private final Evictor evictor = new Evictor(epoch, frontiers, ring, this::tail, PAGE_BITS, FRAMES, 1, Waits.SYSTEM, () -> { });
    private long page;

    private EvictedPage() {
    }

    /** A page in memory, on the device as well; the tail is on the next one. */
    public static EvictedPage take() {
        EvictedPage next = PAGES.next();
        next.page++;
        next.fill(next.page);
        if (!next.lookOnce().equals("whole")) {
            throw new AssertionError("the frame of page " + next.page + " has another one");
        }
        next.frontiers.raiseFlushed(next.tail());
        return next;
    }

    private long tail() {
        return page + 1 << PAGE_BITS;
    }

    /** Writes a page into its frame, if the frame is empty or the page's. */
    private void fill(long number) {
        if (ring.open(number)) {
            long memory = ring.physical(number << PAGE_BITS);
            for (int at = 0; at < PAGE_BYTES; at += 8) {
                Words.set(memory + at, number);
            }
        }
    }

    public void enter() {
        if (!epoch.tryEnter(slot)) {
            throw new AssertionError("the slot is idle and lets nobody in");
        }
    }

    public void exit() {
        epoch.exit(slot);
    }

    /** Whether the page is in memory, as an operation looks. */
    public boolean isInMemory() {
        return page << PAGE_BITS >= frontiers.head();
    }

    /** What the page's bytes look like to who has reached them, and goes through them more or less often. */
    public String look() {
        String seen = "whole";
        for (long look = page % MAX_LOOKS; look >= 0 && seen.equals("whole"); look--) {
            seen = lookOnce();
        }
        return seen;
    }

    private String lookOnce() {
        long memory = ring.physical(page << PAGE_BITS);
        for (int at = 0; at < PAGE_BYTES; at += 8) {
            long word = Words.getAcquire(memory + at); // so that the second look is a new one
            if (word != page) {
                return word == 0 ? "emptied" : "another page";
            }
        }
        return "whole";
    }

    /** Raises the head over the page, empties its frame once nobody can see it, and opens the frame for the page that is next to have it. */
    public void evict() {
        for (int i = 0; i < 3; i++) {
            evictor.step();
            epoch.drain();
        }
        fill(page + FRAMES);
    }

    /** Whether the page has left its frame to the next one. */
    public boolean isEvicted() {
        return frontiers.safeHead() == tail() && ring.open(page + FRAMES);
    }
}
