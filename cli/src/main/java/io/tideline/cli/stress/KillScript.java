package io.tideline.cli.stress;

import io.tideline.core.Completion;
import io.tideline.core.Rmw;
import io.tideline.core.RmwAction;
import io.tideline.core.Session;
import io.tideline.core.Status;
import io.tideline.core.Update;
import io.tideline.core.ValueView;
import io.tideline.core.ValueWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * What each operation of each session is, by the seed of the store, the session and the serial alone. So what a prefix of a session leaves can
 * be computed: {@link Prefix}. Sessions have keys of their own, on which every kind of operation runs, and share two kinds: of one the value
 * holds a count for each session, of the other a sum to which each session adds its own weight.
 */
final class KillScript {

    static final int SESSIONS = 4;
    static final int OWN_KEYS = 160;
    static final int SUBMITTED_KEYS = 40;
    static final int SHARED_KEYS = 5;
    static final int GROUP = 6;

    private static final int KINDS = 14;
    private static final int PUT = 0;
    private static final int ADD = 1;
    private static final int DELETE = 2;
    private static final int PUT_IF_ABSENT = 3;
    private static final int PUT_BYTES = 4;
    private static final int DELETE_BYTES = 5;
    private static final int SUBMIT = 6;
    private static final int COUNT = 7;
    private static final int ADD_GROUP = 8;
    private static final int ADD_SUM = 9;
    private static final int SUBMIT_SUM = 10;
    private static final int APPEND_BYTES = 11;
    private static final int RMW_DELETE = 12;

    private static final long[] WEIGHTS = {1, 1_000_003, 1_000_000_007L, 10_000_000_000_037L};
    private static final int LONGEST_PUT = 300;
    private static final int LONGEST_APPENDED = 500;
    private static final int APPENDED = 24;

    private final long seed;

    KillScript(long seed) {
        this.seed = seed;
    }

    /** One operation. */
    private record Step(int kind, int key, long salt, long serial) {

        int length() {
            return kind == ADD_GROUP ? GROUP : 1;
        }

        /** The members of a group, as numbers of keys; one may be there twice. */
        int[] group() {
            return new SplittableRandom(salt).ints(GROUP, 0, OWN_KEYS).toArray();
        }

        /** Bytes that tell from which operation they are, each of them. */
        byte[] value(int length) {
            byte[] value = new byte[length];
            for (int i = 0; i < length; i++) {
                value[i] = (byte) (serial * 31 + i * 7);
            }
            return value;
        }

        byte[] newValue() {
            return value(9 + (int) Long.remainderUnsigned(salt, LONGEST_PUT));
        }

        /** The old value, null if there is none, with more behind it; or a short one once it is long. */
        byte[] appended(byte[] old) {
            byte[] more = value(APPENDED);
            if (old == null || old.length + APPENDED > LONGEST_APPENDED) {
                return more;
            }
            byte[] longer = Arrays.copyOf(old, old.length + APPENDED);
            System.arraycopy(more, 0, longer, old.length, APPENDED);
            return longer;
        }
    }

    private Step step(int session, long serial) {
        SplittableRandom random = new SplittableRandom((seed * SESSIONS + session) * 0x9E3779B97F4A7C15L + serial * 0xD1B54A32D192ED03L);
        return new Step(random.nextInt(KINDS), random.nextInt(OWN_KEYS), random.nextLong(), serial);
    }

    static long ownKey(int session, int key) {
        return (long) (session + 1) << 32 | key;
    }

    static long submittedKey(int session, int key) {
        return (long) (session + 1) << 32 | 1 << 20 | key;
    }

    static long sumKey(int key) {
        return 1L << 48 | key;
    }

    static byte[] bytesKey(int session, int key) {
        return ("the bytes " + key + " of session " + session).getBytes(StandardCharsets.UTF_8);
    }

    static byte[] countKey(int key) {
        return ("counts " + key + " of all sessions").getBytes(StandardCharsets.UTF_8);
    }

    static String sessionName(int session) {
        return "session " + session;
    }

    // --- doing ---

    /** How many serials the operation takes that comes behind {@code serial}. */
    int length(int session, long serial) {
        return step(session, serial + 1).length();
    }

    /** Runs the operation behind the session's latest one, which the session's cookie says before. */
    void run(Session session, int number, Consumer<Throwable> problems) {
        Step step = step(number, session.serial() + 1);
        session.setCookie(ByteBuffer.allocate(Long.BYTES).putLong(session.serial()).array());
        long own = ownKey(number, step.key);
        switch (step.kind) {
            case PUT -> session.put(own, step.serial);
            case ADD -> session.add(own, step.serial);
            case DELETE -> session.delete(own);
            case PUT_IF_ABSENT -> session.putIfAbsent(own, step.serial);
            case PUT_BYTES -> session.put(bytesKey(number, step.key), step.newValue());
            case DELETE_BYTES -> session.delete(bytesKey(number, step.key));
            case SUBMIT -> session.submitRmw(submittedKey(number, step.key % SUBMITTED_KEYS), Update.ADD, 1, step.serial, told(problems));
            case COUNT -> session.rmw(countKey(step.key % SHARED_KEYS), counting(number));
            case ADD_GROUP -> session.rmwAll(groupKeys(step, number), 0, GROUP, Update.ADD, 1);
            case ADD_SUM -> session.add(sumKey(step.key % SHARED_KEYS), WEIGHTS[number]);
            case SUBMIT_SUM -> session.submitRmw(sumKey(step.key % SHARED_KEYS), Update.ADD, WEIGHTS[number], step.serial, told(problems));
            case APPEND_BYTES -> session.rmw(bytesKey(number, step.key), appending(step));
            case RMW_DELETE -> session.rmw(bytesKey(number, step.key), DELETING);
            default -> session.get(own, 0);
        }
    }

