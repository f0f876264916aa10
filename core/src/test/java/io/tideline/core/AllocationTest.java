package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.tideline.memory.NativeFile;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * An operation makes no object on the heap, however it is called, whatever its key and value are, and before any compiler has seen it:
 * nothing here waits for the JIT to remove an object.
 *
 * <p>What is counted is what the thread allocated in {@value #OPERATIONS} operations behind {@value #WARM_UP} that link the call sites. The
 * smallest object takes 16 bytes, so a bound of half a byte per operation finds one object in 32 operations. What is made once stays below
 * it: the action of a page turn, and mostly the JVM's own objects for a call site that is reached late. Those are made once in a JVM, so what
 * exceeds the bound is counted again, and an operation that makes objects exceeds it every time.
 */
@Tag("doors")
class AllocationTest {
    private static final int WARM_UP = 400;
    private static final int OPERATIONS = 5_000;
    private static final long BOUND = OPERATIONS / 2;
    private static final int ROUNDS = 3;
    private static final int BATCH = 100;
    private static final int KEYS = 64;
    private static final int[] VALUE_LENGTHS = {0, 8, 20, 300, 3000};
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** The i-th of many operations that were prepared beforehand. */
    @FunctionalInterface
    private interface Operation {
        void run(Operations operations, int i);
    }

    /** A named operation. */
    record Case(String name, Operation operation) {
        @Override
        public String toString() {
            return name;
        }
    }

    // --- counting ---

    private static Store open() {
        return Store.open(StoreConfig.builder().memory(256L << 20).pageSize(4 << 20).buckets(1 << 11).hashSeed(7).hugePages(false).build());
    }

    /** Bytes that this thread allocates while it runs the operation, called in the ways that {@link Surface} names. */
    private static long count(Surface surface, Operation operation) {
        try (Store store = open(); Session session = store.openSession()) {
            int[] at = new int[1];
            Consumer<Session> batch = inside -> {
                for (int end = at[0] + BATCH; at[0] < end; at[0]++) {
                    operation.run(inside, at[0]);
                }
            };
            prepare(store);
            loop(surface, store, session, operation, batch, at, WARM_UP);
            THREADS.getCurrentThreadAllocatedBytes();
            long before = THREADS.getCurrentThreadAllocatedBytes();
            loop(surface, store, session, operation, batch, at, OPERATIONS);
            long made = THREADS.getCurrentThreadAllocatedBytes() - before;
            assertEquals(WARM_UP + OPERATIONS, at[0]);
            assertEquals(List.of(), StoreVerifier.verify(store));
            return made;
        }
    }

    private static void loop(Surface surface, Store store, Session session, Operation operation, Consumer<Session> batch, int[] at, int count) {
        Operations operations = surface == Surface.STORE || surface == Surface.STORE_BATCH ? store : session;
        if (surface == Surface.BATCH || surface == Surface.STORE_BATCH) {
            for (int done = 0; done < count; done += BATCH) {
                operations.batch(batch);
            }
        } else {
            for (int end = at[0] + count; at[0] < end; at[0]++) {
                operation.run(operations, at[0]);
            }
        }
    }

    // --- what the operations work on ---

    /** The same bytes in all ways to name them. */
    private record Name(byte[] array, MemorySegment heapSegment, MemorySegment nativeSegment, DirectBuffer heapBuffer, DirectBuffer nativeBuffer) {
        static Name of(byte[] bytes) {
            return new Name(bytes, MemorySegment.ofArray(bytes), MemorySegment.ofBuffer(ByteBuffer.allocateDirect(bytes.length).put(0, bytes)),
                new UnsafeBuffer(bytes), new UnsafeBuffer(ByteBuffer.allocateDirect(bytes.length).put(0, bytes)));
        }

        static Name random(int length, int seed) {
            byte[] bytes = new byte[length];
            Arrays.fill(bytes, (byte) seed);
            if (length > 1) {
                bytes[1] = (byte) (seed >>> 8);
            }
            return of(bytes);
        }

        int length() {
            return array.length;
        }
    }

    /** A way to pass a {@link Name}. */
    private enum Way {
        ARRAY, HEAP_SEGMENT, NATIVE_SEGMENT, HEAP_BUFFER, NATIVE_BUFFER;

        private MemorySegment segment(Name name) {
            return this == HEAP_SEGMENT ? name.heapSegment : name.nativeSegment;
        }

        private DirectBuffer buffer(Name name) {
            return this == HEAP_BUFFER ? name.heapBuffer : name.nativeBuffer;
        }

        Status get(Operations operations, Name key, ValueHolder value) {
            return switch (this) {
                case ARRAY -> operations.get(key.array, value);
                case HEAP_SEGMENT, NATIVE_SEGMENT -> operations.get(segment(key), value);
                case HEAP_BUFFER, NATIVE_BUFFER -> operations.get(buffer(key), 0, key.length(), value);
            };
        }

        boolean contains(Operations operations, Name key) {
            return switch (this) {
                case ARRAY -> operations.contains(key.array);
                case HEAP_SEGMENT, NATIVE_SEGMENT -> operations.contains(segment(key));
                case HEAP_BUFFER, NATIVE_BUFFER -> operations.contains(buffer(key), 0, key.length());
            };
        }

        Status put(Operations operations, Name key, Name value) {
            return switch (this) {
                case ARRAY -> operations.put(key.array, value.array);
                case HEAP_SEGMENT, NATIVE_SEGMENT -> operations.put(segment(key), segment(value));
                case HEAP_BUFFER, NATIVE_BUFFER -> operations.put(buffer(key), 0, key.length(), buffer(value), 0, value.length());
            };
        }

        Status putIfAbsent(Operations operations, Name key, Name value) {
            return switch (this) {
                case ARRAY -> operations.putIfAbsent(key.array, value.array);
                case HEAP_SEGMENT, NATIVE_SEGMENT -> operations.putIfAbsent(segment(key), segment(value));
                case HEAP_BUFFER, NATIVE_BUFFER -> operations.putIfAbsent(buffer(key), 0, key.length(), buffer(value), 0, value.length());
            };
        }

        Status delete(Operations operations, Name key) {
            return switch (this) {
                case ARRAY -> operations.delete(key.array);
                case HEAP_SEGMENT, NATIVE_SEGMENT -> operations.delete(segment(key));
                case HEAP_BUFFER, NATIVE_BUFFER -> operations.delete(buffer(key), 0, key.length());
            };
        }

        Status update(Operations operations, Name key, LongRmw function, long operand, LongHolder result) {
            return switch (this) {
                case ARRAY -> operations.rmw(key.array, 0, key.length(), function, operand, result);
                case HEAP_SEGMENT, NATIVE_SEGMENT -> operations.rmw(segment(key), function, operand, result);
                case HEAP_BUFFER, NATIVE_BUFFER -> operations.rmw(buffer(key), 0, key.length(), function, operand, result);
            };
        }

        Status rmw(Operations operations, Name key, Rmw function) {
            return switch (this) {
                case ARRAY -> operations.rmw(key.array, function);
                case HEAP_SEGMENT, NATIVE_SEGMENT -> operations.rmw(segment(key), function);
                case HEAP_BUFFER, NATIVE_BUFFER -> operations.rmw(buffer(key), 0, key.length(), function);
            };
        }

        /** Buffers have no compareAndSet. */
        Status compareAndSet(Operations operations, Name key, Name expected, Name value) {
            return switch (this) {
                case ARRAY, HEAP_BUFFER, NATIVE_BUFFER -> operations.compareAndSet(key.array, expected.array, value.array);
                case HEAP_SEGMENT, NATIVE_SEGMENT -> operations.compareAndSet(segment(key), segment(expected), segment(value));
            };
        }
    }

    /** Keys of 5 and of 40 bytes. */
    private static final Name[] NAMES = new Name[KEYS];
    /** Two values of each length. */
    private static final Name[][] VALUES = new Name[VALUE_LENGTHS.length][2];

    static {
        for (int i = 0; i < KEYS; i++) {
            NAMES[i] = Name.random(i % 2 == 0 ? 5 : 40, i + 1);
        }
        for (int i = 0; i < VALUES.length; i++) {
            VALUES[i][0] = Name.random(VALUE_LENGTHS[i], 300);
            VALUES[i][1] = Name.random(VALUE_LENGTHS[i], 301);
        }
    }

    private static final LongRmw TWICE = new LongRmw() {
        @Override
        public long onAbsent(long operand) {
            return operand;
        }

        @Override
        public long onPresent(long old, long operand) {
            return 2 * old + operand;
        }
    };

    /** Long keys from 0 on hold numbers; the longest value makes room in buffers that grow once. */
    private static void prepare(Store store) {
        for (int i = 0; i < KEYS; i++) {
            store.put(i, i);
        }
    }

    // --- 8-byte keys ---

    static Stream<Case> longCases() {
        List<Case> cases = new ArrayList<>();
        LongHolder holder = new LongHolder();
        ValueHolder growing = ValueHolder.growing();
        ValueHolder fixed = ValueHolder.over(MemorySegment.ofArray(new byte[3000]));
        byte[] twenty = new byte[20];
        cases.add(new Case("get into a holder", (on, i) -> assertFound(on.get(i % KEYS, holder))));
        cases.add(new Case("get or else", (on, i) -> on.get(i % KEYS, -1)));
        cases.add(new Case("get of an absent key", (on, i) -> on.get(-1L - i, holder)));
        cases.add(new Case("get of bytes", (on, i) -> assertFound(on.get(i % KEYS, i % 2 == 0 ? growing : fixed))));
        cases.add(new Case("contains", (on, i) -> on.contains(i)));
        cases.add(new Case("put in place", (on, i) -> on.put(i % KEYS, i)));
        cases.add(new Case("put of new keys", (on, i) -> on.put(KEYS + (long) i, i)));
        cases.add(new Case("put of bytes", (on, i) -> on.put(KEYS + (long) i % KEYS, twenty)));
        cases.add(new Case("put of bytes and of numbers in turn", (on, i) -> {
            if ((i & 1) == 0) {
                on.put(7, twenty);
            } else {
                on.put(7, i);
            }
        }));
        cases.add(new Case("putIfAbsent", (on, i) -> on.putIfAbsent(i % 300, i)));
        cases.add(new Case("add", (on, i) -> on.add(i % KEYS, 1)));
        cases.add(new Case("add to new keys", (on, i) -> on.add(KEYS + (long) i, 1)));
        cases.add(new Case("built-in with a result", (on, i) -> on.rmw(i % KEYS, Update.MAX, i, holder)));
        cases.add(new Case("function of numbers", (on, i) -> on.rmw(i % 300, TWICE, i, holder)));
        cases.add(new Case("function of bytes", (on, i) -> on.rmw(i % 300, ROTATE)));
        cases.add(new Case("compareAndSet", (on, i) -> {
            assertFound(on.get(i % KEYS, holder));
            assertEquals(Status.UPDATED_IN_PLACE, on.compareAndSet(i % KEYS, holder.value, i));
        }));
        cases.add(new Case("compareAndSet of another value", (on, i) -> on.compareAndSet(i % KEYS, -1, i)));
        cases.add(new Case("delete and put", (on, i) -> {
            on.delete(i % KEYS);
            on.put(i % KEYS, i);
        }));
        long[] keys = new long[110];
        long[] values = new long[110];
        Arrays.setAll(keys, i -> i % 70);
        cases.add(new Case("getAll", (on, i) -> on.getAll(keys, values, i % 7, 10 + i % 90, -1)));
        cases.add(new Case("putAll", (on, i) -> on.putAll(keys, values, i % 7, 10 + i % 90)));
        byte[] bytes = new byte[110 * Long.BYTES];
        cases.add(new Case("putAll of bytes", (on, i) -> on.putAll(keys, bytes, Long.BYTES, i % 7, 10 + i % 90)));
        cases.add(new Case("prefetch", (on, i) -> on.prefetch(keys, i % 7, 10 + i % 90)));
        cases.add(new Case("rmwAll", (on, i) -> on.rmwAll(keys, i % 7, 10 + i % 90, Update.ADD, 1)));
        return cases.stream();
    }

    /** Writes values of all lengths, deletes and leaves, each in turn. */
    private static final Rmw ROTATE = new Rmw() {
        private int turn;

        @Override
        public RmwAction onAbsent(ValueWriter writer) {
            writer.setLong(turn++);
            return RmwAction.WRITE;
        }

        @Override
        public RmwAction onPresent(ValueView old, ValueWriter writer) {
            Name value = VALUES[turn++ % VALUES.length][0];
            switch (turn % 7) {
                case 0 -> {
                    return RmwAction.DELETE;
                }
                case 1 -> {
                    return RmwAction.LEAVE;
                }
                case 2 -> writer.set(old);
                case 3 -> writer.set(value.array);
                case 4 -> writer.set(value.heapSegment);
                case 5 -> writer.set(value.nativeSegment);
                default -> writer.setLong(old.length() < 8 ? turn : old.getLong(0) + old.getByte(3));
            }
            return RmwAction.WRITE;
        }
    };

    private static void assertFound(Status status) {
        if (status != Status.FOUND) {
            throw new AssertionError(status);
        }
    }

    private static void assertNone(Surface surface, Case what) {
        long made = Long.MAX_VALUE;
        for (int round = 0; round < ROUNDS && made >= BOUND; round++) {
            made = count(surface, what.operation);
        }
        long least = made;
        assertTrue(made < BOUND, () -> what + ", called on " + surface + ", made " + least + " bytes in " + OPERATIONS + " operations");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("longCases")
    void shouldMakeNoObjectForKeysOfEightBytes(Case what) {
        for (Surface surface : Surface.values()) {
            assertNone(surface, what);
        }
    }

    // --- keys of any length ---

    static Stream<Case> bytesCases() {
        List<Case> cases = new ArrayList<>();
        for (Way way : Way.values()) {
            ValueHolder growing = ValueHolder.growing();
            ValueHolder onHeap = ValueHolder.over(MemorySegment.ofArray(new byte[3000]));
            ValueHolder offHeap = ValueHolder.over(MemorySegment.ofBuffer(ByteBuffer.allocateDirect(3000)));
            ValueHolder small = ValueHolder.over(MemorySegment.ofArray(new byte[100]));
            LongHolder result = new LongHolder();
            cases.add(new Case(way + ": put, read and contain", (on, i) -> {
                Name key = NAMES[i % KEYS];
                way.put(on, key, VALUES[i % KEYS % VALUES.length][i & 1]);
                way.get(on, key, growing);
                way.get(on, key, onHeap);
                way.get(on, key, offHeap);
                way.get(on, key, small);
                way.contains(on, key);
            }));
            cases.add(new Case(way + ": values that grow and shrink", (on, i) -> way.put(on, NAMES[i % 5], VALUES[i % VALUES.length][0])));
            cases.add(new Case(way + ": delete and insert", (on, i) -> {
                Name value = VALUES[i % VALUES.length][0];
                way.delete(on, NAMES[i % KEYS]);
                assertEquals(Status.CREATED, way.putIfAbsent(on, NAMES[i % KEYS], value));
                assertEquals(Status.FOUND, way.putIfAbsent(on, NAMES[i % KEYS], value));
            }));
            cases.add(new Case(way + ": numbers", (on, i) -> {
                way.update(on, NAMES[i % KEYS], Update.ADD, i, result);
                way.update(on, NAMES[i % KEYS], TWICE, i, result);
            }));
            cases.add(new Case(way + ": functions", (on, i) -> way.rmw(on, NAMES[i % KEYS], ROTATE)));
            cases.add(new Case(way + ": compareAndSet", (on, i) -> {
                Name[] value = VALUES[i % VALUES.length];
                Name key = NAMES[i % VALUES.length];
                if (way.compareAndSet(on, key, value[0], value[1]) != Status.UPDATED_IN_PLACE) {
                    way.put(on, key, value[0]);
                }
            }));
        }
        return cases.stream();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("bytesCases")
    void shouldMakeNoObjectForKeysAndValuesOfBytes(Case what) {
        assertNone(Surface.STORE, what);
        assertNone(Surface.SESSION, what);
        assertNone(Surface.BATCH, what);
    }

    // --- operations that wait for the device ---

    /** More segments than there are boxes in the cache of {@link Long}, and more keys than are asked for, all but the newest on the device. */
    private static final int DEVICE_KEYS = 160_000;

    /** An operation of a session on a key that nothing was submitted for yet. */
    @FunctionalInterface
    private interface Submission {
        Status submit(Session session, int key, byte[] bytes, Completion completion);
    }

    /** A named submission. */
    record SubmitCase(String name, Submission submission) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<SubmitCase> submitCases() {
        return Stream.of(new SubmitCase("submitGet", (session, key, bytes, completion) -> session.submitGet(key, key, completion)),
            new SubmitCase("submitGet of bytes", (session, key, bytes, completion) -> session.submitGet(bytes, 0, 8, key, completion)),
            new SubmitCase("submitRmw of a built-in", (session, key, bytes, completion) -> session.submitRmw(key, Update.ADD, 1, key, completion)),
            new SubmitCase("submitRmw of numbers", (session, key, bytes, completion) -> session.submitRmw(key, TWICE, 1, key, completion)),
            new SubmitCase("submitRmw of bytes", (session, key, bytes, completion) -> session.submitRmw(bytes, 0, 8, TWICE, 1, key, completion)),
            new SubmitCase("submitRmw of any value", (session, key, bytes, completion) -> session.submitRmw(key, LONGER, key, completion)));
    }

    private static final Rmw LONGER = new Rmw() {
        private final byte[] longer = new byte[24];

        @Override
        public RmwAction onAbsent(ValueWriter writer) {
            throw new AssertionError("the key is there");
        }

        @Override
        public RmwAction onPresent(ValueView old, ValueWriter writer) {
            writer.set(longer);
            return RmwAction.WRITE;
        }
    };

    /** Counts what it is told, and what of it had to wait. */
    private static final class Tally implements Completion {
        private int told;
        private long sum;

        @Override
        public void completed(long context, Status status, ValueView value) {
            told++;
            sum += context;
        }
    }

    /** Submits and completes in rounds of as many as may be pending, and once more beyond that. */
    private static int submit(Session session, Submission submission, byte[] bytes, Tally tally, int from, int count) {
        int pending = 0;
        for (int i = from; i < from + count; i++) {
            int key = i * 7;
            bytes[0] = (byte) key;
            bytes[1] = (byte) (key >>> 8);
            bytes[2] = (byte) (key >>> 16);
            pending += submission.submit(session, key, bytes, tally) == Status.PENDING ? 1 : 0;
            if (i % 200 == 0) {
                session.completePending(i % 400 == 0);
            }
        }
        session.completePending(true);
        return pending;
    }

    private static Store openOnDevice(Path directory, DeviceModel model) {
        return Store.open(StoreConfig.builder().memory(8 << 15).pageSize(1 << 15).segmentSize(1 << 15).maxOpenFiles(10_000).buckets(1 << 16).hashSeed(7)
                .ioThreads(1).keepFiles(false).hugePages(false).directory(directory).device(model).build());
    }

    private static long countPending(Path directory, Submission submission) {
        try (Store store = openOnDevice(directory, DeviceModel.BUFFERED);
                Session session = store.openSession()) {
            for (long key = 0; key < DEVICE_KEYS; key++) {
                store.put(key, key);
            }
            Tally tally = new Tally();
            byte[] bytes = new byte[8];
            for (int i = 0; i < DEVICE_KEYS; i += 1 << 8) {
                store.get(i, -1); // every file is open
            }
            submit(session, submission, bytes, tally, 0, WARM_UP);
            THREADS.getCurrentThreadAllocatedBytes();
            long before = THREADS.getCurrentThreadAllocatedBytes();
            int pending = submit(session, submission, bytes, tally, WARM_UP, OPERATIONS);
            long made = THREADS.getCurrentThreadAllocatedBytes() - before;
            assertEquals(OPERATIONS, pending, "each had to wait for the device");
            assertEquals(WARM_UP + OPERATIONS, tally.told);
            assertEquals(7L * (WARM_UP + OPERATIONS) * (WARM_UP + OPERATIONS - 1) / 2, tally.sum);
            return made;
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("submitCases")
    void shouldMakeNoObjectForOperationsThatWaitForTheDevice(SubmitCase what, @TempDir Path parent) {
        long made = Long.MAX_VALUE;
        for (int round = 0; round < ROUNDS && made >= BOUND; round++) {
            made = Math.min(made, countPending(parent.resolve("store " + round), what.submission));
        }
        long least = made;
        assertTrue(made < BOUND, () -> what + " made " + least + " bytes in " + OPERATIONS + " operations");
    }

    /** The thread reads by itself. Of the mapped model threads of the device read, and the queue to them makes objects. */
    @ParameterizedTest
    @EnumSource(names = {"BUFFERED", "DIRECT", "URING"})
    void shouldMakeNoObjectForAReadThatWaitsForTheDevice(DeviceModel model, @TempDir Path parent) {
        assumeTrue(NativeFile.isSupported());
        long made = Long.MAX_VALUE;
        for (int round = 0; round < ROUNDS && made >= BOUND; round++) {
            made = Math.min(made, countBlocking(parent.resolve("store " + round), model));
        }
        assertTrue(made < BOUND, made + " bytes in " + OPERATIONS + " operations");
    }

    private static long countBlocking(Path directory, DeviceModel model) {
        try (Store store = openOnDevice(directory, model); Session session = store.openSession()) {
            for (long key = 0; key < DEVICE_KEYS; key++) {
                store.put(key, key);
            }
            for (int i = 0; i < DEVICE_KEYS; i += 1 << 8) {
                store.get(i, -1); // every file is open
            }
            readEach(session, 0, WARM_UP);
            long lookups = store.stats().deviceLookups();
            THREADS.getCurrentThreadAllocatedBytes();
            long before = THREADS.getCurrentThreadAllocatedBytes();
            readEach(session, WARM_UP, OPERATIONS);
            long made = THREADS.getCurrentThreadAllocatedBytes() - before;
            assertEquals(OPERATIONS, store.stats().deviceLookups() - lookups, "each had to wait for the device");
            return made;
        }
    }

    private static void readEach(Session session, int from, int count) {
        for (int i = from; i < from + count; i++) {
            if (session.get(i * 7L, -1) != i * 7L) {
                throw new AssertionError("key " + i * 7L);
            }
        }
    }

    /** The planted bug: a completion that makes an object. */
    @Test
    void shouldCountAnObjectOfACompletion(@TempDir Path parent) {
        Object[] kept = new Object[1];
        long made = countPending(parent.resolve("store"), (session, key, bytes, completion) -> session.submitGet(key, key, (context, status, value) -> {
            kept[0] = value.toArray();
            completion.completed(context, status, value);
        }));
        assertTrue(made >= 24L * OPERATIONS, made + " bytes");
    }

    // --- the count itself ---

    /** The planted bug: an operation that makes an object each time, and one that does now and then. */
    @Test
    void shouldCountAnObject() {
        byte[] key = Bytes.ofLong(1);
        long every = count(Surface.SESSION, (on, i) -> assertEquals(8, on.get(key).length));
        assertTrue(every >= 24L * OPERATIONS, every + " bytes");
        Object[] kept = new Object[1];
        long some = count(Surface.STORE_BATCH, (on, i) -> kept[0] = on.contains(1) && i % 20 == 0 ? new byte[1] : kept[0]);
        assertTrue(some >= BOUND, some + " bytes");
    }
}
