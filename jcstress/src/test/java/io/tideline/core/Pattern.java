package io.tideline.core;

import java.util.Arrays;

/** Values that show whether they are whole: all bytes the same, and those tell which value it is. */
final class Pattern {
    private static final long OLD_BYTE = 0x11;
    private static final long NEW_BYTE = 0x22;
    private static final long ALL_BYTES = 0x0101_0101_0101_0101L;

    /** The old and the new value of 8 bytes. */
    static final long OLD_WORD = OLD_BYTE * ALL_BYTES;
    static final long NEW_WORD = NEW_BYTE * ALL_BYTES;
    /** No value at all. */
    static final long ABSENT = -1;

    private final byte[] old;
    private final byte[] other;
    private final ValueHolder holder = ValueHolder.growing();

    Pattern(int oldBytes, int newBytes) {
        old = filled(oldBytes, OLD_BYTE);
        other = filled(newBytes, NEW_BYTE);
    }

    private static byte[] filled(int lengthBytes, long with) {
        byte[] value = new byte[lengthBytes];
        Arrays.fill(value, (byte) with);
        return value;
    }

    void putOld(FreshKeys.Cell cell) {
        cell.store().put(cell.key(), old);
    }

    Status putNew(FreshKeys.Cell cell) {
        return cell.store().put(cell.key(), other);
    }

    /** Reads the key, on the one thread that reads with this pattern, and says which value it has. */
    String read(FreshKeys.Cell cell) {
        if (cell.store().get(cell.key(), holder) == Status.ABSENT) {
            return "absent";
        }
        return isHeld(other) ? "new" : isHeld(old) ? "old" : "torn";
    }

    private boolean isHeld(byte[] value) {
        return Arrays.equals(holder.array(), 0, holder.length(), value, 0, value.length);
    }

    /** Which value of 8 bytes this is. */
    static String nameOf(long word) {
        return word == ABSENT ? "absent" : word == NEW_WORD ? "new" : word == OLD_WORD ? "old" : "torn";
    }
}
