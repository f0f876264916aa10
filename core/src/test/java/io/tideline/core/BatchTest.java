package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.fault.ClosedFault;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BatchTest {
    private final Store store = Store.open(StoreConfig.builder().pageSize(4096).memory(4 << 20).buckets(64).hashSeed(1).hugePages(false).build());

    @AfterEach
    void verify() {
        try (Store closing = store) {
            assertEquals(List.of(), closing.kernel().isClosed() ? List.of() : StoreVerifier.verify(closing));
        }
    }

    private static String refused(Runnable misuse) {
        return assertThrows(IllegalStateException.class, misuse::run).getMessage();
    }

    @Test
    void shouldRefuseASessionLeakedFromABatchOfTheStore() throws Exception {
        List<Session> leaked = new ArrayList<>();
        store.batch(inside -> {
            inside.put(1, 1);
            leaked.add(inside);
        });
        Session session = leaked.getFirst();
        assertTrue(refused(() -> session.get(1, 0)).contains("after the end of the batch"));
        assertTrue(refused(() -> session.batch(inside -> inside.put(1, 2))).contains("after the end of the batch"));
        assertTrue(refused(session::close).contains("after the end of the batch"));
        store.batch(inside -> {
            // The pool gives the same session again; another thread still has no right to it.
            String message = assertThrows(IllegalStateException.class, () -> Hammer.elsewhere(() -> session.put(1, 5))).getMessage();
            assertTrue(message.contains("two threads") || message.contains("after the end"), message);
        });
        assertEquals(1, store.get(1, 0));
    }

    @Test
    void shouldRefuseABatchInsideABatchOfTheSameSession() {
        try (Session session = store.openSession("once")) {
            session.batch(inside -> {
                assertTrue(refused(() -> session.batch(again -> again.put(1, 1))).contains("once is in a batch already"));
                inside.put(2, 2);
            });
            assertEquals(2, session.get(2, 0));
            assertEquals(-1, session.get(1, -1));
        }
        store.batch(inside -> refused(() -> inside.batch(again -> again.put(1, 1))));
    }

    @Test
    void shouldRefuseToCloseASessionInsideItsBatch() {
        try (Session session = store.openSession()) {
            session.batch(inside -> refused(inside::close));
            session.put(1, 1);
        }
        store.batch(inside -> refused(inside::close));
    }

    @Test
    void shouldLetOtherSessionsWorkInsideABatch() {
        try (Session outer = store.openSession(); Session inner = store.openSession()) {
            outer.batch(a -> {
                a.put(1, 1);
                store.put(2, 2);
                inner.put(3, 3);
                inner.batch(b -> {
                    b.put(4, 4);
                    a.put(5, 5);
                    store.batch(c -> c.put(6, 6));
                });
            });
        }
        assertEquals(6, store.approximateSize());
    }

    @Test
    void shouldRefuseAtOnceWhatWouldWaitForTheBatchItself() {
        long begin = System.nanoTime();
        try (Session session = store.openSession()) {
            for (Operations operations : new Operations[] {store, session}) {
                operations.batch(inside -> {
                    assertTrue(refused(store::clear).contains("clear was called from inside a batch"));
                    assertTrue(refused(store::close).contains("close was called from inside a batch"));
                    assertTrue(refused(() -> store.forEach((key, value) -> true)).contains("forEach was called from inside a batch"));
                    inside.put(1, 1);
                    assertEquals(1, store.approximateSize());
                    assertEquals(1, store.stats().size());
                });
                operations.delete(1);
            }
        }
        assertTrue(System.nanoTime() - begin < 20_000_000_000L, "none of it waited for its own thread");
    }

    @Test
    void shouldLeaveTheEpochWhateverABatchThrows() {
        try (Session session = store.openSession()) {
            for (Throwable thrown : new Throwable[] {new IllegalArgumentException("user"), new Error("user"), new StackOverflowError()}) {
                for (Operations operations : new Operations[] {store, session}) {
                    assertSame(thrown, assertThrows(Throwable.class, () -> operations.batch(inside -> {
                        inside.put(1, 1);
                        BatchTest.<RuntimeException>sneak(thrown);
                    })));
                    assertEquals(List.of(), store.kernel().epoch.inside());
                    operations.batch(inside -> inside.add(1, 1));
                }
            }
        }
        assertThrows(NullPointerException.class, () -> store.batch(null));
        assertEquals(List.of(), store.kernel().epoch.inside());
        store.clear();
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void sneak(Throwable thrown) throws T {
        throw (T) thrown;
    }

    @Test
    void shouldGoOnAfterAnOperationThatWasRefused() {
        store.batch(inside -> {
            inside.put(1, new byte[20]);
            assertThrows(IllegalStateException.class, () -> inside.add(1, 1));
            assertThrows(IllegalArgumentException.class, () -> inside.put(2, new byte[5000]));
            assertThrows(NullPointerException.class, () -> inside.get((byte[]) null));
            assertThrows(IndexOutOfBoundsException.class, () -> inside.contains(new byte[3], 1, 3));
            inside.put(3, 3);
        });
        assertEquals(2, store.approximateSize());
    }

    /** A long batch looks at the gate now and then, so that a clear neither waits for its end nor happens under its operations. */
    @Test
    void shouldLetAClearInBetweenItsOperations() throws Exception {
        for (Operations operations : new Operations[] {store, store.openSession()}) {
            AtomicBoolean cleared = new AtomicBoolean();
            CountDownLatch inBatch = new CountDownLatch(1);
            Future<Void> clear = Hammer.start(() -> {
                inBatch.await();
                store.clear();
                cleared.set(true);
                return null;
            });
            operations.batch(inside -> {
                for (int i = 0; !cleared.get(); i++) {
                    inside.put(i & 63, i);
                    inBatch.countDown();
                }
            });
            Hammer.await(clear);
        }
    }

    @Test
    void shouldEndWithAClosedFaultWhenTheStoreIsClosedInBetween() throws Exception {
        CountDownLatch inBatch = new CountDownLatch(1);
        Future<Void> close = Hammer.start(() -> {
            inBatch.await();
            store.close();
            return null;
        });
        assertThrows(ClosedFault.class, () -> store.batch(inside -> {
            for (int i = 0; ; i++) {
                inside.put(i & 63, i);
                inBatch.countDown();
            }
        }));
        Hammer.await(close);
    }

    /** Whoever works behind the shut gate is alone, even where one thread has a batch inside a batch and both look at the gate in turn. */
    @Test
    void shouldKeepExclusiveWorkApartFromNestedBatches() throws Exception {
        try (Session outer = store.openSession(); Session inner = store.openSession()) {
            for (int round = 0; round < 20; round++) {
                AtomicBoolean working = new AtomicBoolean();
                AtomicBoolean done = new AtomicBoolean();
                CountDownLatch inBatch = new CountDownLatch(1);
                Future<Void> exclusive = Hammer.start(() -> {
                    inBatch.await();
                    store.kernel().exclusively(() -> {
                        working.set(true);
                        for (int i = 0; i < 2_000; i++) {
                            Thread.onSpinWait();
                        }
                        Thread.yield();
                        working.set(false);
                    });
                    done.set(true);
                    return null;
                });
                outer.batch(a -> inner.batch(b -> {
                    for (int i = 0; !done.get(); i++) {
                        a.put(i & 63, i);
                        assertFalse(working.get(), "exclusive work goes on while a batch is inside");
                        b.add(i & 63, 1);
                        assertFalse(working.get(), "exclusive work goes on while a batch is inside");
                        store.contains(i & 63);
                        inBatch.countDown();
                    }
                }));
                Hammer.await(exclusive);
            }
        }
    }

    @Test
    void shouldLetAClearPassWhereASessionFreeCallIsInsideABatch() throws Exception {
        AtomicBoolean cleared = new AtomicBoolean();
        CountDownLatch inBatch = new CountDownLatch(1);
        Future<Void> clear = Hammer.start(() -> {
            inBatch.await();
            store.clear();
            cleared.set(true);
            return null;
        });
        store.batch(inside -> {
            for (int i = 0; !cleared.get(); i++) {
                store.put(i & 63, i);
                inside.add(i & 63, 1);
                store.stats();
                inBatch.countDown();
            }
        });
        Hammer.await(clear);
    }

    @Test
    void shouldRefuseEveryOperationOfABatchOnceTheStoreIsClosed() throws Exception {
        Store store = Store.open(StoreConfig.builder().memory(1 << 18).pageSize(4096).hashSeed(7).build());
        Thread closer = new Thread(store::close);
        try (Session session = store.openSession()) {
            session.batch(inside -> {
                closer.start();
                boolean refused = false;
                while (!refused) {
                    refused = isRefused(inside);
                }
                for (int i = 0; i < 1000; i++) {
                    assertTrue(isRefused(inside), "operation " + i + " behind the close went through");
                }
            });
        }
        closer.join();
    }

    private static boolean isRefused(Session session) {
        try {
            session.put(1, 2);
            return false;
        } catch (ClosedFault closed) {
            return true;
        }
    }
}
