package io.tideline.core;

import io.tideline.memory.Words;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Objects;
import java.util.function.Consumer;
import org.agrona.DirectBuffer;

/**
 * The operations of a {@link Store} and of a {@link Session}.
 *
 * <p>Keys and values are bytes of any length that fits a page; a {@code long} is the same as its eight bytes, little-endian. Arrays, segments
 * and buffers are read during the call only. Every operation ends in a {@link Status}; results go to holders that the caller owns. None
 * allocates, but for {@link #get(byte[])} and for holders and buffers that grow.
 *
 * <p>All of them throw {@link io.tideline.fault.ClosedFault} once the store is closed, {@link IllegalStateException} when called from
 * inside a callback of the same store, and {@link IllegalArgumentException} for a key or value that no record of this store holds; those
 * that write throw {@link io.tideline.fault.FullFault} when the log has no room for a record they need. Whatever is thrown, nothing was
 * changed.
 */
public abstract sealed class Operations permits Store, Session {
    Operations() {
    }

    /** Enters the epoch with a session, for one operation. */
    abstract Session enter();

    /** Enters the epoch with a session, for no operation yet: the members of a group count one by one. */
    abstract Session enterForGroup();

    /** Runs many operations under one stay in the epoch. */
    public abstract void batch(Consumer<Session> operations);

    // --- get ---

    /** Reads an 8-byte value: {@link Status#FOUND}, or {@link Status#ABSENT} with the holder untouched. */
    public final Status get(long key, LongHolder value) {
        Session session = enter();
        try {
            return ReadOp.get(session, key, value);
        } finally {
            session.leave();
        }
    }

    /** Reads an 8-byte value, or answers {@code ifAbsent}. */
    public final long get(long key, long ifAbsent) {
        Session session = enter();
        try {
            return ReadOp.get(session, key, ifAbsent);
        } finally {
            session.leave();
        }
    }

    /** Reads a value: {@link Status#FOUND}, {@link Status#ABSENT}, or {@link Status#TOO_SMALL} where a fixed holder is too short. */
    public final Status get(long key, ValueHolder value) {
        Session session = enter();
        try {
            session.key.setWord(key, session.hash.of(key));
            return ReadOp.get(session, value);
        } finally {
            session.leave();
        }
    }

    /** The value in a new array, or null. */
    public final byte[] get(byte[] key) {
        ValueHolder value = ValueHolder.growing();
        return get(key, value) == Status.ABSENT ? null : value.toArray();
    }

    public final Status get(byte[] key, ValueHolder value) {
        return get(key, 0, key.length, value);
    }

    public final Status get(byte[] key, int offset, int length, ValueHolder value) {
        Objects.checkFromIndexSize(offset, length, key.length);
        Session session = enter();
        try {
            setKey(session, key, offset, length, 0);
            return ReadOp.get(session, value);
        } finally {
            session.leave();
        }
    }

    public final Status get(MemorySegment key, ValueHolder value) {
        Session session = enter();
        try {
            setKey(session, key, 0);
            return ReadOp.get(session, value);
        } finally {
            session.leave();
        }
    }

    public final Status get(DirectBuffer key, int offset, int length, ValueHolder value) {
        key.boundsCheck(offset, length);
        Session session = enter();
        try {
            setKey(session, key, offset, length, 0);
            return ReadOp.get(session, value);
        } finally {
            session.leave();
        }
    }

    // --- contains ---

    public final boolean contains(long key) {
        Session session = enter();
        try {
            session.key.setWord(key, session.hash.of(key));
            return ReadOp.contains(session);
        } finally {
            session.leave();
        }
    }

    public final boolean contains(byte[] key) {
        return contains(key, 0, key.length);
    }

