package io.tideline.core;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.random.RandomGenerator;

/** Bytes by value, for keys of heap maps. */
record Bytes(byte[] array) {
    static byte[] ofLong(long value) {
        byte[] bytes = new byte[8];
        for (int i = 0; i < 8; i++) {
            bytes[i] = (byte) (value >>> 8 * i);
        }
        return bytes;
    }

    /** The little-endian number in eight bytes. */
    static long toLong(byte[] bytes) {
        long value = 0;
        for (int i = 7; i >= 0; i--) {
            value = value << 8 | bytes[i] & 0xFF;
        }
        return value;
    }

    static byte[] random(RandomGenerator random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Bytes that && Arrays.equals(array, that.array);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(array);
    }

    @Override
    public String toString() {
        return array.length + ":" + HexFormat.of().formatHex(array, 0, Math.min(array.length, 12));
    }
}
