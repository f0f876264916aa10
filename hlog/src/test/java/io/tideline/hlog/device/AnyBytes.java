package io.tideline.hlog.device;

import io.tideline.memory.Words;

/** Bytes of off-heap memory at any address and of any length, where {@link Words} copies whole words; the bytes around them stay. */
final class AnyBytes {
    private AnyBytes() {
    }

    static byte[] get(long address, int lengthBytes) {
        int before = (int) (address & 7);
        byte[] words = new byte[before + lengthBytes];
        Words.copyOut(address - before, words, 0, words.length);
        byte[] bytes = new byte[lengthBytes];
        System.arraycopy(words, before, bytes, 0, lengthBytes);
        return bytes;
    }

    static void put(long address, byte[] bytes) {
        put(address, bytes, bytes.length);
    }

    /** Puts the first {@code lengthBytes} of the bytes. Not atomic: nobody else writes to the words at both ends. */
    static void put(long address, byte[] bytes, int lengthBytes) {
        if (lengthBytes == 0) {
            return;
        }
        int before = (int) (address & 7);
        byte[] words = new byte[before + lengthBytes + 7 & ~7];
        Words.copyOut(address - before, words, 0, words.length);
        System.arraycopy(bytes, 0, words, before, lengthBytes);
        Words.copyIn(words, 0, words.length, address - before);
    }
}
