package io.tideline.core;

import java.util.function.Function;

/** The three ways to reach the operations. */
enum Surface {
    /** Calls without a session. */
    STORE {
        @Override
        <T> T run(Store store, Session session, Function<Operations, T> operation) {
            return operation.apply(store);
        }
    },

    SESSION {
        @Override
        <T> T run(Store store, Session session, Function<Operations, T> operation) {
            return operation.apply(session);
        }
    },

    /** A batch of a session. */
    BATCH {
        @Override
        <T> T run(Store store, Session session, Function<Operations, T> operation) {
            return inBatch(session, operation);
        }
    },

    /** A batch of the store, on a pooled session. */
    STORE_BATCH {
        @Override
        <T> T run(Store store, Session session, Function<Operations, T> operation) {
            return inBatch(store, operation);
        }
    };

    private static <T> T inBatch(Operations operations, Function<Operations, T> operation) {
        Object[] result = new Object[1];
        operations.batch(inside -> result[0] = operation.apply(inside));
        @SuppressWarnings("unchecked") // it is what the operation returned
        T typed = (T) result[0];
        return typed;
    }

    /** Runs the operation; {@code session} is an open one of the store, which may or may not be used. */
    abstract <T> T run(Store store, Session session, Function<Operations, T> operation);
}
