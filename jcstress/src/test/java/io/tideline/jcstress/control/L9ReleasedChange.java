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
import org.openjdk.jcstress.infra.results.JJ_Result;

/** The control of L9: a lock by compare-and-set, the value, and a release store that frees it, as a change in place is without the fence behind it. */
@JCStressTest
@State
@Outcome(id = "0, 0", expect = ACCEPTABLE_INTERESTING, desc = "Both reads missed the change of the other.")
@Outcome(id = {"1, 1", "0, 1", "1, 0"}, expect = ACCEPTABLE, desc = "This time nothing happened.")
@Outcome(expect = FORBIDDEN, desc = "A reader saw something that nobody wrote.")
public class L9ReleasedChange {
    private static final int RECORD_BYTES = 64;
    private static final Ring<Long> MEMORY = Ring.ofMemory(2 * RECORD_BYTES);

    final long first = MEMORY.next();
    final long second = first + RECORD_BYTES;

    public L9ReleasedChange() {
        for (int at = 0; at < 2 * RECORD_BYTES; at += 8) {
            Words.set(first + at, 0);
        }
    }

    private static long changeThenRead(long mine, long other) {
        Words.compareAndSet(mine, 0, 1);
        Words.storeStoreFence();
        Words.setRelease(mine + 8, 1);
        Words.setRelease(mine, 2);
        return Words.getAcquire(other + 8);
    }

    @Actor
    public void first(JJ_Result result) {
        result.r1 = changeThenRead(first, second);
    }

    @Actor
    public void second(JJ_Result result) {
        result.r2 = changeThenRead(second, first);
    }
}
