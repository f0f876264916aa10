package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** The ways to name keys and values that the API has; each test runs through each of them. */
enum KeyKind {
    /** Only for keys of eight bytes; values of eight bytes go through the {@code long} operations. */
    LONG {
        @Override
        Status get(Operations operations, byte[] key, ValueHolder value) {
            Status status = operations.get(Bytes.toLong(key), value);
            if (status == Status.FOUND && value.length() == 8) {
                long expected = Bytes.toLong(value.toArray());
                LongHolder holder = new LongHolder();
                assertEquals(Status.FOUND, operations.get(Bytes.toLong(key), holder));
                assertEquals(expected, holder.value);
                assertEquals(expected, operations.get(Bytes.toLong(key), ~expected));
            }
            return status;
        }

        @Override
        boolean contains(Operations operations, byte[] key) {
            return operations.contains(Bytes.toLong(key));
        }

        @Override
        Status put(Operations operations, byte[] key, byte[] value) {
            return value.length == 8 ? operations.put(Bytes.toLong(key), Bytes.toLong(value)) : operations.put(Bytes.toLong(key), value);
        }

        @Override
        Status putIfAbsent(Operations operations, byte[] key, byte[] value) {
            return value.length == 8 ? operations.putIfAbsent(Bytes.toLong(key), Bytes.toLong(value)) : operations.putIfAbsent(key, value);
        }

        @Override
        Status delete(Operations operations, byte[] key) {
            return operations.delete(Bytes.toLong(key));
        }

        @Override
        Status update(Operations operations, byte[] key, LongRmw function, long operand, LongHolder result) {
            return function instanceof Update update ? operations.rmw(Bytes.toLong(key), update, operand, result)
                : operations.rmw(Bytes.toLong(key), function, operand, result);
        }

        @Override
        Status rmw(Operations operations, byte[] key, Rmw function) {
            return operations.rmw(Bytes.toLong(key), function);
        }

        @Override
        Status compareAndSet(Operations operations, byte[] key, byte[] expected, byte[] value) {
            return expected.length == 8 && value.length == 8
                ? operations.compareAndSet(Bytes.toLong(key), Bytes.toLong(expected), Bytes.toLong(value))
                : operations.compareAndSet(key, expected, value);
        }
    },

    ARRAY {
        @Override
        Status get(Operations operations, byte[] key, ValueHolder value) {
            return operations.get(key, value);
        }

        @Override
        boolean contains(Operations operations, byte[] key) {
            return operations.contains(key);
        }

        @Override
        Status put(Operations operations, byte[] key, byte[] value) {
            return operations.put(key, value);
        }

        @Override
        Status putIfAbsent(Operations operations, byte[] key, byte[] value) {
            return operations.putIfAbsent(key, value);
        }

        @Override
        Status delete(Operations operations, byte[] key) {
            return operations.delete(key);
        }

        @Override
        Status update(Operations operations, byte[] key, LongRmw function, long operand, LongHolder result) {
            return operations.rmw(key, 0, key.length, function, operand, result);
        }

        @Override
        Status rmw(Operations operations, byte[] key, Rmw function) {
            return operations.rmw(key, function);
        }
    },

    PART_OF_ARRAY {
        @Override
        Status get(Operations operations, byte[] key, ValueHolder value) {
            return operations.get(embedded(key), BEFORE, key.length, value);
        }

        @Override
        boolean contains(Operations operations, byte[] key) {
            return operations.contains(embedded(key), BEFORE, key.length);
        }

        @Override
        Status put(Operations operations, byte[] key, byte[] value) {
            return operations.put(embedded(key), BEFORE, key.length, embedded(value), BEFORE, value.length);
        }

        @Override
        Status putIfAbsent(Operations operations, byte[] key, byte[] value) {
            return operations.putIfAbsent(embedded(key), BEFORE, key.length, embedded(value), BEFORE, value.length);
        }

        @Override
        Status delete(Operations operations, byte[] key) {
            return operations.delete(embedded(key), BEFORE, key.length);
        }

        @Override
        Status update(Operations operations, byte[] key, LongRmw function, long operand, LongHolder result) {
            return operations.rmw(embedded(key), BEFORE, key.length, function, operand, result);
        }

        @Override
        Status rmw(Operations operations, byte[] key, Rmw function) {
            return operations.rmw(embedded(key), BEFORE, key.length, function);
        }
    },