    public final boolean contains(byte[] key, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, key.length);
        Session session = enter();
        try {
            setKey(session, key, offset, length, 0);
            return ReadOp.contains(session);
        } finally {
            session.leave();
        }
    }

    public final boolean contains(MemorySegment key) {
        Session session = enter();
        try {
            setKey(session, key, 0);
            return ReadOp.contains(session);
        } finally {
            session.leave();
        }
    }

    public final boolean contains(DirectBuffer key, int offset, int length) {
        key.boundsCheck(offset, length);
        Session session = enter();
        try {
            setKey(session, key, offset, length, 0);
            return ReadOp.contains(session);
        } finally {
            session.leave();
        }
    }

    // --- put ---

    /** Writes: {@link Status#CREATED}, {@link Status#UPDATED_IN_PLACE} or {@link Status#COPIED}. */
    public final Status put(long key, long value) {
        Session session = enter();
        try {
            return UpsertOp.put(session, key, value);
        } finally {
            session.leave();
        }
    }

    public final Status put(long key, byte[] value) {
        Session session = enter();
        try {
            session.key.setWord(key, session.hash.of(key));
            setValue(session, value, 0, value.length);
            return UpsertOp.put(session);
        } finally {
            session.value.release();
            session.leave();
        }
    }

    public final Status put(byte[] key, byte[] value) {
        return put(key, 0, key.length, value, 0, value.length);
    }

    public final Status put(byte[] key, int keyOffset, int keyLength, byte[] value, int valueOffset, int valueLength) {
        Objects.checkFromIndexSize(keyOffset, keyLength, key.length);
        Objects.checkFromIndexSize(valueOffset, valueLength, value.length);
        Session session = enter();
        try {
            setKey(session, key, keyOffset, keyLength, valueLength);
            setValue(session, value, valueOffset, valueLength);
            return UpsertOp.put(session);
        } finally {
            session.value.release();
            session.leave();
        }
    }

    public final Status put(MemorySegment key, MemorySegment value) {
        Session session = enter();
        try {
            setKey(session, key, value.byteSize());
            setValue(session, value);
            return UpsertOp.put(session);
        } finally {
            session.leave();
        }
    }

    public final Status put(DirectBuffer key, int keyOffset, int keyLength, DirectBuffer value, int valueOffset, int valueLength) {
        key.boundsCheck(keyOffset, keyLength);
        value.boundsCheck(valueOffset, valueLength);
        Session session = enter();
        try {
            setKey(session, key, keyOffset, keyLength, valueLength);
            setValue(session, value, valueOffset, valueLength);
            return UpsertOp.put(session);
        } finally {
            session.leave();
        }
    }

    // --- putIfAbsent ---

    /** Writes an absent key: {@link Status#CREATED}, or {@link Status#FOUND} and nothing changed. */
    public final Status putIfAbsent(long key, long value) {
        Session session = enter();
        try {
            session.key.setWord(key, session.hash.of(key));
            session.value.setWord(value);
            return ConditionalInsert.putIfAbsent(session);
        } finally {
            session.leave();
        }
    }

    public final Status putIfAbsent(byte[] key, byte[] value) {
        return putIfAbsent(key, 0, key.length, value, 0, value.length);
    }

    public final Status putIfAbsent(byte[] key, int keyOffset, int keyLength, byte[] value, int valueOffset, int valueLength) {
        Objects.checkFromIndexSize(keyOffset, keyLength, key.length);
        Objects.checkFromIndexSize(valueOffset, valueLength, value.length);
        Session session = enter();
        try {
            setKey(session, key, keyOffset, keyLength, valueLength);
            setValue(session, value, valueOffset, valueLength);
            return ConditionalInsert.putIfAbsent(session);
        } finally {
            session.value.release();
            session.leave();
        }
    }

    public final Status putIfAbsent(MemorySegment key, MemorySegment value) {
        Session session = enter();
        try {
            setKey(session, key, value.byteSize());
            setValue(session, value);
            return ConditionalInsert.putIfAbsent(session);
        } finally {
            session.leave();
        }
    }

    public final Status putIfAbsent(DirectBuffer key, int keyOffset, int keyLength, DirectBuffer value, int valueOffset,
            int valueLength) {
        key.boundsCheck(keyOffset, keyLength);
        value.boundsCheck(valueOffset, valueLength);
        Session session = enter();
        try {
            setKey(session, key, keyOffset, keyLength, valueLength);
            setValue(session, value, valueOffset, valueLength);
            return ConditionalInsert.putIfAbsent(session);
        } finally {
            session.leave();
        }
    }

    // --- delete ---

    /** Deletes: {@link Status#TOMBSTONED}, or {@link Status#ABSENT}. */
    public final Status delete(long key) {
        Session session = enter();
        try {
            session.key.setWord(key, session.hash.of(key));
            return DeleteOp.delete(session);
        } finally {
            session.leave();
        }
    }

    public final Status delete(byte[] key) {
        return delete(key, 0, key.length);
    }

    public final Status delete(byte[] key, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, key.length);
        Session session = enter();
        try {
            setKey(session, key, offset, length, 0);
            return DeleteOp.delete(session);
        } finally {
            session.leave();
        }
    }

    public final Status delete(MemorySegment key) {
        Session session = enter();
        try {
            setKey(session, key, 0);
            return DeleteOp.delete(session);
        } finally {
            session.leave();
        }
    }

    public final Status delete(DirectBuffer key, int offset, int length) {
        key.boundsCheck(offset, length);
        Session session = enter();
        try {
            setKey(session, key, offset, length, 0);
            return DeleteOp.delete(session);
        } finally {
            session.leave();
        }
    }

    // --- read-modify-write of 8-byte values ---

    /** Updates an 8-byte value by a built-in: {@link Status#CREATED}, {@link Status#UPDATED_IN_PLACE} or {@link Status#COPIED}. */
    public final Status rmw(long key, Update update, long operand) {
        return rmw(key, update, operand, null);
    }

    /** Updates an 8-byte value by a built-in; {@code resultOrNull} gets the value after it. */
    public final Status rmw(long key, Update update, long operand, LongHolder resultOrNull) {
        Session session = enter();
        try {
            return RmwOp.update(session, key, Objects.requireNonNull(update), operand, resultOrNull);
        } finally {
            session.leave();
        }
    }

    /** Updates an 8-byte value by the caller's function. */
    public final Status rmw(long key, LongRmw function, long operand, LongHolder resultOrNull) {
        Session session = enter();
        try {
            session.key.setWord(key, session.hash.of(key));
            return RmwOp.update(session, Objects.requireNonNull(function), operand, resultOrNull);
        } finally {
            session.leave();
        }
    }

    public final Status rmw(byte[] key, int offset, int length, LongRmw function, long operand, LongHolder resultOrNull) {
        Objects.checkFromIndexSize(offset, length, key.length);
        Session session = enter();
        try {
            setKey(session, key, offset, length, 8);
            return RmwOp.update(session, Objects.requireNonNull(function), operand, resultOrNull);
        } finally {
            session.leave();
        }
    }

    public final Status rmw(MemorySegment key, LongRmw function, long operand, LongHolder resultOrNull) {
        Session session = enter();
        try {
            setKey(session, key, 8);
            return RmwOp.update(session, Objects.requireNonNull(function), operand, resultOrNull);
        } finally {
            session.leave();
        }
    }

    public final Status rmw(DirectBuffer key, int offset, int length, LongRmw function, long operand, LongHolder resultOrNull) {
        key.boundsCheck(offset, length);
        Session session = enter();
        try {
            setKey(session, key, offset, length, 8);
            return RmwOp.update(session, Objects.requireNonNull(function), operand, resultOrNull);
        } finally {
            session.leave();
        }
    }

    /** Adds to an 8-byte value; an absent key gets {@code delta}. */
    public final Status add(long key, long delta) {
        return rmw(key, Update.ADD, delta, null);
    }

    public final Status add(byte[] key, long delta) {
        return add(key, 0, key.length, delta);
    }

    public final Status add(byte[] key, int offset, int length, long delta) {
        return rmw(key, offset, length, Update.ADD, delta, null);
    }

    // --- read-modify-write of any value ---

    /** Updates by the caller's function; also {@link Status#TOMBSTONED} and {@link Status#LEFT}. */
    public final Status rmw(long key, Rmw function) {
        Session session = enter();
        try {
            session.key.setWord(key, session.hash.of(key));
            return RmwOp.apply(session, Objects.requireNonNull(function));
        } finally {
            session.leave();
        }
    }

    public final Status rmw(byte[] key, Rmw function) {
        return rmw(key, 0, key.length, function);
    }

    public final Status rmw(byte[] key, int offset, int length, Rmw function) {
        Objects.checkFromIndexSize(offset, length, key.length);
        Session session = enter();
        try {
            setKey(session, key, offset, length, 0);
            return RmwOp.apply(session, Objects.requireNonNull(function));
        } finally {
            session.leave();
        }
    }

    public final Status rmw(MemorySegment key, Rmw function) {
        Session session = enter();
        try {
            setKey(session, key, 0);
            return RmwOp.apply(session, Objects.requireNonNull(function));
        } finally {
            session.leave();
        }
    }

    public final Status rmw(DirectBuffer key, int offset, int length, Rmw function) {
        key.boundsCheck(offset, length);
        Session session = enter();
        try {
            setKey(session, key, offset, length, 0);
            return RmwOp.apply(session, Objects.requireNonNull(function));
        } finally {
            session.leave();
        }
    }

    // --- compareAndSet ---

    /**
     * Replaces an 8-byte value if it is {@code expected}: {@link Status#UPDATED_IN_PLACE}, {@link Status#COPIED}, {@link Status#MISMATCH} or
     * {@link Status#ABSENT}.
     */
    public final Status compareAndSet(long key, long expected, long value) {
        Session session = enter();
        try {
            session.key.setWord(key, session.hash.of(key));
            return RmwOp.compareAndSet(session, expected, value);
        } finally {
            session.leave();
        }
    }

    public final Status compareAndSet(byte[] key, byte[] expected, byte[] value) {
        Session session = enter();
        try {
            setKey(session, key, 0, key.length, value.length);
            session.requireFits(key.length, expected.length);
            Words.copyIn(expected, 0, expected.length, session.room(session.old, expected.length));
            setValue(session, value, 0, value.length);
            return RmwOp.compareAndSet(session, expected.length);
        } finally {
            session.value.release();
            session.leave();
        }
    }

    public final Status compareAndSet(MemorySegment key, MemorySegment expected, MemorySegment value) {
        Session session = enter();
        try {
            setKey(session, key, value.byteSize());
            session.requireFits(key.byteSize(), expected.byteSize());
            Words.copyIn(expected, 0, expected.byteSize(), session.room(session.old, expected.byteSize()));
            setValue(session, value);
            return RmwOp.compareAndSet(session, (int) expected.byteSize());
        } finally {
            session.leave();
        }
    }

    // --- groups of operations, whose cache misses overlap ---

    /**
     * Reads {@code keys[from … from + count - 1]} into the same places of {@code values}; an absent key's place gets {@code ifAbsent}. Several
     * times as fast as one by one where the data is larger than the caches.
     *
     * @return how many keys were found
     */
    public final int getAll(long[] keys, long[] values, int from, int count, long ifAbsent) {
        Objects.checkFromIndexSize(from, count, keys.length);
        Objects.checkFromIndexSize(from, count, values.length);
        Session session = enterForGroup();
        try {
            return GroupOp.getAll(session, keys, values, from, count, ifAbsent);
        } finally {
            session.endReads(count);
            session.leave();
        }
    }

    /** Writes {@code values[i]} under {@code keys[i]} for {@code count} places from {@code from} on, in this order; each is an operation of its own. */
    public final void putAll(long[] keys, long[] values, int from, int count) {
        Objects.checkFromIndexSize(from, count, keys.length);
        Objects.checkFromIndexSize(from, count, values.length);
        Session session = enterForGroup();
        try {
            GroupOp.putAll(session, keys, values, from, count);
        } finally {
            session.leave();
        }
    }

    /**
     * The same for values of any one length, end to end: the value of {@code keys[i]} is the {@code valueBytes} bytes from {@code i * valueBytes} on. The
     * fastest way to load a store.
     */
    public final void putAll(long[] keys, byte[] values, int valueBytes, int from, int count) {
        Objects.checkFromIndexSize(from, count, keys.length);
        if (valueBytes < 0 || (long) (from + count) * valueBytes > values.length) {
            throw new IndexOutOfBoundsException("values of " + valueBytes + " bytes for " + (from + count) + " keys do not stand in an array of " + values.length);
        }
        Session session = enterForGroup();
        try {
            session.requireFits(Long.BYTES, valueBytes);
            GroupOp.putAll(session, keys, values, valueBytes, from, count);
        } finally {
            session.value.release();
            session.leave();
        }
    }

    /**
     * Updates {@code count} keys from {@code from} on, in this order; each is an operation of its own. Those that must be looked up on the
     * device are looked up together. What goes wrong with one is thrown; then those behind it were not updated.
     */
    public final void rmwAll(long[] keys, int from, int count, Update update, long operand) {
        Objects.checkFromIndexSize(from, count, keys.length);
        Objects.requireNonNull(update);
        Session session = enterForGroup();
        try {
            GroupOp.updateAll(session, keys, from, count, update, operand);
        } finally {
            session.leave();
        }
    }

    /**
     * Fetches what operations on {@code count} keys from {@code from} on will look at into the processor's cache, as the groups above do for
     * themselves: called inside a batch before these operations, of whatever kind, it overlaps their cache misses. No operation by itself, and
     * only a hint. A few hundred keys at a time are good; of many thousand the first would have left the cache again.
     */
    public final void prefetch(long[] keys, int from, int count) {
        Objects.checkFromIndexSize(from, count, keys.length);
        Session session = enterForGroup();
        try {
            GroupOp.prefetch(session, keys, from, count);
        } finally {
            session.leave();
        }
    }

    // --- bytes on their way in; lengths are refused before anything is touched ---

    static void setKey(Session session, byte[] key, int offset, int length, long valueBytes) {
        session.requireFits(length, valueBytes);
        Words.copyIn(key, offset, length, session.room(session.key.scratch, length));
        session.setKey(length);
    }

    private static void setKey(Session session, MemorySegment key, long valueBytes) {
        session.requireFits(key.byteSize(), valueBytes);
        int length = (int) key.byteSize();
        Words.copyIn(key, 0, length, session.room(session.key.scratch, length));
        session.setKey(length);
    }

    private static void setKey(Session session, DirectBuffer key, int offset, int length, long valueBytes) {
        session.requireFits(length, valueBytes);
        copyIn(key, offset, length, session.room(session.key.scratch, length));
        session.setKey(length);
    }

    private static void setValue(Session session, byte[] value, int offset, int length) {
        session.requireFits(session.key.length, length);
        session.value.setArray(value, offset, length);
    }

    private static void setValue(Session session, MemorySegment value) {
        int length = (int) value.byteSize();
        Words.copyIn(value, 0, length, session.room(session.value.scratch, length));
        session.value.setScratch(length);
    }

    private static void setValue(Session session, DirectBuffer value, int offset, int length) {
        copyIn(value, offset, length, session.room(session.value.scratch, length));
        session.value.setScratch(length);
    }

    private static void copyIn(DirectBuffer source, int offset, int length, long target) {
        int whole = length & ~7;
        for (int at = 0; at < whole; at += 8) {
            Words.set(target + at, source.getLong(offset + at, ByteOrder.LITTLE_ENDIAN));
        }
        long last = 0;
        for (int at = length - 1; at >= whole; at--) {
            last = last << 8 | source.getByte(offset + at) & 0xFF;
        }
        if (whole != length) {
            Words.set(target + whole, last);
        }
    }
}
