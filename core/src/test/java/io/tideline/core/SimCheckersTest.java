package io.tideline.core;

import static io.tideline.core.HistoryEvent.UNKNOWN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.checkpoint.CheckpointKind;
import io.tideline.checkpoint.Durability;
import io.tideline.checkpoint.LogStyle;
import io.tideline.core.HistoryEvent.Kind;
import io.tideline.core.SimHistory.Death;
import io.tideline.core.SimHistory.Promise;
import io.tideline.core.SimKey.Use;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The checkers of a {@link SimHistory} refuse histories that were made wrong by hand, each for its reason, and accept right ones. */
class SimCheckersTest {
    private static final long[] NO_COOKIES = {CookieChecker.NONE, CookieChecker.NONE};
    private static final SimKey OWN = new SimKey(Use.OWN, false, 0, 3);
    private static final SimKey GROWING = new SimKey(Use.OWN, true, 1, 4);
    private static final SimKey COUNT = new SimKey(Use.COUNT, true, 0, 1);
    private static final SimKey PLAIN = new SimKey(Use.PLAIN, false, 0, 2);

    private long time;
    private SimHistory history = new SimHistory(2, () -> ++time);
    private final Map<SimKey, Long> contents = new HashMap<>();

    // --- making histories ---

    private SimEvent begin(int session, SimKey key, Kind kind, long first, long second) {
        return history.begin(session, history.begun(session) + 1, key, kind, first, second);
    }

    private SimEvent done(int session, SimKey key, Kind kind, long first, long second, Status status, long result) {
        SimEvent event = begin(session, key, kind, first, second);
        event.ended(status, result, ++time);
        return event;
    }

    /** What the session's next operation alone writes. */
    private long next(int session) {
        return SimKey.token(session, history.begun(session) + 1);
    }

    private long put(int session, Status status) {
        long token = next(session);
        done(session, PLAIN, Kind.PUT, token, 0, status, UNKNOWN);
        return token;
    }

    private void read(int session, SimKey key, long found) {
        done(session, key, Kind.GET, 0, 0, Status.FOUND, found);
    }

    private void add(SimKey key, long more, long result) {
        done(key.owner(), key, Kind.UPDATE, more, 0, null, result);
    }

    private void count(int session, long result) {
        done(session, COUNT, Kind.UPDATE, SimKey.one(session), 0, null, result);
    }

    private static long counts(int ofFirst, int ofSecond) {
        return ofFirst * SimKey.one(0) + ofSecond * SimKey.one(1);
    }

    // --- asking the checkers ---

    private List<String> prefix(long... points) {
        return PrefixChecker.violations(history, points, contents);
    }

    private List<String> causal(long... points) {
        return CausalChecker.violations(history, points);
    }

    private List<String> alive() {
        return LifeChecker.violationsWhileAlive(history);
    }

    private List<String> throughDeath(long... points) {
        return LifeChecker.violationsThroughDeath(history, points, contents);
    }

    private List<String> points(long... points) {
        return PointChecker.violations(history, points, Optional.of(commit(9, points)));
    }

    private static CommitPoint commit(long number, long... points) {
        return new CommitPoint(number, number, CheckpointKind.LOG_ONLY, LogStyle.FOLD_OVER, Durability.DISK, Map.of("s0", points[0], "s1", points[1]), new byte[0],
            Map.of(), 0);
    }

    private static void assertAccepted(List<String> violations) {
        assertEquals(List.of(), violations);
    }

    private static void assertRefused(List<String> violations, String... parts) {
        assertEquals(1, violations.size(), () -> "one violation was planted: " + violations);
        for (String part : parts) {
            assertTrue(violations.getFirst().contains(part), () -> "'" + part + "' is not in: " + violations.getFirst());
        }
    }

    // --- the prefix ---

    private void threeAdditions() {
        add(OWN, 5, 5);
        add(OWN, 7, 12);
        add(OWN, 11, 23);
        add(OWN, 13, 36);
    }

    @Test
    void shouldAcceptAPrefixWhereverItEnds() {
        threeAdditions();
        assertAccepted(prefix(0, 0));
        contents.put(OWN, 12L);
        assertAccepted(prefix(2, 0));
        contents.put(OWN, 36L);
        assertAccepted(prefix(4, 0));
    }

    @Test
    void shouldRefuseALostTail() {
        threeAdditions();
        contents.put(OWN, 12L);
        assertRefused(prefix(4, 0), "own key 3 of s0 holds the value 12", "leave the value 36", "up to (s0, 2)", "those behind are lost");
    }

