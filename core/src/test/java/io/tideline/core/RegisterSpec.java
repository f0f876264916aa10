package io.tideline.core;

import java.util.function.LongBinaryOperator;

/**
 * What a key means, one operation after the other: absent, or one value. Statuses count: an operation that says it created the key must
 * have found it absent.
 *
 * @param update what an update makes of the old value and its operand; an absent key gets the operand
 */
record RegisterSpec(LongBinaryOperator update) {
    /** The state of a key; a value where {@code present}. */
    record State(boolean present, long value) {
        static final State ABSENT = new State(false, 0);

        static State of(long value) {
            return new State(true, value);
        }
    }

    /** The state behind the event, or null if it cannot have happened in this state. */
    State apply(State state, HistoryEvent event) {
        return switch (event.kind()) {
            case GET, CONTAINS -> read(state, event);
            // A put that met the device does not know what it replaced.
            case PUT -> isWriteOf(state, event) || event.status() == Status.APPENDED ? State.of(event.first()) : null;
            case PUT_IF_ABSENT -> event.status() == Status.FOUND ? state.present ? state : null
                : event.status() == Status.CREATED && !state.present ? State.of(event.first()) : null;
            case DELETE -> event.status() == (state.present ? Status.TOMBSTONED : Status.ABSENT) ? State.ABSENT : null;
            case UPDATE -> update(state, event);
            case COMPARE_AND_SET -> compareAndSet(state, event);
        };
    }

    private static State read(State state, HistoryEvent event) {
        boolean found = event.status() == Status.FOUND;
        boolean fits = found == state.present && (!found || event.result() == HistoryEvent.UNKNOWN || event.result() == state.value);
        return fits ? state : null;
    }

    private static boolean isWriteOf(State state, HistoryEvent event) {
        return state.present ? event.status() == Status.UPDATED_IN_PLACE || event.status() == Status.COPIED : event.status() == Status.CREATED;
    }

    private State update(State state, HistoryEvent event) {
        long updated = state.present ? update.applyAsLong(state.value, event.first()) : event.first();
        boolean fits = isWriteOf(state, event) && (event.result() == HistoryEvent.UNKNOWN || event.result() == updated);
        return fits ? State.of(updated) : null;
    }

    private static State compareAndSet(State state, HistoryEvent event) {
        if (!state.present) {
            return event.status() == Status.ABSENT ? state : null;
        }
        if (state.value != event.first()) {
            return event.status() == Status.MISMATCH ? state : null;
        }
        return event.status() == Status.UPDATED_IN_PLACE || event.status() == Status.COPIED ? State.of(event.second()) : null;
    }
}
