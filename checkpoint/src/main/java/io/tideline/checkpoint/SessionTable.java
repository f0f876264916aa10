package io.tideline.checkpoint;

import java.nio.charset.StandardCharsets;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.RandomAccess;
import java.util.SplittableRandom;

/** The sessions of a checkpoint in the order of their ids; no two have the same id or name. Immutable, and as small as in the file. */
public final class SessionTable extends AbstractList<SessionPoint> implements RandomAccess {
    public static final int MAX_SESSIONS = Character.MAX_VALUE;
    /** A row: id, durable serial, and where the session's name ends in {@link #names}; it begins where the one before it ends. */
    static final int WORDS = 3;
    /** Drawn anew in each process, so that nobody can choose names that fall together. */
    private static final long HASH_FACTOR = new SplittableRandom().nextLong() | 1;

    private final PackedList<SessionPoint> rows;
    private final byte[] names;
    private final SessionCookies cookies;

    /** @param names nobody changes them, nor the words, any more */
    SessionTable(long[] words, byte[] names, SessionCookies cookies) {
        this.rows = new PackedList<>(words, WORDS, (row, first) -> new SessionPoint(row[first], name(row, first), row[first + 1], cookies.of(row[first])));
        this.names = names;
        this.cookies = cookies;
    }

    static SessionTable of(List<SessionPoint> sessions) {
        if (sessions instanceof SessionTable table) {
            return table;
        }
        if (sessions.size() > MAX_SESSIONS) {
            throw new IllegalArgumentException("a checkpoint of " + sessions.size() + " sessions; it takes up to " + MAX_SESSIONS);
        }
        List<SessionPoint> sorted = sessions.stream().sorted(Comparator.comparingLong(SessionPoint::id)).toList();
        byte[] names = new byte[SessionPoint.MAX_NAME_BYTES * sorted.size()];
        long[] words = new long[WORDS * sorted.size()];
        int end = 0;
        for (int i = 0; i < sorted.size(); i++) {
            SessionPoint session = sorted.get(i);
            if (i > 0 && sorted.get(i - 1).id() == session.id()) {
                throw new IllegalArgumentException("two sessions with the id " + session.id());
            }
            byte[] name = session.nameBytes();
            System.arraycopy(name, 0, names, end, name.length);
            end += name.length;
            words[WORDS * i] = session.id();
            words[WORDS * i + 1] = session.durableSerial();
            words[WORDS * i + 2] = end;
        }
        SessionTable table = new SessionTable(words, Arrays.copyOf(names, end), SessionCookies.of(sorted));
        int second = table.repeatedName();
        if (second >= 0) {
            throw new IllegalArgumentException("two sessions with the name '" + table.get(second).name().orElseThrow() + "'");
        }
        return table;
    }

    /** The session of that name, if the checkpoint has one. */
    public Optional<SessionPoint> named(String name) {
        byte[] wanted = name.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < size(); i++) {
            if (wanted.length > 0 && Arrays.equals(names, begin(i), end(i), wanted, 0, wanted.length)) {
                return Optional.of(get(i));
            }
        }
        return Optional.empty();
    }

    @Override
    public SessionPoint get(int index) {
        return rows.get(index);
    }

    @Override
    public int size() {
        return rows.size();
    }

    long[] words() {
        return rows.words();
    }

    /** The UTF-8 of all names, one after the other; not to be changed. */
    byte[] names() {
        return names;
    }

    SessionCookies cookies() {
        return cookies;
    }

    private Optional<String> name(long[] row, int first) {
        int begin = first == 0 ? 0 : (int) row[first - 1];
        int end = (int) row[first + 2];
        return begin == end ? Optional.empty() : Optional.of(new String(names, begin, end - begin, StandardCharsets.UTF_8));
    }

    private int begin(int index) {
        return index == 0 ? 0 : end(index - 1);
    }

    private int end(int index) {
        return (int) words()[WORDS * index + 2];
    }

    /** A session that has the name of an earlier one, or -1. It takes a quarter of a megabyte at most, and no time that a file could choose. */
    int repeatedName() {
        int bits = 33 - Integer.numberOfLeadingZeros(Math.max(size(), 2) - 1);
        char[] rowsPlusOne = new char[1 << bits];
        for (int i = 0; i < size(); i++) {
            if (begin(i) == end(i)) {
                continue;
            }
            int place = (int) (hash(i) >>> Long.SIZE - bits);
            for (; rowsPlusOne[place] != 0; place = place + 1 & rowsPlusOne.length - 1) {
                int other = rowsPlusOne[place] - 1;
                if (Arrays.equals(names, begin(i), end(i), names, begin(other), end(other))) {
                    return i;
                }
            }
            rowsPlusOne[place] = (char) (i + 1);
        }
        return -1;
    }

    private long hash(int index) {
        long hash = HASH_FACTOR;
        for (int at = begin(index); at < end(index); at++) {
            hash = (hash ^ names[at]) * HASH_FACTOR;
            hash ^= hash >>> 32;
        }
        return hash * HASH_FACTOR;
    }
}
