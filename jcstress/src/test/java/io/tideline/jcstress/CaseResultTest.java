package io.tideline.jcstress;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;
import static org.openjdk.jcstress.annotations.Expect.UNKNOWN;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.openjdk.jcstress.annotations.Expect;

class CaseResultTest {
    private static final String CASE = "io.tideline.epoch.EpochStress.E1";
    private static final String CONTROL = "io.tideline.jcstress.control.E1";

    private static CaseResult seen(String name, Object... expectsAndCounts) {
        List<CaseResult.Outcome> outcomes = new ArrayList<>();
        for (int i = 0; i < expectsAndCounts.length; i += 2) {
            outcomes.add(new CaseResult.Outcome("outcome " + i, (Expect) expectsAndCounts[i], (int) expectsAndCounts[i + 1], "it means this"));
        }
        return new CaseResult(name, outcomes, List.of());
    }

    @Test
    void shouldPassACaseThatShowedOnlyWhatIsAllowed() {
        assertTrue(seen(CASE, ACCEPTABLE, 10, FORBIDDEN, 0).isAsItShouldBe());
    }

    @Test
    void shouldFailACaseOnASingleForbiddenOutcome() {
        CaseResult failed = seen(CASE, ACCEPTABLE, 1_000_000, FORBIDDEN, 1);
        assertFalse(failed.isAsItShouldBe());
        assertTrue(failed.report().contains("FORBIDDEN outcome seen 1 times"), failed.report());
        assertTrue(failed.report().contains("it means this"), failed.report());
    }

    @Test
    void shouldFailACaseOnAnOutcomeThatItDoesNotName() {
        assertFalse(seen(CASE, ACCEPTABLE, 10, UNKNOWN, 1).isAsItShouldBe());
    }

    @Test
    void shouldFailACaseThatShowedNothing() {
        assertFalse(seen(CASE, ACCEPTABLE, 0, FORBIDDEN, 0).isAsItShouldBe());
        assertFalse(CaseResult.of(CASE, null).isAsItShouldBe());
    }

    @Test
    void shouldFailACaseWhoseJvmDied() {
        assertFalse(seen(CASE, ACCEPTABLE, 10).and(new CaseResult(CASE, List.of(), List.of("it ended with VM_ERROR"))).isAsItShouldBe());
    }

    @Test
    void shouldAskOfAControlThatItWasSeenToFail() {
        CaseResult silent = seen(CONTROL, ACCEPTABLE, 1_000_000, ACCEPTABLE_INTERESTING, 0);
        assertFalse(silent.isAsItShouldBe());
        assertTrue(silent.isControlNotSeenToFail());
        assertTrue(silent.line().contains("INCONCLUSIVE"), silent.line());

        CaseResult again = silent.and(seen(CONTROL, ACCEPTABLE, 10, ACCEPTABLE_INTERESTING, 1));
        assertTrue(again.isAsItShouldBe());
        assertFalse(again.isControlNotSeenToFail());
    }

    @Test
    void shouldNotLetACaseThatIsNoControlBeInteresting() {
        assertFalse(seen(CASE, ACCEPTABLE, 10, ACCEPTABLE_INTERESTING, 1).isAsItShouldBe());
    }

    @Test
    void shouldNotExcuseAControlThatFailsInAnotherWay() {
        assertFalse(seen(CONTROL, ACCEPTABLE_INTERESTING, 10, FORBIDDEN, 1).isAsItShouldBe());
    }
}
