package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.fault.FullFault;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;

/**
 * A store beside a heap map that is told the same. Each step is a random operation through the variant's surface and kind of keys; its
 * status and results must be the ones that follow from the map and from where the key's record stands.
 */
final class StoreModel implements AutoCloseable {
    private static final int KEYS = 40;

    private final String replay;
    private final Variant variant;
    private final SplittableRandom random;
    private final Map<Bytes, byte[]> map = new HashMap<>();
    private final List<byte[]> keys = new ArrayList<>();
    private final ValueHolder holder = ValueHolder.growing();
    private final LongHolder result = new LongHolder();
    private final int longestValue;
    final Store store;
    private final Session session;
    private int step;

    StoreModel(Variant variant, long seed) {
        this.variant = variant;
        this.replay = "seed " + seed + " of " + variant;
        this.random = new SplittableRandom(seed);
        this.store = variant.open(random.nextLong());
        this.session = store.openSession();
        this.longestValue = random.nextInt(4) == 0 ? variant.pageSize() - 600 : 60 + random.nextInt(300);
        for (int i = 0; i < KEYS; i++) {
            keys.add(variant.kind() == KeyKind.LONG || random.nextInt(3) == 0 ? Bytes.ofLong(random.nextInt(4) == 0 ? random.nextLong() : i)
                : Bytes.random(random, random.nextInt(8) == 0 ? random.nextInt(500) : random.nextInt(30)));
        }
    }

    void run(int steps) {
        for (step = 1; step <= steps; step++) {
            step(keys.get(random.nextInt(random.nextBoolean() ? 5 : KEYS)));
        }
    }

    private String at() {
        return replay + ", step " + step;
    }

    private void step(byte[] key) {
        byte[] old = map.get(new Bytes(key));
        if (!variant.spills()) {
            assertEquals(old != null, LogPeek.at(store, key).isLive(), this::at);
        } else if (random.nextInt(12) == 0) {
            Eviction.ofAll(store);
        }
        switch (random.nextInt(100)) {
            case 0 -> verify();
            case 1 -> clear();
            case 2 -> forEach();
            default -> {
                switch (random.nextInt(11)) {
                    case 0 -> read(key, old);
                    case 1, 2 -> put(key, randomValue(old));
                    case 3 -> putIfAbsent(key, old, randomValue(old));
                    case 4 -> delete(key, old);
                    case 5 -> update(key, old, Update.values()[random.nextInt(4)]);
                    case 6 -> update(key, old, HASHING);
                    case 7, 8 -> rmw(key, old);
                    case 9 -> compareAndSet(key, old);
                    default -> put(key, Bytes.ofLong(random.nextLong()));
                }
            }
        }
        if (!variant.spills()) {
            assertEquals(map.size(), store.approximateSize(), this::at);
        }
    }

    /** How a write of so many bytes ends if it finds room. */
    private Status written(byte[] key, byte[] old, int newBytes) {
        return variant.spills() ? old == null ? Status.CREATED : Status.UPDATED_IN_PLACE : LogPeek.at(store, key).write(newBytes);
    }

    private boolean hasRoom(int keyBytes, int newBytes) {
        return variant.spills() || LogPeek.hasRoom(store, keyBytes, newBytes);
    }

    private byte[] randomValue(byte[] old) {
        int length = switch (random.nextInt(6)) {
            case 0 -> 8;
            case 1 -> random.nextInt(longestValue + 1);
            case 2 -> random.nextInt(20);
            case 3 -> old == null ? 9 : old.length;
            case 4 -> Math.max(0, (old == null ? 40 : old.length) - random.nextInt(40));
            default -> Math.min(longestValue, (old == null ? 0 : old.length) + random.nextInt(30));
        };
        return Bytes.random(random, Math.min(length, longestValue));
    }

    private <T> T on(Function<Operations, T> operation) {
        return variant.surface().run(store, session, operation);
    }

    /** A write that ends as {@code expected}, or in a fault that changes nothing where there is no room for the record that this asks for. */
    private boolean write(byte[] key, int newBytes, Status expected, Function<Operations, Status> operation) {
        boolean appends = expected == Status.CREATED || expected == Status.COPIED || expected == Status.TOMBSTONED && !variant.spills() && !LogPeek.at(store, key).isMutable();
        if (appends && !hasRoom(key.length, newBytes)) {
            String message = assertThrows(FullFault.class, () -> on(operation), this::at).getMessage();
            assertTrue(message.startsWith("log full"), message);
            return false;
        }
        Status actual = on(operation);
        assertTrue(variant.allows(expected, actual), () -> "expected " + expected + ", but was " + actual + ", " + at());
        return true;
    }

    // --- the operations ---

    private void read(byte[] key, byte[] old) {
        assertEquals(old == null ? Status.ABSENT : Status.FOUND, on(operations -> variant.kind().get(operations, key, holder)), this::at);
        if (old != null) {
            assertArrayEquals(old, holder.toArray(), this::at);
        }
        assertEquals(old != null, on(operations -> variant.kind().contains(operations, key)), this::at);
    }

    private void put(byte[] key, byte[] value) {
        if (write(key, value.length, written(key, map.get(new Bytes(key)), value.length), operations -> variant.kind().put(operations, key, value))) {
            map.put(new Bytes(key), value);
        }
    }

