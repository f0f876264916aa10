package io.tideline.jcstress.control;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tideline.jcstress.Ring;
import io.tideline.memory.Words;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/** The control of L3: 64 bytes written in place without a lock and read without a second look. */
@JCStressTest
@State
@Outcome(id = "torn", expect = ACCEPTABLE_INTERESTING, desc = "The reader saw a part of the old value and a part of the new one.")
@Outcome(id = {"old", "new"}, expect = ACCEPTABLE, desc = "This time nothing happened.")
@Outcome(expect = FORBIDDEN, desc = "The reader saw something that nobody wrote.")
public class L3UnlatchedWrite {
    private static final int VALUE_BYTES = 64;
    private static final Ring<Long> MEMORY = Ring.ofMemory(VALUE_BYTES);

    final long value = MEMORY.next();

    public L3UnlatchedWrite() {
        fill(1);
    }

    private void fill(long word) {
        for (int at = 0; at < VALUE_BYTES; at += 8) {
            Words.set(value + at, word);
        }
    }

    @Actor
    public void writer() {
        fill(2);
    }

    @Actor
    public void reader(L_Result result) {
        long sum = 0;
        for (int at = 0; at < VALUE_BYTES; at += 8) {
            sum += Words.get(value + at);
        }
        result.r1 = sum == 8 ? "old" : sum == 16 ? "new" : sum > 8 && sum < 16 ? "torn" : "something else";
    }
}
