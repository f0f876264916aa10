package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * What each operation of each session is, by its serial alone, so that what a prefix of them leaves can be computed. A session has keys of
 * its own, on which every kind of operation runs; and all share some, whose values count the operations of each session, so that the check of
 * a prefix is exact there too.
 */
final class PrefixScript {
    private static final int OWN_KEYS = 24;
    private static final int SUBMITTED_KEYS = 12;
    private static final int SHARED_KEYS = 3;
    private static final int GROUP = 6;

    private final long seed;
    private final int sessions;

    /** What some operations of a session leave. */
    private static final class Expected {
        final Map<Long, Long> longs = new HashMap<>();
        final Map<Long, byte[]> bytes = new HashMap<>();
        final long[] shared = new long[SHARED_KEYS];
        long serial;
    }

    PrefixScript(long seed, int sessions) {
        this.seed = seed;
        this.sessions = sessions;
    }

    private SplittableRandom random(int session, long serial) {
        return new SplittableRandom(seed * 1_000_003 + session * 7919L + serial * 104_729);
    }

    private static long ownKey(int session, int key) {
        return (long) session << 32 | key;
    }

    private static long submittedKey(int session, int key) {
        return (long) session << 32 | 1 << 20 | key;
    }

    private static byte[] bytesKey(int session, int key) {
        return ("bytes of " + session + ", " + key).getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] sharedKey(int key) {
        return ("shared by all " + key).getBytes(StandardCharsets.UTF_8);
    }

    private static long[] group(SplittableRandom random, int session) {
        return random.longs(GROUP, 0, OWN_KEYS).map(key -> ownKey(session, (int) key)).toArray();
    }

    private static byte[] value(SplittableRandom random) {
        byte[] value = new byte[random.nextInt(9, 400)];
        Arrays.fill(value, (byte) random.nextInt(1, 100));
        return value;
    }

    /** Runs the operation behind the session's latest one, or several that go together; tells none of them apart from the user's view. */
    void run(Session session, int number) {
        long serial = session.serial() + 1;
        SplittableRandom random = random(number, serial);
        int key = random.nextInt(OWN_KEYS);
        switch (random.nextInt(10)) {
            case 0 -> session.put(ownKey(number, key), serial);
            case 1 -> session.add(ownKey(number, key), serial);
            case 2 -> session.delete(ownKey(number, key));
            case 3 -> session.putIfAbsent(ownKey(number, key), serial);
            case 4 -> session.put(bytesKey(number, key), value(random));
            case 5 -> session.delete(bytesKey(number, key));
            case 6 -> session.submitRmw(submittedKey(number, key % SUBMITTED_KEYS), Update.ADD, 1, serial, QUIET);
            case 7 -> session.rmw(sharedKey(key % SHARED_KEYS), counting(number));
            case 8 -> session.rmwAll(group(random, number), 0, GROUP, Update.ADD, 1);
            default -> session.get(ownKey(number, key), 0);
        }
        if (random.nextInt(4) == 0) {
            session.completePending(random.nextInt(8) == 0);
        }
    }

    private static final Completion QUIET = new Completion() {
        @Override
        public void completed(long context, Status status, ValueView value) {
            // what it did is checked after the recovery
        }

        @Override
        public void failed(long context, Throwable thrown) {
            // the disk was switched off
        }
    };

    private Rmw counting(int number) {
        return new Rmw() {
            @Override
            public RmwAction onAbsent(ValueWriter writer) {
                byte[] counts = new byte[sessions * Long.BYTES];
                counts[number * Long.BYTES]++;
                writer.set(counts);
                return RmwAction.WRITE;
            }

            @Override
            public RmwAction onPresent(ValueView old, ValueWriter writer) {
                byte[] counts = old.toArray();
                for (int at = number * Long.BYTES; ++counts[at] == 0; at++) {
                    // the next digit
                }
                writer.set(counts);
                return RmwAction.WRITE;
            }
        };
    }

    private Expected expect(int session, long upTo) {
        Expected expected = new Expected();
        while (expected.serial < upTo) {
            step(expected, session, upTo);
        }
        return expected;
    }

    private void step(Expected expected, int session, long upTo) {
        long serial = expected.serial + 1;
        SplittableRandom random = random(session, serial);
        int key = random.nextInt(OWN_KEYS);
        long own = ownKey(session, key);
        expected.serial = serial;
        switch (random.nextInt(10)) {
            case 0 -> expected.longs.put(own, serial);
            case 1 -> expected.longs.merge(own, serial, Long::sum);
            case 2 -> expected.longs.remove(own);
            case 3 -> expected.longs.putIfAbsent(own, serial);
            case 4 -> expected.bytes.put((long) key, value(random));
            case 5 -> expected.bytes.remove((long) key);
            case 6 -> expected.longs.merge(submittedKey(session, key % SUBMITTED_KEYS), 1L, Long::sum);
            case 7 -> expected.shared[key % SHARED_KEYS]++;
            case 8 -> {
                long[] keys = group(random, session);
                for (int i = 0; i < GROUP && serial + i <= upTo; i++) {
                    expected.longs.merge(keys[i], 1L, Long::sum);
                    expected.serial = serial + i;
                }
            }
            default -> {
                // a read
            }
        }
    }

    /** The next serial at which an operation of the script begins that is not the middle of a group; groups cut in two are finished first. */
    void finishGroup(Session session, int number) {
        long upTo = session.serial();
        Expected expected = new Expected();
        while (expected.serial < upTo) {
            long before = expected.serial;
            step(expected, number, Long.MAX_VALUE);
            if (expected.serial > upTo) {
                SplittableRandom random = random(number, before + 1);
                random.nextInt(OWN_KEYS);
                random.nextInt(10);
                long[] keys = group(random, number);
                int done = (int) (upTo - before);
                session.rmwAll(keys, done, GROUP - done, Update.ADD, 1);
            }
        }
    }

    /** Fails unless the store holds of each session exactly the operations up to its serial. */
    void verify(Store store, long[] serials, String replay) {
        long[][] shared = new long[SHARED_KEYS][];
        for (int session = 0; session < sessions; session++) {
            Expected expected = expect(session, serials[session]);
            String which = "session " + session + " up to " + serials[session] + ", " + replay;
            for (int key = 0; key < OWN_KEYS; key++) {
                assertEquals(expected.longs.getOrDefault(ownKey(session, key), -1L), store.get(ownKey(session, key), -1), "own key " + key + " of " + which);
                byte[] found = store.get(bytesKey(session, key));
                assertEquals(text(expected.bytes.get((long) key)), text(found), "bytes " + key + " of " + which);
            }
            for (int key = 0; key < SUBMITTED_KEYS; key++) {
                assertEquals(expected.longs.getOrDefault(submittedKey(session, key), -1L), store.get(submittedKey(session, key), -1),
                        "submitted key " + key + " of " + which);
            }
            for (int key = 0; key < SHARED_KEYS; key++) {
                shared[key] = shared[key] == null ? counts(store.get(sharedKey(key))) : shared[key];
                assertEquals(expected.shared[key], shared[key][session], "shared key " + key + " of " + which);
            }
        }
    }

    private static String text(byte[] value) {
        return value == null ? "none" : value.length + " × " + value[0] + (allSame(value) ? "" : " torn");
    }

    private static boolean allSame(byte[] value) {
        for (byte each : value) {
            if (each != value[0]) {
                return false;
            }
        }
        return true;
    }

    private long[] counts(byte[] value) {
        long[] counts = new long[sessions];
        if (value != null) {
            ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(counts);
        }
        return counts;
    }
}