    @Test
    void shouldRefuseAHole() {
        threeAdditions();
        contents.put(OWN, 36L - 7);
        assertRefused(prefix(4, 0), "(s0, 2)", "a hole in the prefix");
    }

    @Test
    void shouldRefuseAnUpdateThatHappenedTwice() {
        threeAdditions();
        contents.put(OWN, 23L + 7);
        assertRefused(prefix(3, 0), "as if (s0, 2)", "had happened twice");
    }

    @Test
    void shouldRefuseWhatIsBehindThePoint() {
        threeAdditions();
        contents.put(OWN, 23L);
        assertRefused(prefix(2, 0), "up to its point 2 leave the value 12", "(s0, 3)", "which is behind the point");
    }

    @Test
    void shouldRefuseADeletedKeyThatComesBack() {
        done(1, GROWING, Kind.PUT, 77, 0, Status.CREATED, UNKNOWN);
        done(1, GROWING, Kind.UPDATE, 3, 0, Status.COPIED, TokenValue.update(77, 3));
        done(1, GROWING, Kind.DELETE, 0, 0, Status.TOMBSTONED, UNKNOWN);
        assertAccepted(prefix(0, 3));
        contents.put(GROWING, TokenValue.update(77, 3));
        assertAccepted(prefix(0, 2));
        assertRefused(prefix(0, 3), "own key 4 of s1 (bytes)", "leave nothing", "(s1, 2)");
    }

    @Test
    void shouldRefuseCountsThatAreNotThoseOfThePrefix() {
        count(0, counts(1, 0));
        count(1, counts(1, 1));
        count(0, counts(2, 1));
        contents.put(COUNT, counts(2, 1));
        assertAccepted(prefix(2, 1));
        assertRefused(prefix(1, 1), "counts 2 operations of s0", "point 1 are 1", "(s0, 2)", "behind the point");
        assertRefused(prefix(2, 0), "counts 1 operations of s1", "(s1, 1)", "behind the point");
        contents.put(COUNT, counts(1, 1));
        assertRefused(prefix(2, 1), "counts 1 operations of s0", "are 2", "lost are 1");
        contents.put(COUNT, counts(2, 2));
        assertRefused(prefix(2, 1), "counts 2 operations of s1", "one was done twice, because none is behind the point");
        contents.remove(COUNT);
        assertEquals(2, prefix(2, 1).size());
    }

    @Test
    void shouldRefuseAValueThatNobodyWithinThePointsWrote() {
        contents.put(PLAIN, put(0, Status.CREATED));
        assertAccepted(prefix(1, 0));
        assertRefused(prefix(0, 0), "shared key 2 holds the value of (s0, 1)", "behind the point 0");
        contents.put(PLAIN, SimKey.token(1, 5));
        assertRefused(prefix(1, 0), "nobody wrote");
        SimEvent refused = begin(1, PLAIN, Kind.PUT, SimKey.token(1, 1), 0);
        refused.refused(SimEvent.Fate.REFUSED, ++time);
        contents.put(PLAIN, SimKey.token(1, 1));
        assertRefused(prefix(1, 1), "which was refused");
    }

    @Test
    void shouldTakeARefusedOperationForNone() {
        add(OWN, 5, 5);
        begin(0, OWN, Kind.UPDATE, 7, 0).refused(SimEvent.Fate.REFUSED, ++time);
        add(OWN, 11, 16);
        contents.put(OWN, 16L);
        assertAccepted(prefix(3, 0));
        assertAccepted(alive());
        assertAccepted(throughDeath(3, 0));
        contents.put(OWN, 23L);
        assertEquals(1, prefix(3, 0).size());
    }

    // --- the causal cut ---

    @Test
    void shouldRefuseAReadFromBehindTheCut() {
        long written = put(0, Status.CREATED);
        read(1, PLAIN, written);
        assertAccepted(causal(1, 1));
        assertAccepted(causal(0, 0));
        assertAccepted(causal(1, 0));
        assertRefused(causal(0, 1), "(s1, 1) on shared key 2", "within the point 1", "the value of (s0, 1)", "behind the point 0");
    }

