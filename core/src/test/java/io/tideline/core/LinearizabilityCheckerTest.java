package io.tideline.core;

import static io.tideline.core.HistoryEvent.UNKNOWN;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.tideline.core.HistoryEvent.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LinearizabilityCheckerTest {
    private static final RegisterSpec SPEC = new RegisterSpec(Long::sum);
    private final List<HistoryEvent> history = new ArrayList<>();

    private void event(Kind kind, long first, Status status, long result, long begin, long end) {
        history.add(new HistoryEvent(kind, first, 0, status, result, begin, end));
    }

    private void assertLinearizable() {
        assertNull(LinearizabilityChecker.violation(SPEC, history));
    }

    private void assertViolation() {
        assertNotNull(LinearizabilityChecker.violation(SPEC, history));
    }

    @Test
    void shouldAcceptNothingAndASequence() {
        assertLinearizable();
        event(Kind.PUT, 5, Status.CREATED, UNKNOWN, 1, 2);
        event(Kind.GET, 0, Status.FOUND, 5, 3, 4);
        event(Kind.UPDATE, 2, Status.COPIED, 7, 5, 6);
        event(Kind.DELETE, 0, Status.TOMBSTONED, UNKNOWN, 7, 8);
        event(Kind.GET, 0, Status.ABSENT, UNKNOWN, 9, 10);
        event(Kind.PUT_IF_ABSENT, 9, Status.CREATED, UNKNOWN, 11, 12);
        history.add(new HistoryEvent(Kind.COMPARE_AND_SET, 9, 10, Status.UPDATED_IN_PLACE, UNKNOWN, 13, 14));
        event(Kind.CONTAINS, 0, Status.FOUND, UNKNOWN, 15, 16);
        assertLinearizable();
    }

    @Test
    void shouldLetOverlappingEventsHappenInEitherOrder() {
        event(Kind.PUT, 1, Status.CREATED, UNKNOWN, 1, 10);
        event(Kind.PUT, 2, Status.UPDATED_IN_PLACE, UNKNOWN, 2, 9);
        event(Kind.GET, 0, Status.ABSENT, UNKNOWN, 3, 4);
        event(Kind.GET, 0, Status.FOUND, 1, 5, 6);
        event(Kind.GET, 0, Status.FOUND, 2, 7, 8);
        assertLinearizable();
        event(Kind.GET, 0, Status.FOUND, 1, 11, 12);
        assertViolation();
    }

    @Test
    void shouldFindALostUpdate() {
        event(Kind.PUT, 0, Status.CREATED, UNKNOWN, 1, 2);
        event(Kind.UPDATE, 1, Status.UPDATED_IN_PLACE, UNKNOWN, 3, 6);
        event(Kind.UPDATE, 1, Status.UPDATED_IN_PLACE, UNKNOWN, 4, 7);
        event(Kind.GET, 0, Status.FOUND, 1, 8, 9);
        assertViolation();
    }

    @Test
    void shouldFindALostDelete() {
        event(Kind.PUT, 3, Status.CREATED, UNKNOWN, 1, 2);
        event(Kind.UPDATE, 1, Status.COPIED, 4, 3, 6);
        event(Kind.DELETE, 0, Status.TOMBSTONED, UNKNOWN, 4, 8);
        event(Kind.GET, 0, Status.FOUND, 4, 9, 10);
        assertViolation();
    }

    @Test
    void shouldFindAStaleRead() {
        event(Kind.PUT, 1, Status.CREATED, UNKNOWN, 1, 2);
        event(Kind.PUT, 2, Status.UPDATED_IN_PLACE, UNKNOWN, 3, 4);
        event(Kind.GET, 0, Status.FOUND, 1, 5, 6);
        assertViolation();
    }

    @Test
    void shouldFindTwoCreatorsOfOneKey() {
        event(Kind.PUT_IF_ABSENT, 1, Status.CREATED, UNKNOWN, 1, 5);
        event(Kind.PUT_IF_ABSENT, 2, Status.CREATED, UNKNOWN, 2, 6);
        assertViolation();
    }

    @Test
    void shouldFindTwoWinnersOfOneExpectedValue() {
        event(Kind.PUT, 1, Status.CREATED, UNKNOWN, 1, 2);
        history.add(new HistoryEvent(Kind.COMPARE_AND_SET, 1, 2, Status.UPDATED_IN_PLACE, UNKNOWN, 3, 9));
        history.add(new HistoryEvent(Kind.COMPARE_AND_SET, 1, 3, Status.COPIED, UNKNOWN, 4, 8));
        assertViolation();
    }

    @Test
    void shouldFindAValueThatNobodyWrote() {
        event(Kind.PUT, 1, Status.CREATED, UNKNOWN, 1, 2);
        event(Kind.GET, 0, Status.FOUND, 77, 3, 4);
        assertViolation();
    }

    @Test
    void shouldTellAMissFromAPresentKey() {
        event(Kind.PUT, 1, Status.CREATED, UNKNOWN, 1, 2);
        event(Kind.CONTAINS, 0, Status.ABSENT, UNKNOWN, 3, 4);
        assertViolation();
    }

    /** Operations that take effect at a known moment within their times are linearizable, however they overlap. */
    @Test
    void shouldAcceptEveryHistoryThatHasAnOrder() {
        for (long seed = 1; seed <= 400; seed++) {
            history.clear();
            SplittableRandom random = new SplittableRandom(seed);
            RegisterSpec.State state = RegisterSpec.State.ABSENT;
            for (long moment = 0; moment < 1200; moment += 10) {
                long begin = moment - random.nextInt(30);
                long end = moment + random.nextInt(30);
                HistoryEvent event = possible(random, state, begin, end);
                state = SPEC.apply(state, event);
                history.add(event);
            }
            assertNull(LinearizabilityChecker.violation(SPEC, history), "seed " + seed);
        }
    }

    private static HistoryEvent possible(SplittableRandom random, RegisterSpec.State state, long begin, long end) {
        for (;;) {
            HistoryEvent event = new HistoryEvent(Kind.values()[random.nextInt(Kind.values().length)], random.nextInt(4), random.nextInt(4),
                Status.values()[random.nextInt(Status.values().length)], random.nextBoolean() ? UNKNOWN : state.value(), begin, end);
            if (SPEC.apply(state, event) != null) {
                return event;
            }
        }
    }
}
