package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.fault.ClosedFault;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** User functions inside the store: what they may do, what is refused, and that nothing stays behind whatever they throw. */
class CallbackTest {
    private final Store store = open();
    private final Session session = store.openSession("calling");

    private static Store open() {
        return Store.open(StoreConfig.builder().pageSize(4096).memory(1 << 20).mutableFraction(0.1).buckets(1).hashSeed(1).hugePages(false).build());
    }

    @AfterEach
    void verify() {
        try (Store closing = store) {
            assertEquals(List.of(), closing.kernel().isClosed() ? List.of() : StoreVerifier.verify(closing));
            session.close();
        }
    }

    private static Rmw function(Function<ValueWriter, RmwAction> body) {
        return new Rmw() {
            @Override
            public RmwAction onAbsent(ValueWriter writer) {
                return body.apply(writer);
            }

            @Override
            public RmwAction onPresent(ValueView old, ValueWriter writer) {
                return body.apply(writer);
            }
        };
    }

    private static LongRmw numbers(Runnable body) {
        return new LongRmw() {
            @Override
            public long onAbsent(long operand) {
                body.run();
                return operand;
            }

            @Override
            public long onPresent(long old, long operand) {
                body.run();
                return old + operand;
            }
        };
    }

    /** Runs the body inside functions of every kind, on every surface, over absent, mutable and read-only keys. */
    private void insideEveryCallback(Consumer<Operations> body) {
        for (Operations operations : new Operations[] {store, session}) {
            for (boolean batched : new boolean[] {false, true}) {
                for (int state = 0; state < 3; state++) {
                    prepare(state);
                    Consumer<Operations> calls = target -> {
                        target.rmw(1, function(writer -> {
                            body.accept(target);
                            return RmwAction.LEAVE;
                        }));
                        target.rmw(2, numbers(() -> body.accept(target)), 1, null);
                    };
                    if (batched) {
                        operations.batch(calls::accept);
                    } else {
                        calls.accept(operations);
                    }
                }
            }
        }
    }

    private void prepare(int state) {
        store.delete(1);
        store.delete(2);
        if (state > 0) {
            store.put(1, 10);
            store.put(2, 20);
        }
        if (state > 1) {
            store.kernel().log.shiftReadOnly(Long.MAX_VALUE);
        }
    }

    @Test
    void shouldRefuseEveryCallOfTheStoreFromInside() {
        try (Session other = store.openSession("other")) {
            List<Consumer<Operations>> calls = List.of(o -> o.get(1, 0), o -> o.put(1, 1), o -> o.add(5, 1), o -> o.delete(1), o -> o.contains(1),
                o -> o.putIfAbsent(9, 9), o -> o.compareAndSet(1, 1, 1), o -> o.rmw(3, function(writer -> RmwAction.WRITE)),
                o -> o.get(new byte[3]), o -> o.batch(inside -> inside.put(1, 1)), o -> o.getAll(new long[1], new long[1], 0, 1, 0),
                o -> o.putAll(new long[1], new long[1], 0, 1), o -> o.putAll(new long[1], new byte[1], 1, 0, 1),
                o -> o.rmwAll(new long[1], 0, 1, Update.ADD, 1), o -> o.prefetch(new long[1], 0, 1));
            insideEveryCallback(own -> {
                for (Operations target : new Operations[] {store, session, other, own}) {
                    for (Consumer<Operations> call : calls) {
                        String message = assertThrows(IllegalStateException.class, () -> call.accept(target)).getMessage();
                        assertTrue(message.contains("callback") || message.contains("in a batch already"), message);
                    }
                }
                for (Runnable call : List.<Runnable>of(store::clear, store::close, () -> store.forEach((key, value) -> true))) {
                    String message = assertThrows(IllegalStateException.class, call::run).getMessage();
                    assertTrue(message.contains("callback"), message);
                }
            });
            assertEquals(-1, store.get(9, -1), "nothing was changed");
        }
    }

    @Test
    void shouldRefuseACallOfABatchThatIsAroundTheCallback() {
        try (Session outer = store.openSession()) {
            outer.batch(a -> session.batch(b -> {
                for (Session calling : new Session[] {a, b}) {
                    for (Session called : new Session[] {a, b}) {
                        calling.rmw(1, function(writer -> {
                            assertThrows(IllegalStateException.class, () -> called.put(2, 2));
                            return RmwAction.LEAVE;
                        }));
                    }
                }
            }));
        }
        assertEquals(0, store.approximateSize());
    }

