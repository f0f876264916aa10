package io.tideline.jcstress.control;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tideline.hlog.StampedRecord;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/** The control of L5: a change without latch and epoch, under a stamp that does not wait for who took the record for mutable. */
@JCStressTest
@State
@Outcome(id = {"damaged", "torn"}, expect = ACCEPTABLE_INTERESTING, desc = "The write came behind the checksum, or was cut in two by it.")
@Outcome(id = {"old", "new"}, expect = ACCEPTABLE, desc = "This time nothing happened.")
@Outcome(expect = FORBIDDEN, desc = "The record was not stamped.")
public class L5UnlatchedLastWrite {
    final StampedRecord record = StampedRecord.take();

    @Actor
    public void writer() {
        record.changeUnlatched();
    }

    @Actor
    public void flusher() {
        record.makeReadOnlyAndStampAtOnce();
    }

    @Arbiter
    public void judge(L_Result result) {
        result.r1 = record.verdict();
    }
}