    @Test
    void shouldRefuseAReplacementOfWhatIsBehindTheCut() {
        long written = put(0, Status.CREATED);
        done(1, PLAIN, Kind.COMPARE_AND_SET, written, next(1), Status.UPDATED_IN_PLACE, UNKNOWN);
        assertRefused(causal(0, 1), "COMPARE_AND_SET", "the value of (s0, 1)");
        done(0, PLAIN, Kind.DELETE, 0, 0, Status.TOMBSTONED, SimKey.token(1, 1));
        assertAccepted(causal(2, 1));
        assertRefused(causal(2, 0), "(s0, 2)", "DELETE", "the value of (s1, 1)");
        done(1, PLAIN, Kind.COMPARE_AND_SET, SimKey.token(0, 7), next(1), Status.MISMATCH, UNKNOWN);
        assertAccepted(causal(2, 2));
    }

    @Test
    void shouldRefuseAnUpdateThatSawMoreThanIsWithinTheCut() {
        count(0, counts(1, 0));
        count(0, counts(2, 0));
        count(1, counts(2, 1));
        assertAccepted(causal(2, 1));
        assertAccepted(causal(1, 0));
        assertRefused(causal(1, 1), "(s1, 1)", "saw 2 operations of s0", "only 1 are within its point 1", "the next is (s0, 2)");
    }

    /** Decision 015: a pending read may have read behind the cut, unless an operation that began after it was told is in front. */
    @Test
    void shouldLetAPendingReadSeeBehindTheCutAsFarAsItsSessionCouldNotActOnIt() {
        SimEvent read = begin(1, PLAIN, Kind.GET, 0, 0);
        read.pends();
        long written = put(0, Status.CREATED);
        done(1, OWN_OF_SECOND, Kind.PUT, 1, 0, Status.CREATED, UNKNOWN);
        read.ended(Status.FOUND, written, ++time, 2);
        done(1, OWN_OF_SECOND, Kind.PUT, 2, 0, Status.UPDATED_IN_PLACE, UNKNOWN);
        assertAccepted(alive());
        contents.put(OWN_OF_SECOND, 1L);
        assertAccepted(causal(0, 2));
        assertAccepted(throughDeath(0, 2));
        assertRefused(causal(0, 3), "(s1, 1) pending", "within the point 3", "the value of (s0, 1)");
        contents.put(OWN_OF_SECOND, 2L);
        assertRefused(throughDeath(0, 3), "shared key 2");
    }

    private static final SimKey OWN_OF_SECOND = new SimKey(Use.OWN, false, 1, 0);

    @Test
    void shouldHoldWalksToTheSameRule() {
        long begin = ++time;
        long written = put(0, Status.CREATED);
        history.walked(1, 0, PLAIN, written, begin);
        assertAccepted(alive());
        assertAccepted(causal(0, 0));
        done(1, OWN_OF_SECOND, Kind.PUT, 1, 0, Status.CREATED, UNKNOWN);
        assertAccepted(causal(1, 1));
        assertRefused(causal(0, 1), "a walk of s1 behind its 0", "the value of (s0, 1)");
        history.walked(1, 1, PLAIN, SimKey.token(0, 9), time);
        assertEquals(1, alive().size());
    }

    // --- one order per key ---

    @Test
    void shouldAcceptOverlappingOperationsInAnyOrderAndThroughDeath() {
        SimEvent first = begin(0, PLAIN, Kind.PUT, next(0), 0);
        SimEvent second = begin(1, PLAIN, Kind.PUT, next(1), 0);
        first.ended(Status.UPDATED_IN_PLACE, UNKNOWN, ++time);
        second.ended(Status.CREATED, UNKNOWN, ++time);
        assertAccepted(alive());
        contents.put(PLAIN, first.first);
        assertAccepted(throughDeath(1, 1));
        contents.clear();
        assertAccepted(throughDeath(0, 0));
    }

    @Test
    void shouldRefuseAStaleRead() {
        long old = put(0, Status.CREATED);
        put(1, Status.UPDATED_IN_PLACE);
        read(0, PLAIN, old);
        assertRefused(alive(), "shared key 2, while the store lived", "no order explains", "=>", "(s0, 2) GET");
    }

    @Test
    void shouldRefuseALostUpdateOfTwoThatOverlapped() {
        SimEvent first = begin(0, COUNT, Kind.UPDATE, SimKey.one(0), 0);
        SimEvent second = begin(1, COUNT, Kind.UPDATE, SimKey.one(1), 0);
        first.ended(Status.CREATED, counts(1, 0), ++time);
        second.ended(Status.COPIED, counts(0, 1), ++time);
        assertRefused(alive(), "counting key 1", "no order explains these 2 events");
    }

    @Test
    void shouldRefuseAReadOfWhatIsWrittenLater() {
        read(1, PLAIN, SimKey.token(0, 1));
        put(0, Status.CREATED);
        assertRefused(alive(), "(s1, 1) GET");
    }