    @Test
    void shouldLetACallbackUseAnotherStoreButNotComeBackThroughIt() {
        try (Store second = open()) {
            store.rmw(1, function(writer -> {
                second.put(5, 5);
                second.rmw(6, function(inner -> {
                    assertThrows(IllegalStateException.class, () -> store.get(1, 0));
                    assertThrows(IllegalStateException.class, () -> second.get(1, 0));
                    inner.setLong(6);
                    return RmwAction.WRITE;
                }));
                assertEquals(6, second.get(6, 0), "the inner callback has ended");
                assertThrows(IllegalStateException.class, () -> store.get(1, 0));
                writer.setLong(1);
                return RmwAction.WRITE;
            }));
            assertEquals(1, store.get(1, 0));
            assertEquals(5, second.get(5, 0));
            assertEquals(List.of(), StoreVerifier.verify(second));
        }
    }

    @Test
    void shouldLetOtherThreadsWorkMeanwhile() {
        store.rmw(1, function(writer -> {
            try {
                Hammer.elsewhere(() -> store.put(2, 2));
                Hammer.elsewhere(() -> session.put(3, 3));
            } catch (Exception unexpected) {
                throw new AssertionError(unexpected);
            }
            return RmwAction.LEAVE;
        }));
        assertEquals(2, store.get(2, 0));
        assertEquals(3, store.get(3, 0));
    }

    // --- what is thrown ---

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void sneak(Throwable thrown) throws T {
        throw (T) thrown;
    }

    private static int recurse(int depth) {
        return depth < 0 ? depth : recurse(depth + 1) + 1;
    }

    @Test
    void shouldPassOnWhatAFunctionThrowsAndLeaveNothingBehind() {
        long records = 0;
        for (Throwable thrown : new Throwable[] {new IllegalStateException("user"), new Exception("checked"), new Error("error"),
            new OutOfMemoryError("planted"), new StackOverflowError()}) {
            for (Operations operations : new Operations[] {store, session}) {
                for (int state = 0; state < 3; state++) {
                    prepare(state);
                    long before = store.get(1, -1);
                    assertSame(thrown, assertThrows(Throwable.class, () -> operations.rmw(1, function(writer -> {
                        writer.set(new byte[100]);
                        CallbackTest.<RuntimeException>sneak(thrown);
                        return RmwAction.WRITE;
                    }))));
                    assertSame(thrown, assertThrows(Throwable.class,
                        () -> operations.rmw(2, numbers(() -> CallbackTest.<RuntimeException>sneak(thrown)), 1, null)));
                    assertEquals(before, store.get(1, -1), "nothing was changed");
                    assertEquals(List.of(), store.kernel().epoch.inside());
                    assertEquals(List.of(), StoreVerifier.verify(store));
                    operations.add(1, 1);
                    assertEquals(Math.max(before, 0) + 1, operations.get(1, -1), "the store and the session go on");
                    records++;
                }
            }
        }
        assertEquals(30, records);
        store.clear();
    }

    @Test
    void shouldSurviveARealStackOverflow() {
        store.put(1, 1);
        for (Operations operations : new Operations[] {store, session}) {
            assertThrows(StackOverflowError.class, () -> operations.rmw(1, function(writer -> {
                writer.setLong(recurse(0));
                return RmwAction.WRITE;
            })));
            assertThrows(StackOverflowError.class, () -> operations.rmw(1, numbers(() -> recurse(0)), 1, null));
            assertThrows(StackOverflowError.class, () -> operations.batch(inside -> inside.rmw(1, numbers(() -> recurse(0)), 1, null)));
            assertEquals(List.of(), store.kernel().epoch.inside());
            operations.add(1, 1);
        }
        assertEquals(3, store.get(1, 0));
        store.clear();
    }

    @Test
    void shouldGoOnWithTheBatchWhenAFunctionThrows() {
        session.batch(inside -> {
            inside.put(1, 1);
            for (int i = 0; i < 1_000; i++) {
                assertThrows(ArithmeticException.class, () -> inside.rmw(1, function(writer -> {
                    throw new ArithmeticException("user");
                })));
                inside.add(1, 1);
            }
        });
        assertEquals(1_001, store.get(1, 0));
    }

