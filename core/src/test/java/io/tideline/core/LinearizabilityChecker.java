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
 * of Wing and Gong, which tries the events that nothing unfinished precedes, with Lowe's memory of what was tried already. Of events that cannot be
 * told apart it tries one. Events that did not end may stand anywhere behind their beginning, or be left out.
 */
final class LinearizabilityChecker {
    /** Where the search has been after which it gives up: that is no answer, and so a violation. */
    private static final int MAX_TRIED = 2_000_000;
    /** How many events of a long history a report shows before and behind where the search came to its end. */
    private static final int SHOWN = 30;

    /** Which events were put in order, all before {@code first} and those {@code beyond}, and the state they led to. */
    private record Tried(int first, BitSet beyond, RegisterSpec.State state) {
    }

    /** A place in the order: what may stand there, the first to end first, and what was tried. */
    private static final class Place {
        final int[] possible;
        final RegisterSpec.State before;
        int next;

        Place(int[] possible, RegisterSpec.State before) {
            this.possible = possible;
            this.before = before;
        }
    }

    private final RegisterSpec spec;
    private final List<HistoryEvent> events;
    private final BitSet ordered;
    private final Set<Tried> tried = new HashSet<>();
    private final ArrayDeque<Place> places = new ArrayDeque<>();
    private RegisterSpec.State state;
    /** The first event that is not in order yet: all before it are. */
    private int first;
    /** How many events must still come in order. */
    private int missing;
    // Of the longest order that was found: how many it lacks, the first of those, and where it leads.
    private int fewestMissing;
    private int furthest;
    private RegisterSpec.State furthestState;

    private LinearizabilityChecker(RegisterSpec spec, List<HistoryEvent> history, RegisterSpec.State initial) {
        this.spec = spec;
        this.events = new ArrayList<>(history);
        this.events.sort(Comparator.comparingLong(HistoryEvent::begin));
        this.ordered = new BitSet(events.size());
        this.state = initial;
        for (HistoryEvent event : events) {
            missing += event.end() == HistoryEvent.NEVER ? 0 : 1;
        }
        this.fewestMissing = missing;
        this.furthestState = initial;
    }

    /** Null if the history of a key, absent at first, is linearizable; otherwise what was seen, for a person to read. */
    static String violation(RegisterSpec spec, List<HistoryEvent> history) {
        return violation(spec, history, RegisterSpec.State.ABSENT);
    }

    /** The same for a key of which the state before the history is known. */
    static String violation(RegisterSpec spec, List<HistoryEvent> history, RegisterSpec.State initial) {
        LinearizabilityChecker checker = new LinearizabilityChecker(spec, history, initial);
        return checker.search() ? null : checker.report(initial);
    }

    private boolean search() {
        places.push(place());
        while (missing > 0 && tried.size() < MAX_TRIED) {
            Place place = places.peek();
            if (place.next < place.possible.length) {
                int event = place.possible[place.next++];
                if (isNew(event)) {
                    choose(event);
                    places.push(place());
                }
            } else {
                places.pop();
                if (places.isEmpty()) {
                    return false;
                }
                takeBack(places.peek());
            }
        }
        return missing == 0;
    }

    private void choose(int event) {
        state = spec.apply(state, events.get(event));
        ordered.set(event);
        first = ordered.nextClearBit(first);
        missing -= events.get(event).end() == HistoryEvent.NEVER ? 0 : 1;
        if (missing < fewestMissing) {
            fewestMissing = missing;
            furthest = first;
            furthestState = state;
        }
    }

    private void takeBack(Place place) {
        int event = place.possible[place.next - 1];
        ordered.clear(event);
        state = place.before;
        first = Math.min(first, event);
        missing += events.get(event).end() == HistoryEvent.NEVER ? 0 : 1;
    }

    /** The place behind what is in order: for any event that no other one had to end before. */
    private Place place() {
        long earliestEnd = Long.MAX_VALUE;
        int end = first;
        for (; end < events.size() && events.get(end).begin() <= earliestEnd; end++) {
            if (!ordered.get(end)) {
                earliestEnd = Math.min(earliestEnd, events.get(end).end());
            }
        }
        List<Integer> possible = new ArrayList<>();
        for (int i = ordered.nextClearBit(first); i < end; i = ordered.nextClearBit(i + 1)) {
            if (events.get(i).begin() <= earliestEnd && !isLikeOneOf(possible, events.get(i)) && !isBehindAnother(i)) {
                possible.add(i);
            }
        }
        // Whoever ends late is often seen late; so a blind write that lasts long is not tried in each place it could have.
        possible.sort(Comparator.comparingLong(event -> events.get(event).end()));
        return new Place(possible.stream().mapToInt(Integer::intValue).toArray(), state);
    }

    /** Whether another event did the same and ended no later: wherever this one can stand, so can that, with this one in that one's place. */
    private boolean isLikeOneOf(List<Integer> others, HistoryEvent event) {
        for (int other : others) {
            HistoryEvent like = events.get(other);
            if (like.end() <= event.end() && like.kind() == event.kind() && like.first() == event.first() && like.second() == event.second()
                    && like.status() == event.status() && like.result() == event.result()) {
                return true;
            }
        }
        return false;
    }

    /** Whether one that is not in order yet must come first, though their times overlap: writes of one group happen in its order. */
    private boolean isBehindAnother(int event) {
        for (int i = ordered.nextClearBit(first); i < event; i = ordered.nextClearBit(i + 1)) {
            if (events.get(event).mustFollow(events.get(i))) {
                return true;
            }
        }
        return false;
    }

    /** Whether the event can happen now and leads to where the search has not been. */
    private boolean isNew(int event) {
        RegisterSpec.State after = spec.apply(state, events.get(event));
        if (after == null) {
            return false;
        }
        BitSet with = ordered.get(first, Math.max(ordered.length(), first));
        with.set(event - first);
        int more = with.nextClearBit(0);
        return tried.add(new Tried(first + more, with.get(more, Math.max(with.length(), more)), after));
    }

    private String report(RegisterSpec.State initial) {
        StringBuilder text = new StringBuilder(tried.size() < MAX_TRIED ? "no order explains" : "after " + MAX_TRIED + " tries no order was found that explains");
        text.append(" these ").append(events.size()).append(" events of one key, ").append(initial.present() ? initial.value() : "absent").append(" at first;")
            .append(" the best lacks ").append(fewestMissing).append(" of them and leaves ").append(furthestState.present() ? furthestState.value() : "it absent")
            .append(", where these do not fit on:\n");
        int from = Math.max(0, furthest - SHOWN);
        int to = Math.min(events.size(), furthest + SHOWN);
        text.append(from > 0 ? "… " + from + " before\n" : "");
        for (int i = from; i < to; i++) {
            text.append(i == furthest ? "=> " : "   ").append(events.get(i)).append('\n');
        }
        return text.append(to < events.size() ? "… " + (events.size() - to) + " behind\n" : "").toString();
    }
}
