package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tideline.fault.CorruptionFault;
import io.tideline.fault.StoreFault;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * What each session did, operation by operation, and which of that failed: so that what any prefix of it leaves can be told also where a disk
 * fails. A session has keys of its own; all share some, whose values count the operations of each. One thread at a time.
 */
final class PrefixLedger {
    private static final int OWN_KEYS = 10;
    private static final int SHARED_KEYS = 2;
    private static final int MAX_VALUE_BYTES = 600;
    private static final long BYTES_KEYS = 1 << 16;
    private static final long SUBMITTED_KEYS = 1 << 17;

    private enum Kind { PUT, PUT_BYTES, GROW, ADD, PUT_IF_ABSENT, DELETE, DELETE_BYTES, SHARED, SUBMIT, GET, GET_BYTES }

    private enum Fate { UNKNOWN, DONE, FAILED }

    /** One operation, which is told by its session and serial. */
    private static final class Op {
        final Kind kind;
        final long key;
        final long serial;
        final byte[] bytes;
        Fate fate = Fate.UNKNOWN;

        Op(int session, long serial, SplittableRandom random) {
            Kind[] kinds = Kind.values();
            kind = kinds[random.nextInt(kinds.length)];
            long own = (long) session << 32 | random.nextInt(OWN_KEYS);
            key = switch (kind) {
                case PUT_BYTES, GROW, DELETE_BYTES, GET_BYTES -> own | BYTES_KEYS;
                case SUBMIT -> own | SUBMITTED_KEYS;
                case SHARED -> 1L << 48 | random.nextInt(SHARED_KEYS);
                default -> own;
            };
            this.serial = serial;
            bytes = new byte[random.nextInt(9, 250)];
            random.nextBytes(bytes);
        }
    }

    /** What some operations of a session leave. */
    private static final class State {
        final Map<Long, Long> longs = new HashMap<>();
        final Map<Long, byte[]> bytes = new HashMap<>();
        final Map<Long, Long> shared = new HashMap<>();
        /** Keys of which it is not known. */
        final Set<Long> unknown = new HashSet<>();

        void add(Op op) {
            if (op.fate == Fate.UNKNOWN) {
                unknown.add(op.key);
            }
            if (op.fate != Fate.DONE) {
                return;
            }
            switch (op.kind) {
                case PUT -> longs.put(op.key, op.serial);
                case PUT_BYTES -> bytes.put(op.key, op.bytes);
                case GROW -> bytes.merge(op.key, op.bytes, PrefixLedger::grown);
                case ADD -> longs.merge(op.key, op.serial, Long::sum);
                case PUT_IF_ABSENT -> longs.putIfAbsent(op.key, op.serial);
                case DELETE -> longs.remove(op.key);
                case DELETE_BYTES -> bytes.remove(op.key);
                case SHARED -> shared.merge(op.key, 1L, Long::sum);
                case SUBMIT -> longs.merge(op.key, 1L, Long::sum);
                case GET, GET_BYTES -> {
                    // changes nothing
                }
            }
        }
    }

    private final long seed;
    private final List<List<Op>> done = new ArrayList<>();
    private final List<State> now = new ArrayList<>();

    PrefixLedger(long seed, int sessions) {
        this.seed = seed;
        for (int i = 0; i < sessions; i++) {
            done.add(new ArrayList<>());
            now.add(new State());
        }
    }

    private static byte[] grown(byte[] old, byte[] more) {
        if (old.length + more.length > MAX_VALUE_BYTES) {
            return more;
        }
        byte[] all = Arrays.copyOf(old, old.length + more.length);
        System.arraycopy(more, 0, all, old.length, more.length);
        return all;
    }

    /** How many operations each session began. */
    long[] serials() {
        return done.stream().mapToLong(List::size).toArray();
    }

    /** The session goes on behind this operation; what came later is gone. */
    void resumed(int session, long serial) {
        List<Op> ops = done.get(session);
        if (serial > ops.size()) {
            throw new AssertionError("session " + session + " came back with " + serial + " operations, and began " + ops.size());
        }
        ops.subList((int) serial, ops.size()).clear();
        now.set(session, stateOf(session, serial));
    }

    private State stateOf(int session, long serial) {
        State state = new State();
        done.get(session).subList(0, (int) serial).forEach(state::add);
        return state;
    }

    /** Runs the session's next operations; the first fault ends it, and that operation has changed nothing. */
    void run(Session session, int number, int count) {
        for (int i = 0; i < count; i++) {
            long serial = session.serial() + 1;
            assertEquals(done.get(number).size() + 1, serial, "every operation is counted");
            Op op = new Op(number, serial, new SplittableRandom(seed * 1_000_003 + number * 7919L + serial * 104_729));
            done.get(number).add(op);
            try {
                run(session, number, op);
            } catch (StoreFault fault) {
                op.fate = Fate.FAILED;
                throw fault;
            }
        }
    }

