package io.tideline.jcstress.control;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tideline.index.SumInBucket;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.J_Result;

/** The control of I7: addresses that are used again, as they would be if an evicted record left its address to a new one. */
@JCStressTest
@State
@Outcome(id = "101", expect = ACCEPTABLE_INTERESTING, desc = "The entry looked as it did long ago, and two additions were lost under the third.")
@Outcome(id = "121", expect = ACCEPTABLE, desc = "This time nothing happened.")
@Outcome(expect = FORBIDDEN, desc = "The sum is one that nobody wrote.")
public class I7AddressUsedTwice {
    final SumInBucket sum = new SumInBucket(100);
    final SumInBucket.Update slow = sum.update(1);

    @Actor
    public void publishLate() {
        slow.publish(2);
    }

    @Actor
    public void addTwice() {
        sum.update(10).publish(3);
        sum.update(10).publish(SumInBucket.FIRST);
    }

    @Arbiter
    public void sum(J_Result result) {
        result.r1 = sum.sum();
    }
}
