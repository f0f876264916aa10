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

/** The control of L4: a sum changed in place by one, while another copies it to a new place and publishes that, without a seal. */
@JCStressTest
@State
@Outcome(id = "10", expect = ACCEPTABLE_INTERESTING, desc = "The addition in place was lost with the old place.")
@Outcome(id = "11", expect = ACCEPTABLE, desc = "This time nothing happened.")
@Outcome(expect = FORBIDDEN, desc = "The sum is one that nobody wrote.")
public class L4UnsealedCopy {
    private static final int ENTRY = 0;
    private static final int OLD_PLACE = 8;
    private static final int NEW_PLACE = 16;
    private static final Ring<Long> MEMORY = Ring.ofMemory(24);

    final long memory = MEMORY.next();

    public L4UnsealedCopy() {
        Words.set(memory + OLD_PLACE, 0);
        Words.setRelease(memory + ENTRY, memory + OLD_PLACE);
    }

    @Actor
    public void addInPlace() {
        long place = Words.getAcquire(memory + ENTRY);
        Words.getAndAdd(place, 1);
    }

    @Actor
    public void addToCopy() {
        long place = Words.getAcquire(memory + ENTRY);
        Words.set(memory + NEW_PLACE, Words.getAcquire(place) + 10);
        Words.compareAndSet(memory + ENTRY, place, memory + NEW_PLACE);
    }

    @Arbiter
    public void sum(J_Result result) {
        result.r1 = Words.get(Words.get(memory + ENTRY));
    }
}
