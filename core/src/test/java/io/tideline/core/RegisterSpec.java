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
        return isPossible(state, event) ? after(state, event) : null;
    }

    /** The state behind the event, whatever it was told. */
    State after(State state, HistoryEvent event) {
        return switch (event.kind()) {
            case GET, CONTAINS -> state;
            case PUT -> State.of(event.first());
            case PUT_IF_ABSENT -> state.present ? state : State.of(event.first());
            case DELETE -> State.ABSENT;
            case UPDATE -> State.of(state.present ? update.applyAsLong(state.value, event.first()) : event.first());
            case COMPARE_AND_SET -> state.present && state.value == event.first() ? State.of(event.second()) : state;
        };
    }

    private boolean isPossible(State state, HistoryEvent event) {
        return (event.status() == null || isStatusOf(state, event)) && (event.result() == HistoryEvent.UNKNOWN || isResultOf(state, event));
    }

    private static boolean isStatusOf(State state, HistoryEvent event) {
        Status status = event.status();
        return switch (event.kind()) {
            case GET, CONTAINS -> status == (state.present ? Status.FOUND : Status.ABSENT);
            // A put that met the device does not know what it replaced.
            case PUT -> isWriteOf(state, status) || status == Status.APPENDED;
            case PUT_IF_ABSENT -> status == (state.present ? Status.FOUND : Status.CREATED);
            case DELETE -> status == (state.present ? Status.TOMBSTONED : Status.ABSENT);
            case UPDATE -> isWriteOf(state, status);
            case COMPARE_AND_SET -> !state.present ? status == Status.ABSENT
                : state.value != event.first() ? status == Status.MISMATCH : isReplacement(status);
        };
    }

    private static boolean isWriteOf(State state, Status status) {
        return state.present ? isReplacement(status) : status == Status.CREATED;
    }

    private static boolean isReplacement(Status status) {
        return status == Status.UPDATED_IN_PLACE || status == Status.COPIED;
    }

    private boolean isResultOf(State state, HistoryEvent event) {
        if (event.kind() == HistoryEvent.Kind.UPDATE) {
            return event.result() == after(state, event).value;
        }
        return state.present && event.result() == state.value;
    }
}
