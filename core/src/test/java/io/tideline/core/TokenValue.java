package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

/**
 * A value of 8 to 400 bytes that follows from one number, so that each value in a store says itself whether it is whole: its first word is
 * the number, its length and all its other bytes come from it.
 */
final class TokenValue {
    private TokenValue() {
    }

    static int length(long token) {
        return 8 + (int) ((token * 0x9E3779B97F4A7C15L >>> 33) % 393);
    }

    static byte[] of(long token) {
        byte[] bytes = new byte[length(token)];
        System.arraycopy(Bytes.ofLong(token), 0, bytes, 0, 8);
        for (int i = 8; i < bytes.length; i++) {
            bytes[i] = at(token, i);
        }
        return bytes;
    }

    private static byte at(long token, int index) {
        return (byte) (token * 0x9E3779B97F4A7C15L >>> 40 + (index & 7) ^ index);
    }

    /** The number of a value, if it is whole. */
    static long token(byte[] bytes) {
        long token = Bytes.toLong(bytes);
        assertEquals(length(token), bytes.length, "a value was torn: its length is another value's");
        for (int i = 8; i < bytes.length; i++) {
            if (bytes[i] != at(token, i)) {
                throw new AssertionError("a value was torn at byte " + i + " of " + bytes.length);
            }
        }
        return token;
    }

    /** What an update makes of a value: another number, mostly of another length. */
    static long update(long token, long operand) {
        return token * 31 + operand & Long.MAX_VALUE;
    }
}