    private void run(Session session, int number, Op op) {
        State state = now.get(number);
        switch (op.kind) {
            case PUT -> session.put(op.key, op.serial);
            case PUT_BYTES -> session.put(op.key, op.bytes);
            case GROW -> session.rmw(op.key, growing(op.bytes));
            case ADD -> session.add(op.key, op.serial);
            case PUT_IF_ABSENT -> session.putIfAbsent(op.key, op.serial);
            case DELETE, DELETE_BYTES -> session.delete(op.key);
            case SHARED -> session.rmw(op.key, counting(number));
            case SUBMIT -> {
                session.submitRmw(op.key, Update.ADD, 1, op.serial, new Completion() {
                    @Override
                    public void completed(long context, Status status, ValueView value) {
                        op.fate = Fate.DONE;
                        state.add(op);
                    }

                    @Override
                    public void failed(long context, Throwable thrown) {
                        op.fate = Fate.FAILED;
                    }
                });
                return;
            }
            case GET -> assertEquals(state.longs.getOrDefault(op.key, -1L), session.get(op.key, -1), "key " + op.key);
            case GET_BYTES -> assertArrayEquals(state.bytes.get(op.key), bytes(session, op.key), "key " + op.key);
        }
        op.fate = Fate.DONE;
        state.add(op);
    }

    private static Rmw growing(byte[] more) {
        return new Rmw() {
            @Override
            public RmwAction onAbsent(ValueWriter writer) {
                writer.set(more);
                return RmwAction.WRITE;
            }

            @Override
            public RmwAction onPresent(ValueView old, ValueWriter writer) {
                writer.set(grown(old.toArray(), more));
                return RmwAction.WRITE;
            }
        };
    }

    private Rmw counting(int number) {
        return new Rmw() {
            @Override
            public RmwAction onAbsent(ValueWriter writer) {
                return write(writer, new byte[done.size() * Long.BYTES]);
            }

            @Override
            public RmwAction onPresent(ValueView old, ValueWriter writer) {
                return write(writer, old.toArray());
            }

            private RmwAction write(ValueWriter writer, byte[] counts) {
                ByteBuffer words = ByteBuffer.wrap(counts).order(ByteOrder.LITTLE_ENDIAN);
                words.putLong(number * Long.BYTES, words.getLong(number * Long.BYTES) + 1);
                writer.set(counts);
                return RmwAction.WRITE;
            }
        };
    }

    /** How far each session, named by {@code s} and its number, came back. */
    long[] serialsOf(Store store) {
        long[] serials = new long[done.size()];
        for (int i = 0; i < serials.length; i++) {
            if (store.sessionNames().contains("s" + i)) {
                try (Session session = store.resumeSession("s" + i)) {
                    serials[i] = session.serial();
                }
            }
        }
        return serials;
    }

    /** Fails unless the store holds of each session exactly the operations up to its serial. */
    void verify(Operations store, long[] serials) {
        verify(store, serials, damage -> {
            throw damage;
        });
    }

    /** The same where a key may be found to be damaged: how many are. */
    int verifyWhole(Operations store, long[] serials) {
        int[] damaged = {0};
        verify(store, serials, _ -> damaged[0]++);
        return damaged[0];
    }

    private void verify(Operations store, long[] serials, Consumer<CorruptionFault> onDamage) {
        for (int session = 0; session < serials.length; session++) {
            String which = ", session " + session + " up to " + serials[session] + " of " + done.get(session).size();
            if (serials[session] > done.get(session).size()) {
                throw new AssertionError("more came back than was done" + which);
            }
            State state = stateOf(session, serials[session]);
            for (long own = (long) session << 32, key = own; key < own + OWN_KEYS; key++) {
                look(key, state, onDamage, wanted -> assertEquals(state.longs.getOrDefault(wanted, -1L), store.get(wanted, -1), "key " + wanted + which));
                look(key | SUBMITTED_KEYS, state, onDamage,
                        wanted -> assertEquals(state.longs.getOrDefault(wanted, -1L), store.get(wanted, -1), "submitted key " + wanted + which));
                look(key | BYTES_KEYS, state, onDamage,
                        wanted -> assertArrayEquals(state.bytes.get(wanted), bytes(store, wanted), "bytes of key " + wanted + which));
            }
            int number = session;
            for (long key = 1L << 48; key < (1L << 48) + SHARED_KEYS; key++) {
                look(key, state, onDamage, wanted -> {
                    byte[] counts = bytes(store, wanted);
                    long found = counts == null ? 0 : ByteBuffer.wrap(counts).order(ByteOrder.LITTLE_ENDIAN).getLong(number * Long.BYTES);
                    assertEquals(state.shared.getOrDefault(wanted, 0L), found, "shared key " + wanted + which);
                });
            }
        }
    }

    private static void look(long key, State state, Consumer<CorruptionFault> onDamage, LongConsumer check) {
        if (!state.unknown.contains(key)) {
            try {
                check.accept(key);
            } catch (CorruptionFault damage) {
                onDamage.accept(damage);
            }
        }
    }

    private static byte[] bytes(Operations store, long key) {
        ValueHolder holder = ValueHolder.growing();
        return store.get(key, holder) == Status.FOUND ? holder.toArray() : null;
    }
}