    @Test
    void shouldRefuseAFunctionThatDecidesNothing() {
        for (int state = 0; state < 3; state++) {
            prepare(state);
            long before = store.get(1, -1);
            String message = assertThrows(IllegalStateException.class, () -> store.rmw(1, function(writer -> null))).getMessage();
            assertTrue(message.contains("null") && message.contains("WRITE, DELETE or LEAVE"), message);
            assertEquals(before, store.get(1, -1));
        }
        assertThrows(NullPointerException.class, () -> store.rmw(1, (Rmw) null));
        assertThrows(NullPointerException.class, () -> store.rmw(1, (LongRmw) null, 1, null));
        assertThrows(NullPointerException.class, () -> store.rmw(1, (Update) null, 1));
        assertEquals(List.of(), store.kernel().epoch.inside());
    }

    @Test
    void shouldRefuseAValueThatNoRecordHolds() {
        for (int state = 0; state < 3; state++) {
            prepare(state);
            long before = store.get(1, -1);
            String message = assertThrows(IllegalArgumentException.class, () -> store.rmw(1, function(writer -> {
                writer.set(new byte[4097]);
                return RmwAction.WRITE;
            }))).getMessage();
            assertTrue(message.contains("4097") && message.contains("4096"), message);
            message = assertThrows(IllegalArgumentException.class, () -> store.rmw(1, function(writer -> {
                writer.set(new byte[4090]);
                return RmwAction.WRITE;
            }))).getMessage();
            assertTrue(message.contains("4090") && message.contains("4096"), message);
            assertEquals(before, store.get(1, -1));
        }
    }

    /** Room is made outside the epoch, so that the function runs again; what is inside may not wait for the operating system. */
    @Test
    void shouldMakeRoomForALongValueOutsideTheEpochAndRunTheFunctionAgain() {
        try (Store large = Store.open(StoreConfig.builder().pageSize(1 << 20).memory(8 << 20).hugePages(false).build());
                Session own = large.openSession("growing")) {
            byte[] longest = Bytes.random(new SplittableRandom(5), 100_000);
            own.rmw(1, function(writer -> RmwAction.LEAVE));
            List<Boolean> hadRoom = new ArrayList<>();
            assertEquals(Status.CREATED, own.rmw(1, function(writer -> {
                long before = own.value.scratch.address();
                writer.setLong(3);
                writer.set(longest);
                assertEquals(before, own.value.scratch.address(), "the buffer grew inside the epoch");
                hadRoom.add(own.value.scratch.hasRoom(longest.length));
                return RmwAction.WRITE;
            })));
            assertEquals(List.of(false, true), hadRoom);
            assertArrayEquals(longest, large.get(Bytes.ofLong(1)));
            hadRoom.clear();
            own.rmw(1, function(writer -> {
                writer.set(MemorySegment.ofArray(longest));
                hadRoom.add(own.value.scratch.hasRoom(longest.length));
                return RmwAction.WRITE;
            }));
            assertEquals(List.of(true), hadRoom, "the buffer is kept");
            assertArrayEquals(longest, large.get(Bytes.ofLong(1)));
        }
    }

    @Test
    void shouldNotMakeRoomForWhatIsNotWritten() {
        try (Store large = Store.open(StoreConfig.builder().pageSize(1 << 20).memory(8 << 20).hugePages(false).build());
                Session own = large.openSession("growing")) {
            byte[] longer = new byte[200_000];
            assertEquals(Status.LEFT, own.rmw(1, function(writer -> {
                writer.set(longer);
                return RmwAction.LEAVE;
            })));
            assertEquals(Status.CREATED, own.rmw(1, function(writer -> {
                writer.set(longer);
                writer.setLong(7);
                return RmwAction.WRITE;
            })));
            assertEquals(7, large.get(1, 0));
            assertThrows(ArithmeticException.class, () -> own.rmw(1, function(writer -> {
                writer.set(longer);
                throw new ArithmeticException("user");
            })));
            assertFalse(own.value.scratch.hasRoom(longer.length));
        }
    }

    @Test
    void shouldMakeRoomForALongKeyOutsideTheEpochToShowIt() {
        try (Store large = Store.open(StoreConfig.builder().pageSize(1 << 20).memory(8 << 20).hugePages(false).build())) {
            byte[] key = Bytes.random(new SplittableRandom(6), 5_000);
            large.put(key, new byte[] {1, 2, 3});
            long before = large.stats().retries();
            List<Bytes> shown = new ArrayList<>();
            large.forEach((shownKey, value) -> shown.add(new Bytes(shownKey.toArray())));
            assertEquals(List.of(new Bytes(key)), shown);
            assertEquals(2, large.stats().retries() - before, "once for the key's buffer, once for the value's");
        }
    }

