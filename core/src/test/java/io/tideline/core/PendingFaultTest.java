package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.fault.ClosedFault;
import io.tideline.fault.IoFault;
import io.tideline.hlog.device.Fault;
import io.tideline.hlog.device.FaultPlan;
import io.tideline.hlog.device.SimulatedDisk;
import io.tideline.memory.Waits;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Submitted operations whose functions or completions throw, whose session two threads use at once, or whose store is at its bound. */
class PendingFaultTest {
    /** Records of 32 bytes: 16 pages, of which eight are in memory. */
    private static final int KEYS = 2000;
    private static final int CAPACITY = 16;
    private static final int STORE_CAPACITY = 20;

    private final FaultPlan plan = FaultPlan.none();
    private final SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.mode(SimulatedDisk.Mode.THREADS), plan);
    private Store store;

    @BeforeEach
    void load() {
        store = Store.open(StoreConfig.builder().memory(8 * 4096).pageSize(4096).segmentSize(1 << 14).buckets(1024).hashSeed(7)
                .maxPending(CAPACITY, STORE_CAPACITY).hugePages(false).files(disk).build());
        for (long key = 0; key < KEYS; key++) {
            store.put(key, key * 3);
        }
        await(() -> store.stats().flushed() == store.stats().readOnly(), "the flusher does not come to rest");
    }

    @AfterEach
    void close() {
        stallReads(0);
        disk.failStalled(); // where a test failed in between
        if (!store.kernel().isClosed()) {
            assertEquals(0, store.kernel().pending.get(), "nothing is under way");
            assertEquals(List.of(), StoreVerifier.verify(store));
        }
        store.close();
        disk.close();
    }

    private static void await(BooleanSupplier condition, String what) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        for (int attempt = 0; !condition.getAsBoolean(); attempt++) {
            assertTrue(System.nanoTime() - deadline < 0, what);
            Waits.SYSTEM.pause(attempt);
        }
    }

    /** Begins the work on a thread of its own and comes back when that waits for the device. */
    private static <T> FutureTask<T> startAndAwaitPark(Callable<T> work) {
        AtomicReference<Thread> thread = new AtomicReference<>();
        FutureTask<T> task = Hammer.start(() -> {
            thread.set(Thread.currentThread());
            return work.call();
        });
        await(() -> thread.get() != null && thread.get().getState() == Thread.State.WAITING || task.isDone(), "the thread does not wait");
        return task;
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            assertTrue(latch.await(60, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Writes down what it is told: a status, or what was thrown. */
    private static final class Notes implements Completion {
        final Map<Long, List<Object>> told = new TreeMap<>();

        @Override
        public void completed(long context, Status status, ValueView value) {
            note(context, status);
        }

        @Override
        public void failed(long context, Throwable thrown) {
            note(context, thrown);
        }

        private void note(long context, Object what) {
            told.computeIfAbsent(context, _ -> new ArrayList<>()).add(what);
        }

        Object only(long context) {
            assertEquals(1, told.get(context).size(), "told of " + context + ": " + told.get(context));
            return told.get(context).getFirst();
        }
    }

    private static LongRmw throwing(Throwable thrown) {
        return new LongRmw() {
            @Override
            public long onAbsent(long operand) {
                throw new AssertionError("the key is there");
            }

            @Override
            public long onPresent(long old, long operand) {
                PendingFaultTest.<RuntimeException>sneak(thrown);
                return 0;
            }
        };
    }

    private static final class ThrowingRmw implements Rmw {
        private final RuntimeException thrown;

        private ThrowingRmw(RuntimeException thrown) {
            this.thrown = thrown;
        }

        @Override
        public RmwAction onAbsent(ValueWriter writer) {
            throw new AssertionError("the key is there");
        }

        @Override
        public RmwAction onPresent(ValueView old, ValueWriter writer) {
            writer.setLong(1);
            throw thrown;
        }
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void sneak(Throwable thrown) throws T {
        throw (T) thrown;
    }

    private static void submitGets(Session session, int from, int count, Completion completion) {
        for (long key = from; key < from + count; key++) {
            assertEquals(Status.PENDING, session.submitGet(key, key, completion));
        }
    }

    // --- functions that throw ---

    @Test
    void shouldTellTheCompletionOnceWhatTheFunctionThrew() {
        Throwable[] thrown = {new ArithmeticException("user"), new StackOverflowError(), new Exception("checked, from another language"),
            new ClosedFault("of another store")};
        Notes notes = new Notes();
        try (Session session = store.openSession()) {
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < thrown.length; i++) {
                    assertEquals(Status.PENDING, session.submitRmw(i, throwing(thrown[i]), 1, i, notes));
                }
                ArithmeticException bytes = new ArithmeticException("user, of bytes");
                assertEquals(Status.PENDING, session.submitRmw(10, new ThrowingRmw(bytes), 10, notes));
                assertEquals(Status.PENDING, session.submitRmw(11 + round, Update.ADD, 1, 11, notes));
                assertEquals(6, session.completePending(true));
                assertEquals(0, session.completePending(true));
                for (int i = 0; i < thrown.length; i++) {
                    assertSame(thrown[i], notes.only(i));
                }
                assertSame(bytes, notes.only(10));
                assertEquals(Status.COPIED, notes.only(11));
                notes.told.clear();
            }
            submitGets(session, 100, CAPACITY, notes); // every place of the ring is free again
            assertEquals(CAPACITY, session.completePending(true));
        }
        for (long key = 0; key < 14; key++) {
            assertEquals(key < 11 ? key * 3 : key * 3 + 1, store.get(key, -1), "key " + key);
        }
    }

    @Test
    void shouldTellTheCompletionThatTheValueDoesNotFitTheOperation() {
        store.put(5000, new byte[20]);
        for (long key = 0; key < KEYS; key++) {
            store.put(key, key * 3); // the bytes leave the memory
        }
        Notes notes = new Notes();
        try (Session session = store.openSession()) {
            assertEquals(Status.PENDING, session.submitRmw(5000, Update.ADD, 1, 1, notes));
            assertEquals(1, session.completePending(true));
        }
        assertTrue(assertInstanceOf(IllegalStateException.class, notes.only(1)).getMessage().contains("takes values of 8"));
    }

    @Test
    void shouldThrowToWhoCompletesWhatACompletionLeavesToTheDefault() {
        ArithmeticException thrown = new ArithmeticException("user");
        AtomicInteger told = new AtomicInteger();
        try (Session session = store.openSession()) {
            for (long key = 0; key < 5; key++) {
                session.submitRmw(key, key == 2 ? throwing(thrown) : Update.ADD, 1, key, (context, status, value) -> told.incrementAndGet());
            }
            assertSame(thrown, assertThrows(ArithmeticException.class, () -> session.completePending(true)));
            session.completePending(true);
            assertEquals(4, told.get());
        }
    }

    // --- completions that throw ---

    /** Throws each time, and counts. */
    private static final class Throwing implements Completion {
        final RuntimeException thrown;
        final Map<Long, Integer> told = new TreeMap<>();

        private Throwing(RuntimeException thrown) {
            this.thrown = thrown;
        }

        @Override
        public void completed(long context, Status status, ValueView value) {
            told.merge(context, 1, Integer::sum);
            throw thrown;
        }

        @Override
        public void failed(long context, Throwable reason) {
            told.merge(context, 100, Integer::sum);
            throw thrown;
        }

        void assertToldOnce(int count, int times) {
            assertEquals(count, told.size());
            told.forEach((context, sum) -> assertEquals(times, sum, "told of " + context));
        }
    }

    @Test
    void shouldThrowWhatACompletionThrowsOnceAndLoseNoOtherOperation() {
        for (RuntimeException thrown : new RuntimeException[] {new ClosedFault("the completion's own"), new ArithmeticException("user")}) {
            Throwing throwing = new Throwing(thrown);
            try (Session session = store.openSession()) {
                submitGets(session, 0, CAPACITY, throwing);
                for (int left = CAPACITY; left > 0; left--) {
                    assertEquals(left, session.pendingOperations());
                    assertSame(thrown, assertThrows(RuntimeException.class, () -> session.completePending(true)));
                }
                assertEquals(0, session.completePending(true));
                throwing.assertToldOnce(CAPACITY, 1);
                submitGets(session, 100, CAPACITY, new Notes());
                assertEquals(CAPACITY, session.completePending(true));
            }
        }
    }

    @Test
    void shouldNotSubmitWhereTheCompletionOfAnotherOneThrows() {
        Throwing throwing = new Throwing(new ArithmeticException("user"));
        Notes notes = new Notes();
        try (Session session = store.openSession()) {
            submitGets(session, 0, CAPACITY, throwing);
            assertSame(throwing.thrown, assertThrows(ArithmeticException.class, () -> session.submitGet(50, 50, notes)));
            assertEquals(CAPACITY - 1, session.pendingOperations());
            assertEquals(Status.PENDING, session.submitGet(50, 50, notes));
            while (session.pendingOperations() > 0) {
                try {
                    session.completePending(true);
                } catch (ArithmeticException expected) {
                    assertSame(throwing.thrown, expected);
                }
            }
            assertEquals(Status.FOUND, notes.only(50));
            throwing.assertToldOnce(CAPACITY, 1);
        }
    }

    @Test
    void shouldCloseASessionWhateverItsCompletionsThrow() {
        int sessions = store.stats().sessions();
        RuntimeException[] thrown = new RuntimeException[CAPACITY];
        List<Throwable> seen = new ArrayList<>();
        Session session = store.openSession();
        submitGets(session, 0, CAPACITY, (context, status, value) -> {
            thrown[(int) context] = new ArithmeticException("user " + context);
            seen.add(thrown[(int) context]);
            throw thrown[(int) context];
        });
        ArithmeticException first = assertThrows(ArithmeticException.class, session::close);
        assertEquals(CAPACITY, seen.size());
        assertSame(seen.getFirst(), first);
        assertEquals(seen.subList(1, CAPACITY), List.of(first.getSuppressed()));
        session.close();
        assertEquals(sessions, store.stats().sessions());
    }

    @Test
    void shouldCompleteWhatABatchOfTheStoreHasSubmitted() {
        Notes notes = new Notes();
        store.batch(inside -> submitGets(inside, 0, 5, notes));
        assertEquals(5, notes.told.size());
        ArithmeticException thrown = new ArithmeticException("the batch");
        Throwing throwing = new Throwing(new ArithmeticException("the completion"));
        assertSame(thrown, assertThrows(ArithmeticException.class, () -> store.batch(inside -> {
            submitGets(inside, 0, 5, throwing);
            throw thrown;
        })));
        assertEquals(List.of(throwing.thrown), List.of(thrown.getSuppressed()));
        throwing.assertToldOnce(5, 1);
    }

    @Test
    void shouldTellOnceThatTheStoreWasClosedAndThrowWhatTheCompletionThrows() {
        Throwing throwing = new Throwing(new ClosedFault("the completion's own"));
        Notes notes = new Notes();
        Session session = store.openSession();
        submitGets(session, 0, 8, throwing);
        submitGets(session, 8, 8, notes);
        store.close();
        while (session.pendingOperations() > 0) {
            try {
                session.completePending(true);
            } catch (ClosedFault expected) {
                assertSame(throwing.thrown, expected);
            }
        }
        throwing.assertToldOnce(8, 100);
        for (long key = 8; key < 16; key++) {
            assertTrue(assertInstanceOf(ClosedFault.class, notes.only(key)).getMessage().contains("the store is closed"));
        }
        session.close();
    }

    // --- two threads ---

    private static void assertRefusesOthers(Session session) throws Exception {
        List<Runnable> calls = List.of(() -> session.completePending(true), () -> session.completePending(false),
            () -> session.submitGet(1, 1, new Notes()), () -> session.submitRmw(1, Update.ADD, 1, 1, new Notes()), () -> session.get(1, -1), session::close);
        for (int i = 0; i < calls.size(); i++) {
            Runnable call = calls.get(i);
            String message = Hammer.elsewhere(() -> assertThrows(IllegalStateException.class, call::run).getMessage());
            assertTrue(message.contains("two threads"), "call " + i + ": " + message);
        }
    }

    @Test
    void shouldRefuseASecondThreadWhileACompletionRunsAlsoBehindAClose() throws Exception {
        for (boolean closed : new boolean[] {false, true}) {
            Session session = store.openSession();
            CountDownLatch inside = new CountDownLatch(1);
            CountDownLatch leave = new CountDownLatch(1);
            Notes notes = new Notes();
            Completion blocking = new Completion() {
                @Override
                public void completed(long context, Status status, ValueView value) {
                    notes.completed(context, status, value);
                    block();
                }

                @Override
                public void failed(long context, Throwable thrown) {
                    notes.failed(context, thrown);
                    block();
                }

                private void block() {
                    inside.countDown();
                    awaitLatch(leave);
                }
            };
            submitGets(session, 0, 5, blocking);
            if (closed) {
                store.close();
            }
            FutureTask<Integer> completing = Hammer.start(() -> session.completePending(true));
            awaitLatch(inside);
            if (closed) {
                for (boolean wait : new boolean[] {false, true}) {
                    String message = assertThrows(IllegalStateException.class, () -> session.completePending(wait)).getMessage();
                    assertTrue(message.contains("two threads"), message);
                }
            } else {
                assertRefusesOthers(session);
            }
            leave.countDown();
            assertEquals(5, Hammer.await(completing));
            assertEquals(5, notes.told.size());
            assertEquals(closed, notes.only(0) instanceof ClosedFault);
            session.close();
        }
    }

    @Test
    void shouldRefuseASecondThreadWhileTheFirstOneWaitsForTheDevice() throws Exception {
        stallReads(1);
        Session session = store.openSession();
        Notes notes = new Notes();
        submitGets(session, 0, 3, notes);
        FutureTask<Integer> completing = startAndAwaitPark(() -> session.completePending(true));
        assertRefusesOthers(session);
        stallReads(0);
        await(() -> disk.failStalled() == 0 && completing.isDone(), "the reads have failed and nobody says so");
        assertEquals(3, Hammer.await(completing));
        assertEquals(3, notes.told.size());
        session.close();
    }

    private void stallReads(double probability) {
        synchronized (disk) {
            plan.sometimes(Fault.STALL, probability);
        }
    }

    /** Every call is either done or refused, whatever the threads do at once, and each completion is told once. */
    @Test
    void shouldTellEachCompletionOnceThoughManyThreadsMisuseTheSession() throws Exception {
        for (long seed = 1; seed <= Hammer.share(20); seed++) {
            AtomicIntegerArray told = new AtomicIntegerArray(KEYS);
            AtomicIntegerArray submitted = new AtomicIntegerArray(KEYS);
            AtomicInteger next = new AtomicInteger();
            Session session = store.openSession();
            Hammer.run(seed, 3, random -> {
                for (int i = 0; i < 200; i++) {
                    int key = next.getAndIncrement();
                    try {
                        if (random.nextInt(3) > 0) {
                            session.submitGet(key, key, (context, status, value) -> told.incrementAndGet((int) context));
                            submitted.incrementAndGet(key);
                        } else {
                            session.completePending(random.nextBoolean());
                        }
                    } catch (IllegalStateException refused) {
                        assertTrue(refused.getMessage().contains("two threads"), refused.getMessage());
                    }
                }
                return null;
            });
            session.close();
            for (int key = 0; key < KEYS; key++) {
                assertEquals(submitted.get(key), told.get(key), "key " + key + ", seed " + seed);
            }
        }
    }

    // --- the bound of the store ---

    @Test
    void shouldBoundWhatAllSessionsHavePendingAndLetEachHaveOne() throws Exception {
        stallReads(1);
        Session first = store.openSession();
        Session second = store.openSession();
        Session third = store.openSession();
        Notes notes = new Notes();
        submitGets(first, 0, CAPACITY, notes);
        submitGets(second, CAPACITY, STORE_CAPACITY - CAPACITY, notes);
        await(() -> disk.stalled() == STORE_CAPACITY, "the reads are not under way");
        AtomicInteger got = new AtomicInteger();
        FutureTask<Status> beyond = startAndAwaitPark(() -> second.submitGet(50, 50, (context, status, value) -> got.incrementAndGet()));
        submitGets(third, 60, 1, notes); // it has none, so it may
        long[] keys = {70, 71, 72, 73, 74, 75, 76, 77, 78, 79};
        FutureTask<Integer> group = startAndAwaitPark(() -> store.getAll(keys, new long[keys.length], 0, keys.length, -1));
        await(() -> disk.stalled() == STORE_CAPACITY + 2, "the third session and the group have one under way each");
        assertFalse(beyond.isDone());
        assertFalse(group.isDone());
        assertEquals(STORE_CAPACITY + 2, store.kernel().pending.get());
        assertEquals(STORE_CAPACITY - CAPACITY, second.pendingOperations());
        stallReads(0);
        await(() -> disk.failStalled() == 0 && group.isDone() && beyond.isDone(), "the reads have failed and nobody goes on");
        assertEquals(Status.PENDING, Hammer.await(beyond));
        assertThrows(IoFault.class, () -> Hammer.await(group)); // of the one read that had failed
        for (Session session : List.of(first, second, third)) {
            session.close();
        }
        assertEquals(1, got.get());
        assertEquals(STORE_CAPACITY + 1, notes.told.size());
        notes.told.keySet().forEach(context -> assertInstanceOf(IoFault.class, notes.only(context)));
    }
}