    /** Whether a session that did so many operations can have that cookie: of the latest one, or of the one behind, which is not done. */
    boolean isCookie(byte[] cookie, int session, long serial) {
        if (cookie.length != Long.BYTES) {
            return cookie.length == 0 && serial == 0;
        }
        long behind = ByteBuffer.wrap(cookie).getLong();
        return behind == serial || behind >= 0 && behind < serial && serial <= behind + length(session, behind);
    }

    /** Runs those members of a group that a cut has left behind; nothing if it fell between two operations. */
    void finishGroup(Session session, int number, Prefix prefix) {
        if (prefix.groupDone > 0) {
            session.rmwAll(groupKeys(prefix.group, number), prefix.groupDone, GROUP - prefix.groupDone, Update.ADD, 1);
        }
    }

    private static long[] groupKeys(Step step, int session) {
        return Arrays.stream(step.group()).mapToLong(key -> ownKey(session, key)).toArray();
    }

    private static Completion told(Consumer<Throwable> problems) {
        return new Completion() {
            @Override
            public void completed(long context, Status status, ValueView value) {
                if (value.length() != Long.BYTES) {
                    problems.accept(new Violation("the submitted operation " + context + " ended as " + status + " with " + value.length() + " bytes"));
                }
            }

            @Override
            public void failed(long context, Throwable thrown) {
                problems.accept(thrown);
            }
        };
    }

    private static Rmw counting(int number) {
        return new Rmw() {
            @Override
            public RmwAction onAbsent(ValueWriter writer) {
                return increment(new byte[SESSIONS * Long.BYTES], writer);
            }

            @Override
            public RmwAction onPresent(ValueView old, ValueWriter writer) {
                return increment(old.toArray(), writer);
            }

            private RmwAction increment(byte[] counts, ValueWriter writer) {
                ByteBuffer words = ByteBuffer.wrap(counts).order(ByteOrder.LITTLE_ENDIAN);
                words.putLong(number * Long.BYTES, words.getLong(number * Long.BYTES) + 1);
                writer.set(counts);
                return RmwAction.WRITE;
            }
        };
    }

    private static Rmw appending(Step step) {
        return new Rmw() {
            @Override
            public RmwAction onAbsent(ValueWriter writer) {
                writer.set(step.appended(null));
                return RmwAction.WRITE;
            }

            @Override
            public RmwAction onPresent(ValueView old, ValueWriter writer) {
                writer.set(step.appended(old.toArray()));
                return RmwAction.WRITE;
            }
        };
    }

    private static final Rmw DELETING = new Rmw() {
        @Override
        public RmwAction onAbsent(ValueWriter writer) {
            return RmwAction.LEAVE;
        }

        @Override
        public RmwAction onPresent(ValueView old, ValueWriter writer) {
            return RmwAction.DELETE;
        }
    };

    // --- what it leaves ---

    /** What the operations of a session up to one leave, in a store that nobody else changed. */
    final class Prefix {
        final int session;
        final long serial;
        /** Null where the key is not there. */
        final Long[] own = new Long[OWN_KEYS];
        final byte[][] bytes = new byte[OWN_KEYS][];
        final Long[] submitted = new Long[SUBMITTED_KEYS];
        final long[] counts = new long[SHARED_KEYS];
        final long[] sums = new long[SHARED_KEYS];
        /** The group that the prefix ends in, and how many of its members belong to it; 0 if it does not end in one. */
        private Step group;
        private int groupDone;

        Prefix(int session, long serial) {
            this.session = session;
            this.serial = serial;
            for (long at = 1; at <= serial; ) {
                Step step = step(session, at);
                apply(step);
                at += step.length();
            }
        }

        private void apply(Step step) {
            int key = step.key;
            int shared = key % SHARED_KEYS;
            switch (step.kind) {
                case PUT -> own[key] = step.serial;
                case ADD -> own[key] = plus(own[key], step.serial);
                case DELETE -> own[key] = null;
                case PUT_IF_ABSENT -> own[key] = own[key] == null ? Long.valueOf(step.serial) : own[key];
                case PUT_BYTES -> bytes[key] = step.newValue();
                case DELETE_BYTES, RMW_DELETE -> bytes[key] = null;
                case SUBMIT -> submitted[key % SUBMITTED_KEYS] = plus(submitted[key % SUBMITTED_KEYS], 1);
                case COUNT -> counts[shared]++;
                case ADD_GROUP -> applyGroup(step);
                case ADD_SUM, SUBMIT_SUM -> sums[shared] += WEIGHTS[session];
                case APPEND_BYTES -> bytes[key] = step.appended(bytes[key]);
                default -> { } // a read
            }
        }

        private void applyGroup(Step step) {
            int[] keys = step.group();
            int members = (int) Math.min(GROUP, serial - step.serial + 1);
            for (int i = 0; i < members; i++) {
                own[keys[i]] = plus(own[keys[i]], 1);
            }
            if (members < GROUP) {
                group = step;
                groupDone = members;
            }
        }

        private static Long plus(Long old, long more) {
            return (old == null ? 0 : old) + more;
        }
    }
}
