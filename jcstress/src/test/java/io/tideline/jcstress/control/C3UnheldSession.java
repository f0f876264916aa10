package io.tideline.jcstress.control;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tideline.core.MovedSession;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JZ_Result;

/** The control of C3: the driver reads how far a session is while somebody may be inside. */
@JCStressTest
@State
@Outcome(id = "1, false", expect = ACCEPTABLE_INTERESTING, desc = "An operation was counted that had not taken effect.")
@Outcome(id = {"0, false", "0, true", "1, true"}, expect = ACCEPTABLE, desc = "This time nothing happened.")
@Outcome(expect = FORBIDDEN, desc = "The session is further than it ever was.")
public class C3UnheldSession {
    final MovedSession session = MovedSession.take();

    @Actor
    public void operation() {
        session.operate();
    }

    @Actor
    public void driver(JZ_Result result) {
        result.r1 = session.serialOfWhoeverIsInside();
        result.r2 = session.effects() > 0;
    }
}
