package io.tideline.hlog;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tideline.epoch.Epoch;
import io.tideline.jcstress.Ring;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/**
 * Two appends where a page ends. The page is turned by exactly one of them; every byte between the old tail and the new one is framed
 * exactly once, as a place that was handed out or as filler, so that a scan can step over all of it; nobody writes into another's place.
 */
public final class TailAllocatorStress {
    private static final int PAGE_BITS = 12;
    private static final long PAGE_BYTES = 1L << PAGE_BITS;
    private static final long RECORD_BYTES = 48;

    private TailAllocatorStress() {
    }

    /** A log whose tail stands a little before the end of a page. */
    private static final class PageEnd {
        private static final Epoch EPOCH = new Epoch(Waits.SYSTEM);
        private static final Ring<PageEnd> LOGS = new Ring<>(PageEnd::new);

        private final HybridLog log = new HybridLog(EPOCH, PAGE_BITS, HybridLog.MIN_PAGES, MutabilityPolicy.ofFraction(1), false);
        private long from;

        static PageEnd take(long roomBytes) {
            EPOCH.drain();
            PageEnd end = LOGS.next();
            end.log.clear();
            end.log.reserve(PAGE_BYTES - roomBytes);
            end.from = end.log.tail();
            return end;
        }

        /** Reserves a place and fills it, as a record is written behind the header. */
        long append(long stamp) {
            long address = log.reserve(RECORD_BYTES);
            for (long at = RecordLayout.HEADER_BYTES; at < RECORD_BYTES; at += 8) {
                Words.set(log.physical(address) + at, stamp);
            }
            return address;
        }

        /** What is wrong with the places of two appends, or "whole". */
        String judge(long one, long other, long oneStamp, long otherStamp) {
            if (one == HybridLog.FULL || other == HybridLog.FULL) {
                return "full";
            }
            if (!isStamped(one, oneStamp) || !isStamped(other, otherStamp)) {
                return "overlap";
            }
            int seen = 0;
            long address = from;
            long tail = log.tail();
            while (address < tail) {
                long record = log.physical(address);
                long link = Words.getAcquire(record + RecordLayout.LINK_OFFSET);
                if ((link & RecordLayout.FILLER) == 0) {
                    return "gap";
                }
                seen += address == one || address == other ? 1 : 0;
                address += RecordLayout.sizeBytes(record, link, Words.get(record + RecordLayout.STATE_OFFSET));
            }
            if (seen != 2 || address != tail) {
                return "overlap";
            }
            return tail >>> PAGE_BITS == (from - 1 >>> PAGE_BITS) + 1 ? "whole" : "turned twice";
        }

        private boolean isStamped(long address, long stamp) {
            for (long at = RecordLayout.HEADER_BYTES; at < RECORD_BYTES; at += 8) {
                if (Words.get(log.physical(address) + at) != stamp) {
                    return false;
                }
            }
            return true;
        }
    }

    /** One of the two still fits the page; the other leaves the rest as filler and turns. */
    @JCStressTest
    @State
    @Outcome(id = "whole", expect = ACCEPTABLE, desc = "Both have their place, and every byte is framed once.")
    @Outcome(id = "overlap", expect = FORBIDDEN, desc = "Two places share bytes: one record would overwrite the other.")
    @Outcome(id = "gap", expect = FORBIDDEN, desc = "Bytes below the tail are framed by nobody: a scan would get lost there.")
    @Outcome(id = "turned twice", expect = FORBIDDEN, desc = "Both turned the page, and one page was left out.")
    @Outcome(id = "full", expect = FORBIDDEN, desc = "An append was refused though there are free pages.")
    public static class L1OneFits {
        final PageEnd end = PageEnd.take(RECORD_BYTES + RecordLayout.GRANULE_BYTES);
        private long one;
        private long other;

        @Actor
        public void one() {
            one = end.append(1);
        }

        @Actor
        public void other() {
            other = end.append(2);
        }

        @Arbiter
        public void judge(L_Result result) {
            result.r1 = end.judge(one, other, 1, 2);
        }
    }

    /** Neither fits; whichever adds first leaves the rest as filler, and one of the two turns. */
    @JCStressTest
    @State
    @Outcome(id = "whole", expect = ACCEPTABLE, desc = "Both have their place, and every byte is framed once.")
    @Outcome(id = "overlap", expect = FORBIDDEN, desc = "Two places share bytes: one record would overwrite the other.")
    @Outcome(id = "gap", expect = FORBIDDEN, desc = "Bytes below the tail are framed by nobody: a scan would get lost there.")
    @Outcome(id = "turned twice", expect = FORBIDDEN, desc = "Both turned the page, and one page was left out.")
    @Outcome(id = "full", expect = FORBIDDEN, desc = "An append was refused though there are free pages.")
    public static class L1NeitherFits {
        final PageEnd end = PageEnd.take(2 * RecordLayout.GRANULE_BYTES);
        private long one;
        private long other;

        @Actor
        public void one() {
            one = end.append(1);
        }

        @Actor
        public void other() {
            other = end.append(2);
        }

        @Arbiter
        public void judge(L_Result result) {
            result.r1 = end.judge(one, other, 1, 2);
        }
    }
}
