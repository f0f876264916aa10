package io.tideline.memory;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * The only door to shared off-heap words: 64-bit, 8-aligned, by raw address, with the memory order in the method's name (the dialect
 * is explained in the package's description). Bytes travel in whole words too: a copy into off-heap memory zeroes the rest of its last
 * word, so no byte of an earlier life survives behind a shorter one.
 *
 * <p>Which {@link Door} stands behind it is decided once per JVM, see {@link Door#chosen}. Callers pass addresses of a live
 * {@link Region}; the production doors do not check that.
 */
public final class Words {
    private static final Door DOOR;
    /** Why there is no door; nobody has an address to use without one, because {@link Region} asks first. */
    private static final RuntimeException REFUSAL;

    static {
        Door chosen = null;
        RuntimeException refusal = null;
        try {
            chosen = Door.chosen();
        } catch (RuntimeException cause) {
            refusal = cause;
        }
        DOOR = chosen;
        REFUSAL = refusal;
    }

    /** On x86-64 what makes a store volatile or a CAS atomic already is a full fence; elsewhere a later plain load may still overtake either. */
    private static final boolean VOLATILE_IS_FULL_FENCE = System.getProperty("os.arch").equals("amd64");
    private static final VarHandle ARRAY_WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    /** Beyond this a bulk copy beats a loop over words; below it the loop avoids the call. */
    private static final int BULK_BYTES = 256;

    private Words() {
    }

    /** {@code unsafe}, {@code segment}, {@code checked} or {@code heap}. */
    public static String doorName() {
        return door().name();
    }

    /** The door, or a fresh sentence saying why this JVM has none: a failed static initialiser would tell it to the first caller only. */
    static Door door() {
        if (DOOR == null) {
            throw new IllegalStateException(REFUSAL.getMessage(), REFUSAL);
        }
        return DOOR;
    }

    /** The same address, in the form in which accesses up to a few hundred bytes behind it cost no checks. Once per bucket or record. */
    public static long pin(long address) {
        return DOOR.pin(address);
    }

    public static long get(long address) {
        return DOOR.get(address);
    }

    public static long getAcquire(long address) {
        return DOOR.getAcquire(address);
    }

    public static long getVolatile(long address) {
        return DOOR.getVolatile(address);
    }

    public static void set(long address, long value) {
        DOOR.set(address, value);
    }

    public static void setRelease(long address, long value) {
        DOOR.setRelease(address, value);
    }

    public static void setVolatile(long address, long value) {
        DOOR.setVolatile(address, value);
    }

    public static boolean compareAndSet(long address, long expected, long value) {
        return DOOR.compareAndSet(address, expected, value);
    }

    public static long getAndAdd(long address, long delta) {
        return DOOR.getAndAdd(address, delta);
    }

    /** A compareAndSet whose store, if it happened, everybody sees before any later load of this thread is performed. */
    public static boolean announce(long address, long expected, long value) {
        boolean won = DOOR.compareAndSet(address, expected, value);
        fenceBehindVolatile();
        return won;
    }

    /** A store that everybody sees before any later load of this thread is performed, and before this returns by any clock. */
    public static void setAndFence(long address, long value) {
        DOOR.setVolatile(address, value);
        fenceBehindVolatile();
    }

    private static void fenceBehindVolatile() {
        if (!VOLATILE_IS_FULL_FENCE) {
            VarHandle.fullFence();
        }
    }

    /** Keeps the loads before it before the loads and stores behind it; the middle of every validated read. */
    public static void loadFence() {
        Probe.atWord();
        VarHandle.acquireFence();
    }

    /** Keeps the stores before it before the stores behind it; between taking a record's lock word and changing its data. */
    public static void storeStoreFence() {
        Probe.atWord();
        VarHandle.storeStoreFence();
    }

    /** Raises the word to {@code value} unless it is there already; whether this call raised it. */
    public static boolean raise(long address, long value) {
        for (;;) {
            long current = DOOR.getVolatile(address);
            if (current >= value) {
                return false;
            }
            if (DOOR.compareAndSet(address, current, value)) {
                return true;
            }
        }
    }

    /** The byte at any address, taken from its word. */
    public static byte getByte(long address) {
        return (byte) (DOOR.get(address & ~7L) >>> ((address & 7) << 3));
    }

    /** Copies whole words: {@code lengthBytes} rounded up to 8. */
    public static void copy(long source, long target, long lengthBytes) {
        if (lengthBytes > BULK_BYTES) {
            DOOR.copy(source, target, (lengthBytes + 7) & ~7L);
            return;
        }
        for (long at = 0; at < lengthBytes; at += 8) {
            DOOR.set(target + at, DOOR.get(source + at));
        }
    }

    /** Copies in, zeroing the rest of the last word. */
    public static void copyIn(byte[] source, int offset, int lengthBytes, long target) {
        int whole = lengthBytes & ~7;
        if (lengthBytes > BULK_BYTES) {
            DOOR.copyFrom(source, Objects.checkFromIndexSize(offset, lengthBytes, source.length), target, whole);
        } else {
            for (int at = 0; at < whole; at += 8) {
                DOOR.set(target + at, (long) ARRAY_WORD.get(source, offset + at));
            }
        }
        if (whole != lengthBytes) {
            DOOR.set(target + whole, lastWord(source, offset + whole, lengthBytes - whole));
        }
    }

    /** Up to eight bytes as the low end of a word; of the word that ends with them, where they stand so far behind the start. */
    public static long lastWord(byte[] source, int offset, int lengthBytes) {
        int start = offset + lengthBytes - Long.BYTES;
        if (start >= 0 && lengthBytes > 0) {
            return (long) ARRAY_WORD.get(source, start) >>> Long.SIZE - lengthBytes * Byte.SIZE;
        }
        long word = 0;
        for (int i = lengthBytes - 1; i >= 0; i--) {
            word = word << 8 | source[offset + i] & 0xFF;
        }
        return word;
    }

    /** Copies in from any segment, on or off the heap, zeroing the rest of the last word. */
    public static void copyIn(MemorySegment source, long offset, long lengthBytes, long target) {
        long whole = lengthBytes & ~7L;
        if (lengthBytes > BULK_BYTES) {
            DOOR.copyFrom(source, offset, target, whole);
        } else {
            for (long at = 0; at < whole; at += 8) {
                DOOR.set(target + at, source.get(JAVA_LONG_UNALIGNED, offset + at));
            }
        }
        if (whole != lengthBytes) {
            long word = 0;
            for (long i = lengthBytes - 1; i >= whole; i--) {
                word = word << 8 | source.get(java.lang.foreign.ValueLayout.JAVA_BYTE, offset + i) & 0xFF;
            }
            DOOR.set(target + whole, word);
        }
    }

    /** Copies out exactly {@code lengthBytes}. */
    public static void copyOut(long source, byte[] target, int offset, int lengthBytes) {
        int whole = lengthBytes & ~7;
        if (lengthBytes > BULK_BYTES) {
            DOOR.copyTo(source, target, Objects.checkFromIndexSize(offset, lengthBytes, target.length), lengthBytes);
            return;
        }
        for (int at = 0; at < whole; at += 8) {
            ARRAY_WORD.set(target, offset + at, DOOR.get(source + at));
        }
        if (whole != lengthBytes) {
            long word = DOOR.get(source + whole);
            for (int at = whole; at < lengthBytes; at++, word >>>= 8) {
                target[offset + at] = (byte) word;
            }
        }
    }

    /** Copies out exactly {@code lengthBytes} into any segment. */
    public static void copyOut(long source, MemorySegment target, long offset, long lengthBytes) {
        DOOR.copyTo(source, target, offset, lengthBytes);
    }

    /** Zeroes {@code lengthBytes}, a multiple of 8, in pieces between which the JVM can reach a safepoint. */
    public static void zero(long address, long lengthBytes) {
        for (long at = 0; at < lengthBytes; at += ZERO_PIECE_BYTES) {
            DOOR.zero(address + at, Math.min(ZERO_PIECE_BYTES, lengthBytes - at));
        }
    }

    private static final long ZERO_PIECE_BYTES = 256 << 10;
}
