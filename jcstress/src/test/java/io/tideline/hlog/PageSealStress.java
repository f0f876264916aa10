package io.tideline.hlog;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLL_Result;
import org.openjdk.jcstress.infra.results.ZLL_Result;

/**
 * The stamp of a record against the last ones who are at it. The flusher stamps behind safeReadOnly, where everybody who took the record for
 * mutable has left: so what is stamped never changes again, and its checksum is that of the last change. The control shows what happens
 * else.
 */
public final class PageSealStress {
    private PageSealStress() {
    }

    /** The last writer, who is in time or is refused. */
    @JCStressTest
    @State
    @Outcome(id = "changed, new, new", expect = ACCEPTABLE, desc = "The writer was in time, and its value is what was stamped.")
    @Outcome(id = "refused, old, old", expect = ACCEPTABLE, desc = "The record was read-only before the writer came.")
    @Outcome(id = ".*damaged.*", expect = FORBIDDEN, desc = "An immutable record whose checksum is not that of its bytes.")
    @Outcome(id = "changed, old, .*", expect = FORBIDDEN, desc = "The last write was lost, or came behind the stamp.")
    @Outcome(id = "stamped under the writer, .*", expect = FORBIDDEN, desc = "The record was stamped while somebody inside took it for mutable.")
    @Outcome(expect = FORBIDDEN, desc = "The record is torn, not stamped at all, or has a value that was refused.")
    public static class L5StampAgainstTheLastWriter {
        final StampedRecord record = StampedRecord.take();

        @Actor
        public void writer(LLL_Result result) {
            result.r1 = record.change();
        }

        @Actor
        public void flusher(LLL_Result result) {
            record.makeReadOnlyAndStamp();
            result.r2 = record.verdict();
        }

        @Arbiter
        public void judge(LLL_Result result) {
            result.r3 = record.verdict();
        }
    }

    /** One who seals the record for a copy, because it read an older safeReadOnly, and takes the seal back. */
    @JCStressTest
    @State
    @Outcome(id = "(true|false), old, old", expect = ACCEPTABLE, desc = "The stamp stays, whatever the other one did.")
    @Outcome(id = ".*not immutable.*", expect = FORBIDDEN, desc = "The stamp was taken back with the seal: the record could change on its way to the device.")
    @Outcome(expect = FORBIDDEN, desc = "An immutable record whose checksum is not that of its bytes.")
    public static class L5StampAgainstSealAndUnseal {
        final StampedRecord record = StampedRecord.take();

        @Actor
        public void copier(ZLL_Result result) {
            result.r1 = record.sealAndUnseal();
        }

        @Actor
        public void flusher(ZLL_Result result) {
            record.makeReadOnlyAndStamp();
            result.r2 = record.verdict();
        }

        @Arbiter
        public void judge(ZLL_Result result) {
            result.r3 = record.verdict();
        }
    }
}
