package io.tideline.jcstress.control;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tideline.jcstress.Ring;
import io.tideline.memory.Words;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.J_Result;

/** The control of S1: a queue of ended operations whose producers look where its end is and write there, without claiming the place. */
@JCStressTest
@State
@Outcome(id = {"1", "2"}, expect = ACCEPTABLE_INTERESTING, desc = "Both took one place: an operation is lost.")
@Outcome(id = "3", expect = ACCEPTABLE, desc = "This time nothing happened.")
@Outcome(expect = FORBIDDEN, desc = "The queue holds something that nobody wrote.")
public class S1UnclaimedPlace {
    private static final int PLACES = 8;
    private static final int MEMORY_STEP = 128;
    private static final int MAX_TURNS = 61;
    private static final Ring<Long> MEMORY = Ring.ofMemory(PLACES + 2 * 8);

    final long end = MEMORY.next();

    public S1UnclaimedPlace() {
        Words.set(end + PLACES, 0);
        Words.set(end + PLACES + 8, 0);
        Words.setVolatile(end, 0);
    }

    private void offer(long operation) {
        long place = Words.getAcquire(end);
        for (long turn = end / MEMORY_STEP % MAX_TURNS; turn > 0; turn--) { // a different time for each state
            Thread.onSpinWait();
        }
        Words.setRelease(end + PLACES + place * 8, operation);
        Words.setRelease(end, place + 1);
    }

    @Actor
    public void one() {
        offer(1);
    }

    @Actor
    public void other() {
        offer(2);
    }

    @Arbiter
    public void sum(J_Result result) {
        result.r1 = Words.get(end + PLACES) + Words.get(end + PLACES + 8);
    }
}
