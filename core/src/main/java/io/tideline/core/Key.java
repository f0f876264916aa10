package io.tideline.core;

import io.tideline.memory.Words;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The key of a session's running operation, with its hash. Keys of 8 bytes are a word, whichever way the caller named them; others are
 * copied to the session's scratch, where they compare word by word.
 */
final class Key {
    final Scratch scratch;
    long hash;
    /** The key itself where {@link #length} is 8. */
    long word;
    int length;

    Key() {
        this(null);
    }

    /** @param meter counts the bytes of the scratch; null for none */
    Key(AtomicLong meter) {
        scratch = new Scratch(meter);
    }

    void setWord(long key, long keyHash) {
        word = key;
        hash = keyHash;
        length = 8;
    }

    boolean isWord() {
        return length == 8;
    }

    /** Whether the key that stands at {@code address}, zero-padded like every key in the log, is this one; lengths are equal already. */
    boolean isAt(long address) {
        if (length == 8) {
            return Words.get(address) == word;
        }
        long own = scratch.address();
        for (int at = 0; at < length; at += 8) {
            if (Words.get(address + at) != Words.get(own + at)) {
                return false;
            }
        }
        return true;
    }

    /** Becomes another key; {@code session} may leave the epoch to make room. */
    void copyOf(Key other, Session session) {
        hash = other.hash;
        length = other.length;
        word = other.word;
        if (!other.isWord() && length > 0) {
            Words.copy(other.scratch.address(), session.room(scratch, length), length);
        }
    }

    void copyTo(long address) {
        if (length == 8) {
            Words.set(address, word);
        } else {
            Words.copy(scratch.address(), address, length);
        }
    }
}