    HEAP_SEGMENT {
        @Override
        MemorySegment segment(byte[] bytes) {
            return MemorySegment.ofArray(embedded(bytes)).asSlice(BEFORE, bytes.length);
        }
    },

    NATIVE_SEGMENT {
        @Override
        MemorySegment segment(byte[] bytes) {
            MemorySegment segment = MemorySegment.ofBuffer(ByteBuffer.allocateDirect(bytes.length + BEFORE)).asSlice(BEFORE);
            MemorySegment.copy(bytes, 0, segment, java.lang.foreign.ValueLayout.JAVA_BYTE, 0, bytes.length);
            return segment;
        }
    },

    HEAP_BUFFER {
        @Override
        DirectBuffer buffer(byte[] bytes) {
            return new UnsafeBuffer(embedded(bytes));
        }
    },

    NATIVE_BUFFER {
        @Override
        DirectBuffer buffer(byte[] bytes) {
            return new UnsafeBuffer(ByteBuffer.allocateDirect(bytes.length + BEFORE + BEHIND).put(embedded(bytes)));
        }
    };

    /** Bytes that do not belong to the key, and make it unaligned. */
    private static final int BEFORE = 3;
    private static final int BEHIND = 2;

    private static byte[] embedded(byte[] bytes) {
        byte[] array = new byte[BEFORE + bytes.length + BEHIND];
        Arrays.fill(array, (byte) 0x5A);
        System.arraycopy(bytes, 0, array, BEFORE, bytes.length);
        return array;
    }

    /** Overridden by the kinds that are segments. */
    MemorySegment segment(byte[] bytes) {
        return null;
    }

    /** Overridden by the kinds that are buffers; the bytes begin at {@link #BEFORE}. */
    DirectBuffer buffer(byte[] bytes) {
        return null;
    }

    /** Whether a key of this length can be named in this way. */
    boolean takes(int keyBytes) {
        return this != LONG || keyBytes == 8;
    }

    Status get(Operations operations, byte[] key, ValueHolder value) {
        MemorySegment segment = segment(key);
        return segment != null ? operations.get(segment, value) : operations.get(buffer(key), BEFORE, key.length, value);
    }

    boolean contains(Operations operations, byte[] key) {
        MemorySegment segment = segment(key);
        return segment != null ? operations.contains(segment) : operations.contains(buffer(key), BEFORE, key.length);
    }

    Status put(Operations operations, byte[] key, byte[] value) {
        MemorySegment segment = segment(key);
        return segment != null ? operations.put(segment, segment(value))
            : operations.put(buffer(key), BEFORE, key.length, buffer(value), BEFORE, value.length);
    }

    Status putIfAbsent(Operations operations, byte[] key, byte[] value) {
        MemorySegment segment = segment(key);
        return segment != null ? operations.putIfAbsent(segment, segment(value))
            : operations.putIfAbsent(buffer(key), BEFORE, key.length, buffer(value), BEFORE, value.length);
    }

    Status delete(Operations operations, byte[] key) {
        MemorySegment segment = segment(key);
        return segment != null ? operations.delete(segment) : operations.delete(buffer(key), BEFORE, key.length);
    }

    /** By a built-in or by a function. */
    Status update(Operations operations, byte[] key, LongRmw function, long operand, LongHolder result) {
        MemorySegment segment = segment(key);
        return segment != null ? operations.rmw(segment, function, operand, result)
            : operations.rmw(buffer(key), BEFORE, key.length, function, operand, result);
    }

    Status rmw(Operations operations, byte[] key, Rmw function) {
        MemorySegment segment = segment(key);
        return segment != null ? operations.rmw(segment, function) : operations.rmw(buffer(key), BEFORE, key.length, function);
    }

    /** Buffers have no compareAndSet; their keys are arrays then. */
    Status compareAndSet(Operations operations, byte[] key, byte[] expected, byte[] value) {
        MemorySegment segment = segment(key);
        return segment != null ? operations.compareAndSet(segment, segment(expected), segment(value))
            : operations.compareAndSet(key, expected, value);
    }

    /** The value, or null. */
    byte[] get(Operations operations, byte[] key) {
        ValueHolder holder = ValueHolder.growing();
        return get(operations, key, holder) == Status.FOUND ? holder.toArray() : null;
    }
}
