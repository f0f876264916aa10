package io.tideline.core;

import io.tideline.core.SimEvent.Fate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Whether each key went from state to state in one order that all sessions can have seen (promise P2): while the store lived, and once more through
 * its death, where the operations within the points have happened and no others, and what the next life finds is the end of it. An operation that the
 * death cut off is one of the others, or has happened though nobody was told.
 */
final class LifeChecker {
    private LifeChecker() {
    }

    /** What is wrong with the life that runs, or has just ended, as its sessions saw it. */
    static List<String> violationsWhileAlive(SimHistory history) {
        SimHistory.Beginning beginning = history.beginning();
        List<String> violations = new ArrayList<>();
        history.byKey(beginning).forEach((key, events) -> {
            List<HistoryEvent> seen = new ArrayList<>();
            events.stream().filter(SimEvent::mayHaveHappened).forEach(event -> seen.add(event.seen(HistoryEvent.NEVER)));
            add(violations, key, "while the store lived", isKnown(events) ? LinearizabilityChecker.violation(key.spec(), seen, beginning.of(key)) : null);
        });
        return violations;
    }

    /** What is wrong with what was found behind the death. */
    static List<String> violationsThroughDeath(SimHistory history, long[] points, Map<SimKey, Long> contents) {
        SimHistory.Beginning beginning = history.beginningBefore(points);
        long now = history.now() + 1; // behind all that ended
        List<String> violations = new ArrayList<>();
        Map<SimKey, List<SimEvent>> byKey = history.byKey(beginning);
        Set<SimKey> keys = new HashSet<>(byKey.keySet());
        keys.addAll(contents.keySet());
        keys.addAll(beginning.contents().keySet());
        for (SimKey key : keys) {
            List<SimEvent> events = byKey.getOrDefault(key, List.of()).stream().filter(event -> event.isSeenWithin(points[event.session])).toList();
            List<HistoryEvent> seen = new ArrayList<>();
            events.stream().filter(SimEvent::mayHaveHappened).forEach(event -> seen.add(event.seen(now)));
            Long found = contents.get(key);
            seen.add(new HistoryEvent(HistoryEvent.Kind.GET, 0, 0, found == null ? Status.ABSENT : Status.FOUND, found == null ? HistoryEvent.UNKNOWN : found,
                now + 1, now + 1, "the recovered store"));
            add(violations, key, "with the operations within the points alone", isKnown(events) ? LinearizabilityChecker.violation(key.spec(), seen, beginning.of(key)) : null);
        }
        return violations;
    }

    private static boolean isKnown(List<SimEvent> events) {
        return events.stream().noneMatch(event -> event.fate() == Fate.IN_DOUBT);
    }

    private static void add(List<String> violations, SimKey key, String when, String violation) {
        if (violation != null) {
            violations.add(key + ", " + when + ": " + violation);
        }
    }
}