    private void putIfAbsent(byte[] key, byte[] old, byte[] value) {
        Status expected = old == null ? Status.CREATED : Status.FOUND;
        if (write(key, value.length, expected, operations -> variant.kind().putIfAbsent(operations, key, value)) && old == null) {
            map.put(new Bytes(key), value);
        }
    }

    private void delete(byte[] key, byte[] old) {
        Status expected = old == null ? Status.ABSENT : Status.TOMBSTONED;
        if (write(key, 0, expected, operations -> variant.kind().delete(operations, key))) {
            map.remove(new Bytes(key));
        }
    }

    private static final LongRmw HASHING = new LongRmw() {
        @Override
        public long onAbsent(long operand) {
            return ~operand;
        }

        @Override
        public long onPresent(long old, long operand) {
            return old * 31 + operand;
        }
    };

    private void update(byte[] key, byte[] old, LongRmw function) {
        long operand = random.nextLong();
        if (old != null && old.length != 8) {
            String message = assertThrows(IllegalStateException.class, () -> on(operations -> variant.kind().update(operations, key, function, operand, result)),
                this::at).getMessage();
            assertTrue(message.contains("has " + old.length + " bytes"), message);
            return;
        }
        long expected = old == null ? function.onAbsent(operand) : function.onPresent(Bytes.toLong(old), operand);
        LongHolder holderOrNull = random.nextBoolean() ? result : null;
        if (write(key, 8, written(key, old, 8), operations -> variant.kind().update(operations, key, function, operand, holderOrNull))) {
            map.put(new Bytes(key), Bytes.ofLong(expected));
            assertTrue(holderOrNull == null || holderOrNull.value == expected, this::at);
        }
    }

    private void rmw(byte[] key, byte[] old) {
        RmwAction action = RmwAction.values()[random.nextInt(10) < 8 ? 0 : 1 + random.nextInt(2)];
        byte[] written = randomValue(old);
        int[] calls = new int[1];
        Rmw function = new Rmw() {
            @Override
            public RmwAction onAbsent(ValueWriter writer) {
                assertNull(old, StoreModel.this::at);
                return decide(writer);
            }

            @Override
            public RmwAction onPresent(ValueView view, ValueWriter writer) {
                assertArrayEquals(old, view.toArray(), StoreModel.this::at);
                return decide(writer);
            }

            private RmwAction decide(ValueWriter writer) {
                calls[0]++;
                writer.set(written);
                return action;
            }
        };
        Status expected = switch (action) {
            case LEAVE -> Status.LEFT;
            case DELETE -> old == null ? Status.LEFT : Status.TOMBSTONED;
            case WRITE -> written(key, old, written.length);
        };
        if (write(key, action == RmwAction.DELETE ? 0 : written.length, expected, operations -> variant.kind().rmw(operations, key, function))) {
            if (action == RmwAction.WRITE) {
                map.put(new Bytes(key), written);
            } else if (action == RmwAction.DELETE) {
                map.remove(new Bytes(key));
            }
        }
        // Where the session has no room for the value yet, the function runs once more; where the log waits for the device, as often as that takes.
        boolean mayLackRoom = action == RmwAction.WRITE && written.length > Scratch.FIRST_BYTES;
        assertTrue(calls[0] == 1 || mayLackRoom && calls[0] == 2 || variant.spills() && calls[0] > 0, () -> calls[0] + " calls, " + at());
    }

    private void compareAndSet(byte[] key, byte[] old) {
        byte[] value = randomValue(old);
        byte[] expectedValue = old == null || random.nextInt(3) == 0 ? randomValue(old) : old.clone();
        if (old != null && expectedValue.length > 0 && random.nextInt(4) == 0) {
            expectedValue[random.nextInt(expectedValue.length)] ^= 1;
        }
        if (variant.kind() == KeyKind.LONG && old != null && old.length != 8 && expectedValue.length == 8 && value.length == 8) {
            assertThrows(IllegalStateException.class, () -> on(operations -> variant.kind().compareAndSet(operations, key, expectedValue, value)), this::at);
            return;
        }
        Status expected = old == null ? Status.ABSENT : Arrays.equals(old, expectedValue) ? written(key, old, value.length) : Status.MISMATCH;
        if (write(key, value.length, expected, operations -> variant.kind().compareAndSet(operations, key, expectedValue, value))
            && expected.isChange()) {
            map.put(new Bytes(key), value);
        }
    }

    private void clear() {
        if (random.nextInt(3) == 0 || !hasRoom(8, longestValue)) {
            store.clear();
            map.clear();
        }
    }

    private void forEach() {
        Map<Bytes, Bytes> shown = new HashMap<>();
        store.forEach((key, value) -> {
            assertNull(shown.put(new Bytes(key.toArray()), new Bytes(value.toArray())), this::at);
            return true;
        });
        Map<Bytes, Bytes> expected = new HashMap<>();
        map.forEach((key, value) -> expected.put(key, new Bytes(value)));
        assertEquals(expected, shown, this::at);
    }

    /** Everything in the map is in the store, and the store is sound. */
    void verify() {
        assertEquals(List.of(), StoreVerifier.verify(store), this::at);
        for (byte[] key : keys) {
            read(key, map.get(new Bytes(key)));
        }
        forEach();
    }

    @Override
    public void close() {
        session.close();
        store.close();
    }
}
