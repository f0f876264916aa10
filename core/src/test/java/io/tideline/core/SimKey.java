package io.tideline.core;

import java.util.Arrays;

/**
 * A key of a {@link SimScript}: what is done with it says what can be known of it.
 *
 * @param isBytes whether key and value are bytes, of many lengths; otherwise both are eight
 * @param owner the session that has it, or the first one of those that share it
 */
record SimKey(Use use, boolean isBytes, int owner, int index) {
    enum Use {
        /** One session works on it with every kind of operation, so any prefix of that leaves one value. */
        OWN,
        /** Up to {@link #COUNTING} sessions count their updates in it and do nothing else to it, so it tells how many of each it has seen. */
        COUNT,
        /** All sessions write values to it of which each is written once, delete it, and compare and set. */
        PLAIN
    }

    /** How many sessions count in one key. */
    static final int COUNTING = 3;
    /** The counts of a value must stay below this. */
    static final int MAX_COUNT = 1 << 20;
    private static final int COUNT_BITS = 21;
    private static final int SESSION_BITS = 4;
    /** More than a session may be told apart by in a value. */
    static final int MAX_SESSIONS = 1 << SESSION_BITS;
    private static final int MAX_INDEX = 1 << 16;

    // --- names ---

    /** The eight bytes of the key, or the first eight. */
    long id() {
        return (long) (use.ordinal() << 1 | (isBytes ? 1 : 0)) << 40 | (long) owner << 20 | index;
    }

    /** The key of bytes; never eight of them. */
    byte[] name() {
        byte[] name = Arrays.copyOf(Bytes.ofLong(id()), 9 + index % 13);
        Arrays.fill(name, 8, name.length, (byte) (index + 1));
        return name;
    }

    /** The key that has this name; null if there is none. */
    static SimKey of(byte[] name) {
        if (name.length < 8) {
            return null;
        }
        long id = Bytes.toLong(name);
        long use = id >>> 41;
        if (use >= Use.values().length) {
            return null;
        }
        SimKey key = new SimKey(Use.values()[(int) use], (id >>> 40 & 1) != 0, (int) (id >>> 20 & 0xFFFFF), (int) (id & 0xFFFFF));
        boolean isIts = key.index < MAX_INDEX && (key.isBytes ? Arrays.equals(key.name(), name) : name.length == 8);
        return isIts ? key : null;
    }

    // --- values, each told by a number; those of bytes are the number's TokenValue ---

    /** The value that an operation alone writes. */
    static long token(int session, long serial) {
        return serial << SESSION_BITS | session;
    }

    static int sessionOf(long token) {
        return (int) token & MAX_SESSIONS - 1;
    }

    static long serialOf(long token) {
        return token >>> SESSION_BITS;
    }

    /** What a session adds to a key that counts. */
    static long one(int session) {
        return 1L << session % COUNTING * COUNT_BITS;
    }

    /** How often a session has counted in this key, by its value. */
    int countOf(long value, int session) {
        return (int) (value >>> session % COUNTING * COUNT_BITS) & (1 << COUNT_BITS) - 1;
    }

    /** What an update with an operand makes of a value. */
    RegisterSpec spec() {
        return use == Use.OWN && isBytes ? GROWING : SUM;
    }

    private static final RegisterSpec SUM = new RegisterSpec(Long::sum);
    private static final RegisterSpec GROWING = new RegisterSpec(TokenValue::update);

    /** A value for a person to read. */
    String text(RegisterSpec.State state, int sessions) {
        if (!state.present()) {
            return "nothing";
        }
        long value = state.value();
        return switch (use) {
            case OWN -> "the value " + value;
            case PLAIN -> "the value of (s" + sessionOf(value) + ", " + serialOf(value) + ")";
            case COUNT -> {
                StringBuilder text = new StringBuilder("the counts");
                for (int session = owner; session < Math.min(sessions, owner + COUNTING); session++) {
                    text.append(session == owner ? " " : ", ").append("s").append(session).append(" ").append(countOf(value, session));
                }
                yield text.toString();
            }
        };
    }

    /** The same in each process, so that what follows from the order of a map does, too. */
    @Override
    public int hashCode() {
        return Long.hashCode(id());
    }

    @Override
    public String toString() {
        String kind = switch (use) {
            case OWN -> "own key " + index + " of s" + owner;
            case COUNT -> "counting key " + index + " from s" + owner + " on";
            case PLAIN -> "shared key " + index;
        };
        return kind + (isBytes ? " (bytes)" : "");
    }
}
