package io.tideline.cli.bench.contestant;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** A value longer than a word, used again and again: its first word, little-endian, is the number that the work counts with. */
public final class ByteValue {

    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final byte[] bytes;

    public ByteValue(int length) {
        this.bytes = new byte[length];
    }

    /** The first word of {@code value}. */
    public static long firstWord(byte[] value) {
        return (long) WORD.get(value, 0);
    }

    /** Changes the first word of {@code value}. */
    public static void setFirstWord(byte[] value, long word) {
        setWord(value, 0, word);
    }

    /** Changes the first word of the value that begins at {@code offset}. */
    static void setWord(byte[] values, int offset, long word) {
        WORD.set(values, offset, word);
    }

    /** The bytes themselves. */
    public byte[] bytes() {
        return bytes;
    }

    /** The bytes with another first word. */
    public byte[] with(long firstWord) {
        setFirstWord(bytes, firstWord);
        return bytes;
    }
}
