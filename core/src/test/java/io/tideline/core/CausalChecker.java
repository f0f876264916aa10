package io.tideline.core;

import io.tideline.core.SimEvent.Fate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Whether the points of a recovery are a causal cut (promise P1a): what an operation within them has seen of another session is within them too.
 * Reads, and what updates and replacements tell of the value before. For pending reads see {@link SimEvent#isSeenWithin}.
 */
final class CausalChecker {
    private final SimHistory history;
    private final long[] points;
    private final SimHistory.Beginning beginning;
    /** Of each counting key and session, how many operations within the point may count there. */
    private final Map<SimKey, int[]> counts = new HashMap<>();
    private final Map<SimKey, List<SimEvent>> byKey;
    private final List<String> violations = new ArrayList<>();

    private CausalChecker(SimHistory history, long[] points) {
        this.history = history;
        this.points = points;
        this.beginning = history.beginningBefore(points);
        this.byKey = history.byKey(beginning);
    }

    /** What is wrong, a sentence each. */
    static List<String> violations(SimHistory history, long[] points) {
        CausalChecker checker = new CausalChecker(history, points);
        checker.byKey.values().forEach(events -> events.forEach(checker::check));
        return checker.violations;
    }

    private void check(SimEvent event) {
        if (event.fate() != Fate.ENDED || !event.isSeenWithin(points[event.session])) {
            return;
        }
        long seen = seenBy(event);
        if (seen == HistoryEvent.UNKNOWN) {
            return;
        }
        String wrong = switch (event.key.use()) {
            case OWN -> null; // of the same session
            case PLAIN -> beginning.of(event.key).equals(RegisterSpec.State.of(seen)) ? null : PrefixChecker.wrongWriter(history, points, event.key, seen);
            case COUNT -> wrongCount(event, seen);
        };
        if (wrong != null) {
            violations.add(event.describe() + " is within the point " + points[event.session] + " of its session, and saw " + wrong);
        }
    }

    /** The value that the operation found or, where it counted, left. */
    private static long seenBy(SimEvent event) {
        boolean replacedExpected = event.kind == HistoryEvent.Kind.COMPARE_AND_SET && event.hasChanged();
        return replacedExpected ? event.first : event.result();
    }

    private String wrongCount(SimEvent event, long seen) {
        int[] within = counts.computeIfAbsent(event.key, this::countWithin);
        for (int session = event.key.owner(); session < event.key.owner() + SimKey.COUNTING; session++) {
            int found = event.key.countOf(seen, session);
            if (found > within[session - event.key.owner()]) {
                return found + " operations of s" + session + " there, of which only " + within[session - event.key.owner()] + " are within "
                    + (session < points.length ? "its point " + points[session] : "any point") + behind(event.key, session);
            }
        }
        return null;
    }

    private String behind(SimKey key, int session) {
        return byKey.get(key).stream().filter(event -> isCounted(event, session) && event.serial > points[session]).findFirst()
            .map(event -> "; the next is " + event.describe()).orElse("");
    }

    private static boolean isCounted(SimEvent event, int session) {
        return event.session == session && event.kind == HistoryEvent.Kind.UPDATE && event.fate() != Fate.REFUSED;
    }

    private int[] countWithin(SimKey key) {
        int[] within = new int[SimKey.COUNTING];
        Arrays.setAll(within, i -> key.countOf(beginning.of(key).value(), key.owner() + i));
        for (SimEvent event : byKey.get(key)) {
            if (isCounted(event, event.session) && event.serial <= points[event.session]) {
                within[event.session - key.owner()]++;
            }
        }
        return within;
    }
}