    @Test
    void shouldRefuseTheOlderOfTwoValuesThatAreBothWithinThePoints() {
        long old = put(0, Status.CREATED);
        long newer = put(1, Status.UPDATED_IN_PLACE);
        contents.put(PLAIN, old);
        assertAccepted(prefix(1, 1));
        assertAccepted(throughDeath(1, 0));
        assertRefused(throughDeath(1, 1), "with the operations within the points alone", "the recovered store GET");
        contents.put(PLAIN, newer);
        assertAccepted(throughDeath(1, 1));
        contents.clear();
        assertEquals(1, throughDeath(1, 1).size());
    }

    @Test
    void shouldRefuseAnEffectWithoutTheOneItStandsOn() {
        long written = put(0, Status.CREATED);
        done(1, PLAIN, Kind.COMPARE_AND_SET, written, next(1), Status.COPIED, UNKNOWN);
        contents.put(PLAIN, SimKey.token(1, 1));
        assertAccepted(throughDeath(1, 1));
        assertRefused(throughDeath(0, 1), "COMPARE_AND_SET");
    }

    @Test
    void shouldLetWhatTheDeathCutOffHappenOrNotAsThePointSays() {
        put(0, Status.CREATED);
        SimEvent cutOff = begin(1, PLAIN, Kind.PUT, next(1), 0);
        read(0, PLAIN, SimKey.token(0, 1));
        assertAccepted(alive());
        contents.put(PLAIN, SimKey.token(0, 1));
        assertAccepted(throughDeath(2, 0));
        assertRefused(throughDeath(2, 1), "(s1, 1) OPEN");
        contents.put(PLAIN, cutOff.first);
        assertAccepted(throughDeath(2, 1));
        assertAccepted(prefix(2, 1));
        assertRefused(prefix(2, 0), "the value of (s1, 1)", "behind the point 0");
        assertRefused(throughDeath(2, 0), "the recovered store GET");
    }

    // --- the points ---

    private void promise(int session, long serial, Durability durability, String source) {
        history.promised(new Promise(session, serial, durability, source));
    }

    @Test
    void shouldAcceptPointsAtAndBehindThePromises() {
        threeAdditions();
        promise(0, 2, Durability.DISK, "onDurable");
        promise(0, 3, Durability.PROCESS, "durableSerial()");
        history.committed(commit(3, 2, 0));
        history.committed(commit(4, 3, 0));
        history.died(Death.POWER_LOSS);
        assertAccepted(points(2, 0));
        assertAccepted(points(4, 0));
    }

    @Test
    void shouldRefuseThatWhatWasOnTheDiskIsLost() {
        threeAdditions();
        promise(0, 2, Durability.DISK, "checkpoint 4");
        promise(0, 3, Durability.PROCESS, "durableSerial()");
        history.died(Death.POWER_LOSS);
        promise(0, 4, Durability.DISK, "a voice from the dead");
        assertRefused(points(1, 0), "s0 came back with 1 operations behind a POWER_LOSS", "checkpoint 4 promised those up to 2 to survive at DISK");
    }

    @Test
    void shouldRefuseThatWhatSurvivesTheProcessIsLostWithIt() {
        threeAdditions();
        promise(0, 2, Durability.DISK, "checkpoint 4");
        promise(0, 3, Durability.PROCESS, "durableSerial()");
        history.died(Death.KILL);
        assertAccepted(points(3, 0));
        assertRefused(points(2, 0), "behind a KILL", "durableSerial() promised those up to 3");
    }

    @Test
    void shouldRefuseAPointThatGoesBack() {
        threeAdditions();
        history.committed(commit(4, 3, 0));
        history.committed(commit(5, 2, 0));
        history.died(Death.KILL);
        assertRefused(points(3, 0), "checkpoint 5 holds s0 up to 2", "checkpoint 4 held it up to 3", "the point went back");
    }

    @Test
    void shouldRefuseAPromiseThatGoesBack() {
        threeAdditions();
        promise(0, 3, Durability.DISK, "onDurable");
        promise(0, 2, Durability.DISK, "onDurable");
        history.died(Death.KILL);
        assertRefused(points(3, 0), "onDurable promised s0 its operations up to 3, and later up to 2");
    }

    @Test
    void shouldRefuseMoreThanWasBegun() {
        threeAdditions();
        history.died(Death.KILL);
        assertRefused(points(5, 0), "the recovery has s0 up to 5, and it began only 4");
        history = new SimHistory(2, () -> ++time);
        promise(1, 1, Durability.DISK, "onDurable");
        history.died(Death.CLOSE);
        assertEquals(2, points(0, 0).size());
    }

