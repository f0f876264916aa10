package io.tideline.checkpoint;

import java.util.Arrays;
import java.util.List;

/** The cookies of those sessions of a checkpoint that have one, in the order of the sessions' ids. Immutable, and as small as in the file. */
final class SessionCookies {
    /** A row: a session's id, and where its cookie ends in {@link #bytes}; it begins where the one before it ends. */
    static final int WORDS = 2;
    static final SessionCookies NONE = new SessionCookies(new long[0], new byte[0]);

    private final long[] words;
    private final byte[] bytes;

    /** @param words of ascending ids; nobody changes them, nor the bytes, any more */
    SessionCookies(long[] words, byte[] bytes) {
        this.words = words;
        this.bytes = bytes;
    }

    /** @param sorted by id */
    static SessionCookies of(List<SessionPoint> sorted) {
        int rows = 0;
        long lengthBytes = 0;
        for (SessionPoint session : sorted) {
            rows += session.cookie().lengthBytes() > 0 ? 1 : 0;
            lengthBytes += session.cookie().lengthBytes();
        }
        long[] words = new long[rows * WORDS];
        byte[] bytes = new byte[Math.toIntExact(lengthBytes)];
        int at = 0;
        int end = 0;
        for (SessionPoint session : sorted) {
            int length = session.cookie().lengthBytes();
            if (length > 0) {
                session.cookie().view().get(bytes, end, length);
                end += length;
                words[at++] = session.id();
                words[at++] = end;
            }
        }
        return new SessionCookies(words, bytes);
    }

    /** The cookie of that session; {@link Opaque#EMPTY} if it has none. */
    Opaque of(long id) {
        int low = 0;
        for (int high = words.length / WORDS; low < high; ) {
            int middle = low + high >>> 1;
            if (words[middle * WORDS] < id) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        int at = low * WORDS;
        return at < words.length && words[at] == id
                ? Opaque.owning(Arrays.copyOfRange(bytes, at == 0 ? 0 : (int) words[at - 1], (int) words[at + 1])) : Opaque.EMPTY;
    }

    /** The rows, one after the other; not to be changed. */
    long[] words() {
        return words;
    }

    /** All cookies, one after the other; not to be changed. */
    byte[] bytes() {
        return bytes;
    }
}
