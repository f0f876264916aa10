package io.tideline.core;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Decides whether the events of one key can be put into one order that respects both their times and the {@link RegisterSpec}: the search
 * of Wing and Gong, which tries the events that nothing unfinished precedes, with Lowe's memory of what was tried already.
 */
final class LinearizabilityChecker {
    /** Which events were put in order, and the state they led to. */
    private record Tried(BitSet ordered, RegisterSpec.State state) {
    }

    /** A choice that may be taken back. */
    private record Choice(int event, RegisterSpec.State before) {
    }

    private final RegisterSpec spec;
    private final List<HistoryEvent> events;
    private final BitSet ordered;
    private final Set<Tried> tried = new HashSet<>();
    private final ArrayDeque<Choice> choices = new ArrayDeque<>();
    private RegisterSpec.State state;
    /** The first event that is not in order yet: all before it are. */
    private int first;
    private int longest;

    private LinearizabilityChecker(RegisterSpec spec, List<HistoryEvent> history, RegisterSpec.State initial) {
        this.spec = spec;
        this.events = new ArrayList<>(history);
        this.events.sort(Comparator.comparingLong(HistoryEvent::begin));
        this.ordered = new BitSet(events.size());
        this.state = initial;
    }

    /** Null if the history of a key, absent at first, is linearizable; otherwise what was seen, for a person to read. */
    static String violation(RegisterSpec spec, List<HistoryEvent> history) {
        LinearizabilityChecker checker = new LinearizabilityChecker(spec, history, RegisterSpec.State.ABSENT);
        return checker.search() ? null : checker.report();
    }

    private boolean search() {
        int from = 0;
        while (ordered.cardinality() < events.size()) {
            int next = nextPossible(from);
            if (next >= 0) {
                choices.push(new Choice(next, state));
                state = spec.apply(state, events.get(next));
                ordered.set(next);
                longest = Math.max(longest, ordered.cardinality());
                from = 0;
            } else if (choices.isEmpty()) {
                return false;
            } else {
                Choice last = choices.pop();
                ordered.clear(last.event);
                state = last.before;
                from = last.event + 1;
            }
            first = ordered.nextClearBit(0);
        }
        return true;
    }

    /** An event at or behind {@code from} that may be the next in order and was not tried in this place; -1 if there is none. */
    private int nextPossible(int from) {
        long earliestEnd = Long.MAX_VALUE;
        for (int i = first; i < events.size() && events.get(i).begin() <= earliestEnd; i++) {
            if (!ordered.get(i)) {
                earliestEnd = Math.min(earliestEnd, events.get(i).end());
            }
        }
        for (int i = Math.max(from, first); i < events.size() && events.get(i).begin() <= earliestEnd; i++) {
            if (!ordered.get(i) && isNew(i)) {
                return i;
            }
        }
        return -1;
    }

    /** Whether the event can happen now and leads to where the search has not been. */
    private boolean isNew(int event) {
        RegisterSpec.State after = spec.apply(state, events.get(event));
        if (after == null) {
            return false;
        }
        BitSet with = (BitSet) ordered.clone();
        with.set(event);
        return tried.add(new Tried(with, after));
    }

    private String report() {
        StringBuilder text = new StringBuilder("no order explains these " + events.size() + " events of one key (at most " + longest + " of them):\n");
        for (HistoryEvent event : events) {
            text.append(event).append('\n');
        }
        return text.toString();
    }
}