    @Test
    void shouldRefuseThatAClosedStoreForgets() {
        threeAdditions();
        history.died(Death.CLOSE);
        assertAccepted(points(4, 0));
        assertRefused(points(3, 0), "3 operations behind a close, and it began 4");
    }

    @Test
    void shouldRefuseThatAClosedStoreHoldsWhatItDropped() {
        threeAdditions();
        history.droppedByClose(0, 4);
        history.died(Death.CLOSE);
        assertRefused(points(4, 0), "a close dropped its updates [4]");
        history = new SimHistory(2, () -> ++time);
        threeAdditions();
        history.droppedByClose(0, 4);
        history.died(Death.KILL);
        assertAccepted(points(3, 0));
    }

    @Test
    void shouldRefuseARecoveryToOtherPointsThanThoseOfItsCheckpoint() {
        threeAdditions();
        history.committed(commit(9, 2, 0));
        history.died(Death.KILL);
        assertRefused(points(3, 0), "checkpoint 9 was committed with {", "and recovered with {");
        assertRefused(PointChecker.violations(history, new long[] {2, 0}, Optional.empty()), "came back with 2", "holds 0");
    }

    // --- cookies ---

    @Test
    void shouldTellWhatWasLeftInTimeFromWhatWasNot() {
        threeAdditions();
        history.leaves(0, 0);
        history.leaves(0, 2);
        assertAccepted(CookieChecker.violations(history, new long[] {1, 0}, new long[] {0, CookieChecker.NONE}));
        assertAccepted(CookieChecker.violations(history, new long[] {2, 0}, new long[] {0, CookieChecker.NONE}));
        assertAccepted(CookieChecker.violations(history, new long[] {2, 0}, new long[] {2, CookieChecker.NONE}));
        assertAccepted(CookieChecker.violations(history, new long[] {3, 0}, new long[] {2, CookieChecker.NONE}));
        assertRefused(CookieChecker.violations(history, new long[] {1, 0}, new long[] {2, CookieChecker.NONE}), "1 operations", "left behind 2");
        assertRefused(CookieChecker.violations(history, new long[] {3, 0}, new long[] {0, CookieChecker.NONE}), "3 operations", "left behind 0");
        assertRefused(CookieChecker.violations(history, new long[] {1, 0}, new long[] {CookieChecker.NONE, CookieChecker.NONE}), "left behind -1");
        assertRefused(CookieChecker.violations(history, new long[] {0, 0}, new long[] {CookieChecker.NONE, 0}), "s1 came back");
        history.died(Death.KILL);
        history.recovered(new long[] {2, 0}, new long[] {0, CookieChecker.NONE}, contents);
        assertEquals(List.of(0L), history.left(0, 9), "what was left behind the point and did not come along is gone");
    }

    // --- lives ---

    /** Life after life the serials that were lost are used again, and what was recovered binds the lives behind. */
    @Test
    void shouldFollowAStoreThroughItsLives() {
        threeAdditions();
        long written = put(1, Status.CREATED);
        history.died(Death.KILL);
        contents.put(OWN, 12L);
        contents.put(PLAIN, written);
        assertAccepted(prefix(2, 1));
        history.recovered(new long[] {2, 1}, NO_COOKIES, contents);
        assertEquals(2, history.begun(0));
        add(OWN, 100, 112);
        done(0, PLAIN, Kind.DELETE, 0, 0, Status.TOMBSTONED, written);
        assertAccepted(alive());
        contents.put(OWN, 112L);
        contents.remove(PLAIN);
        assertAccepted(prefix(4, 1));
        assertAccepted(causal(4, 1));
        assertAccepted(throughDeath(4, 1));
        history.died(Death.KILL);
        List<String> older = points(1, 1);
        assertRefused(older, "the recovery before promised those up to 2");
        // The power fails, and the recovery before was of what had not been synced.
        history = new SimHistory(2, () -> ++time);
        contents.clear();
        threeAdditions();
        history.died(Death.KILL);
        history.recovered(new long[] {2, 0}, NO_COOKIES, Map.of(OWN, 12L));
        history.died(Death.POWER_LOSS);
        contents.put(OWN, 5L);
        assertAccepted(points(1, 0));
        assertAccepted(prefix(1, 0));
        assertAccepted(throughDeath(1, 0));
        contents.put(OWN, 12L);
        assertRefused(prefix(1, 0), "behind the point");
        assertEquals(new ArrayList<>(), alive());
    }
}
