package io.tideline.core;

import io.tideline.memory.Words;

/**
 * The value on its way into the store: a word, a part of the caller's array, or a copy in the session's scratch. Copying it cannot fail, so
 * it can be done under a record's lock; that is why segments and buffers, which may go away at any moment, are copied to the scratch first.
 */
final class Payload {
    private enum Kind { WORD, ARRAY, SCRATCH, PLACE }

    final Scratch scratch = new Scratch();
    private Kind kind = Kind.WORD;
    private long word;
    private byte[] array;
    private int offset;
    private long place;
    private int length;

    int length() {
        return length;
    }

    void setWord(long value) {
        kind = Kind.WORD;
        word = value;
        length = 8;
    }

    /** The range was checked. */
    void setArray(byte[] source, int from, int lengthBytes) {
        kind = Kind.ARRAY;
        array = source;
        offset = from;
        length = lengthBytes;
    }

    /** The first bytes of the scratch. */
    void setScratch(int lengthBytes) {
        kind = Kind.SCRATCH;
        length = lengthBytes;
    }

    /** Bytes that stand, zero-padded to words, where nobody changes them before the value is written. */
    void setPlace(long address, int lengthBytes) {
        kind = Kind.PLACE;
        place = address;
        length = lengthBytes;
    }

    void setEmpty() {
        setScratch(0);
    }

    /** Lets go of the caller's array. */
    void release() {
        array = null;
    }

    /** Writes the bytes, and zeros to the end of their last word. */
    void copyTo(long target) {
        if (length == 0) {
            return;
        }
        switch (kind) {
            case WORD -> Words.set(target, word);
            case ARRAY -> Words.copyIn(array, offset, length, target);
            case PLACE -> Words.copy(place, target, length);
            case SCRATCH -> Words.copy(scratch.address(), target, length);
        }
    }
}