    @Test
    void shouldForgetWhatAFailedSetHadPut() {
        MemorySegment closed;
        try (Arena arena = Arena.ofConfined()) {
            closed = arena.allocate(3_000);
        }
        store.rmw(new byte[] {1}, function(writer -> {
            writer.set(new byte[] {1, 2, 3});
            assertThrows(IllegalStateException.class, () -> writer.set(closed));
            return RmwAction.WRITE;
        }));
        assertArrayEquals(new byte[0], store.get(new byte[] {1}), "neither the old bytes under the new length nor the new under the old");
    }

    // --- views and writers that outlive their callback ---

    @Test
    void shouldKillViewsAndWritersWhenTheCallbackReturns() {
        List<ValueView> views = new ArrayList<>();
        List<ValueWriter> writers = new ArrayList<>();
        store.put(1, new byte[] {1, 2, 3});
        for (boolean fails : new boolean[] {false, true}) {
            Rmw leaking = new Rmw() {
                @Override
                public RmwAction onAbsent(ValueWriter writer) {
                    throw new AssertionError("the key is there");
                }

                @Override
                public RmwAction onPresent(ValueView old, ValueWriter writer) {
                    views.add(old);
                    writers.add(writer);
                    if (fails) {
                        throw new ArithmeticException("user");
                    }
                    return RmwAction.LEAVE;
                }
            };
            for (Operations operations : new Operations[] {store, session}) {
                if (fails) {
                    assertThrows(ArithmeticException.class, () -> operations.rmw(1, leaking));
                } else {
                    operations.rmw(1, leaking);
                }
            }
        }
        store.forEach((key, value) -> {
            views.add(key);
            views.add(value);
            return true;
        });
        assertEquals(6, views.size());
        for (ValueView view : views) {
            for (Runnable use : List.<Runnable>of(view::length, () -> view.getByte(0), () -> view.getLong(0), view::toArray,
                () -> view.copyTo(new byte[10], 0))) {
                assertTrue(assertThrows(IllegalStateException.class, use::run).getMessage().contains("after the callback"));
            }
        }
        for (ValueWriter writer : writers) {
            for (Runnable use : List.<Runnable>of(() -> writer.setLong(1), () -> writer.set(new byte[1]),
                () -> writer.set(MemorySegment.ofArray(new byte[1])))) {
                assertTrue(assertThrows(IllegalStateException.class, use::run).getMessage().contains("after the callback"));
            }
        }
        assertArrayEquals(new byte[] {1, 2, 3}, store.get(Bytes.ofLong(1)));
    }

    @Test
    void shouldRefuseAWriteThroughADeadViewWithoutHarm() {
        List<ValueView> views = new ArrayList<>();
        store.put(1, 1);
        store.forEach((key, value) -> views.add(value));
        store.rmw(2, function(writer -> {
            assertThrows(IllegalStateException.class, () -> writer.set(views.getFirst()));
            return RmwAction.LEAVE;
        }));
        assertNull(store.get(Bytes.ofLong(2)));
    }

    // --- callbacks and close ---

    @Test
    void shouldMakeCloseWaitForACallbackAndLetItFinish() throws Exception {
        CountDownLatch closing = new CountDownLatch(1);
        Future<Void> close = Hammer.start(() -> {
            closing.await();
            store.close();
            return null;
        });
        store.put(1, 41);
        LongHolder result = new LongHolder();
        store.rmw(1, numbers(() -> {
            closing.countDown();
            while (!store.kernel().isClosed()) {
                Thread.onSpinWait();
            }
        }), 1, result);
        assertEquals(42, result.value, "the operation finished");
        Hammer.await(close);
        assertThrows(ClosedFault.class, () -> store.get(1, 0));
    }

    @Test
    void shouldKeepViewsOfAWalkWhileItsVisitorClosesTheStore() {
        store.put(new byte[] {7}, new byte[] {1, 2, 3});
        store.put(new byte[] {8}, new byte[] {4});
        assertThrows(ClosedFault.class, () -> store.forEach((key, value) -> {
            store.close();
            assertEquals(1, key.length());
            assertEquals(key.getByte(0) == 7 ? 1 : 4, value.getByte(0));
            return true;
        }));
    }
}
