package io.tideline.core;

import java.util.function.LongBinaryOperator;

/** What a history is taken of: operations on keys that are numbered, with values that numbers stand for. */
interface HistorySubject {
    /** What an update makes of a value and its operand. */
    LongBinaryOperator update();

    Status get(Operations operations, int key, LongHolder result);

    Status contains(Operations operations, int key);

    Status put(Operations operations, int key, long value);

    Status putIfAbsent(Operations operations, int key, long value);

    Status delete(Operations operations, int key);

    /** Puts the value behind the update into the result, or {@link HistoryEvent#UNKNOWN}. */
    Status update(Operations operations, int key, long operand, LongHolder result);

    Status compareAndSet(Operations operations, int key, long expected, long value);

    /** The operations of {@code long} keys with {@code long} values. */
    HistorySubject LONGS = new HistorySubject() {
        @Override
        public LongBinaryOperator update() {
            return Long::sum;
        }

        @Override
        public Status get(Operations operations, int key, LongHolder result) {
            return operations.get(key, result);
        }

        @Override
        public Status contains(Operations operations, int key) {
            return operations.contains(key) ? Status.FOUND : Status.ABSENT;
        }

        @Override
        public Status put(Operations operations, int key, long value) {
            return operations.put(key, value);
        }

        @Override
        public Status putIfAbsent(Operations operations, int key, long value) {
            return operations.putIfAbsent(key, value);
        }

        @Override
        public Status delete(Operations operations, int key) {
            return operations.delete(key);
        }

        @Override
        public Status update(Operations operations, int key, long operand, LongHolder result) {
            return operations.rmw(key, Update.ADD, operand, result);
        }

        @Override
        public Status compareAndSet(Operations operations, int key, long expected, long value) {
            return operations.compareAndSet(key, expected, value);
        }
    };

    /** The same, updates by a function of the caller. */
    HistorySubject LONG_FUNCTIONS = new Delegating(LONGS) {
        private final LongRmw sum = new LongRmw() {
            @Override
            public long onAbsent(long operand) {
                return operand;
            }

            @Override
            public long onPresent(long old, long operand) {
                return old + operand;
            }
        };

        @Override
        public Status update(Operations operations, int key, long operand, LongHolder result) {
            return operations.rmw(key, sum, operand, result);
        }
    };

    /** Keys and values of bytes; values of {@link TokenValue}, so their lengths change all the time. */
    HistorySubject BYTES = new HistorySubject() {
        private byte[] key(int number) {
            return ("key number " + number).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        }

        @Override
        public LongBinaryOperator update() {
            return TokenValue::update;
        }

        @Override
        public Status get(Operations operations, int key, LongHolder result) {
            ValueHolder holder = ValueHolder.growing();
            Status status = operations.get(key(key), holder);
            if (status == Status.FOUND) {
                result.value = TokenValue.token(holder.toArray());
            }
            return status;
        }

        @Override
        public Status contains(Operations operations, int key) {
            return operations.contains(key(key)) ? Status.FOUND : Status.ABSENT;
        }

        @Override
        public Status put(Operations operations, int key, long value) {
            return operations.put(key(key), TokenValue.of(value));
        }

        @Override
        public Status putIfAbsent(Operations operations, int key, long value) {
            return operations.putIfAbsent(key(key), TokenValue.of(value));
        }

        @Override
        public Status delete(Operations operations, int key) {
            return operations.delete(key(key));
        }

        @Override
        public Status update(Operations operations, int key, long operand, LongHolder result) {
            return operations.rmw(key(key), new Rmw() {
                @Override
                public RmwAction onAbsent(ValueWriter writer) {
                    return write(operand, writer);
                }

                @Override
                public RmwAction onPresent(ValueView old, ValueWriter writer) {
                    return write(TokenValue.update(TokenValue.token(old.toArray()), operand), writer);
                }

                private RmwAction write(long token, ValueWriter writer) {
                    result.value = token;
                    writer.set(TokenValue.of(token));
                    return RmwAction.WRITE;
                }
            });
        }

        @Override
        public Status compareAndSet(Operations operations, int key, long expected, long value) {
            return operations.compareAndSet(key(key), TokenValue.of(expected), TokenValue.of(value));
        }
    };

    /** Another subject but for what a subclass overrides. */
    abstract class Delegating implements HistorySubject {
        private final HistorySubject inner;

        Delegating(HistorySubject inner) {
            this.inner = inner;
        }

        @Override
        public LongBinaryOperator update() {
            return inner.update();
        }

        @Override
        public Status get(Operations operations, int key, LongHolder result) {
            return inner.get(operations, key, result);
        }

        @Override
        public Status contains(Operations operations, int key) {
            return inner.contains(operations, key);
        }

        @Override
        public Status put(Operations operations, int key, long value) {
            return inner.put(operations, key, value);
        }

        @Override
        public Status putIfAbsent(Operations operations, int key, long value) {
            return inner.putIfAbsent(operations, key, value);
        }

        @Override
        public Status delete(Operations operations, int key) {
            return inner.delete(operations, key);
        }

        @Override
        public Status update(Operations operations, int key, long operand, LongHolder result) {
            return inner.update(operations, key, operand, result);
        }

        @Override
        public Status compareAndSet(Operations operations, int key, long expected, long value) {
            return inner.compareAndSet(operations, key, expected, value);
        }
    }
}
