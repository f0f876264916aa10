package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.fault.ClosedFault;
import io.tideline.fault.FullFault;
import io.tideline.memory.Probe;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Under the production doors an access behind the close would end the JVM, under the checked one it is an {@link AssertionError}. */
@Tag("doors")
class CloseTest {
    private static final int ROUNDS = Hammer.share(60);

    @AfterEach
    void removeHook() {
        Probe.install(null);
    }

    private static Store open(long seed) {
        return Store.open(StoreConfig.builder().pageSize(4096).memory(1 << 20).mutableFraction(0.05).buckets(4).hashSeed(seed).hugePages(false).build());
    }

    @Test
    void shouldRefuseEveryOperationAfterwards() {
        Store store = open(1);
        Session session = store.openSession();
        session.put(1, 1);
        store.put(2, new byte[100]);
        store.close();
        store.close();
        ValueHolder holder = ValueHolder.growing();
        List<Consumer<Operations>> calls = List.of(o -> o.get(1, 0), o -> o.get(1, new LongHolder()), o -> o.get(1, holder), o -> o.get(new byte[3]),
            o -> o.put(1, 1), o -> o.put(1, new byte[4]), o -> o.put(new byte[1], new byte[1]), o -> o.putIfAbsent(1, 1), o -> o.delete(1),
            o -> o.contains(1), o -> o.contains(new byte[2]), o -> o.add(1, 1), o -> o.add(new byte[3], 1), o -> o.compareAndSet(1, 1, 2),
            o -> o.compareAndSet(new byte[1], new byte[1], new byte[2]), o -> o.batch(inside -> inside.put(1, 1)),
            o -> o.getAll(new long[1], new long[1], 0, 1, 0), o -> o.putAll(new long[1], new long[1], 0, 1),
            o -> o.putAll(new long[1], new byte[1], 1, 0, 1), o -> o.prefetch(new long[1], 0, 1), o -> o.rmwAll(new long[1], 0, 1, Update.ADD, 1));
        for (Operations operations : new Operations[] {store, session}) {
            for (Consumer<Operations> call : calls) {
                String message = assertThrows(ClosedFault.class, () -> call.accept(operations)).getMessage();
                assertTrue(message.contains("closed") && message.contains("Store.open"), message);
            }
        }
        assertThrows(ClosedFault.class, store::clear);
        assertThrows(ClosedFault.class, store::stats);
        assertThrows(ClosedFault.class, store::openSession);
        assertThrows(ClosedFault.class, () -> store.forEach((key, value) -> true));
        assertThrows(ClosedFault.class, () -> StoreVerifier.verify(store));
        assertEquals(1 << 20, store.config().memory(), "what it was configured with is still known");
        session.close();
    }

    /** One operation of a random kind. */
    private static void operate(Store store, Session session, SplittableRandom random) {
        int key = random.nextInt(8);
        byte[] bytes = {(byte) key};
        switch (random.nextInt(10)) {
            case 0 -> store.put(bytes, new byte[random.nextInt(2_000)]);
            case 1 -> store.get(bytes);
            case 2 -> session.add(key, 1);
            case 3 -> session.delete(key);
            case 4 -> store.rmw(bytes, new Rmw() {
                @Override
                public RmwAction onAbsent(ValueWriter writer) {
                    writer.set(bytes);
                    return RmwAction.WRITE;
                }

                @Override
                public RmwAction onPresent(ValueView old, ValueWriter writer) {
                    writer.set(old);
                    return random.nextBoolean() ? RmwAction.WRITE : RmwAction.DELETE;
                }
            });
            case 5 -> session.batch(inside -> {
                for (int i = 0; i < 300; i++) {
                    inside.add(key + 100, 1);
                }
            });
            case 6 -> store.forEach((name, value) -> name.length() + value.length() > 0);
            case 7 -> store.batch(inside -> inside.put(key + 200, new byte[50]));
            case 8 -> {
                try (Session own = store.openSession()) {
                    own.put(bytes, bytes);
                }
            }
            default -> store.stats();
        }
    }

    @Test
    void shouldEndEveryOperationWholeOrInAClosedFaultWhileThreadsHammer() throws Exception {
        for (long seed = 1; seed <= ROUNDS; seed++) {
            String replay = "seed " + seed;
            Hammer.yieldAtProbes(seed);
            Store store = open(seed);
            int threads = 4;
            AtomicInteger begun = new AtomicInteger();
            AtomicInteger role = new AtomicInteger();
            long closeAfter = new SplittableRandom(seed).nextInt(200);
            Hammer.run(seed, threads + 1, random -> {
                if (role.getAndIncrement() == 0) {
                    while (begun.get() < closeAfter) {
                        Thread.onSpinWait();
                    }
                    store.close();
                    return null;
                }
                boolean closed = false;
                try (Session session = store.openSession()) {
                    while (!closed) {
                        begun.incrementAndGet();
                        closed = endsInAClosedFault(() -> operate(store, session, random));
                    }
                } catch (ClosedFault early) {
                    closed = true;
                }
                assertTrue(closed, replay);
                return null;
            });
            assertThrows(ClosedFault.class, () -> store.get(1, 0), replay);
        }
    }

    private static boolean endsInAClosedFault(Runnable operation) {
        try {
            operation.run();
            return false;
        } catch (ClosedFault closed) {
            return true;
        } catch (FullFault full) {
            return full.place() != FullFault.Place.LOG;
        } catch (IllegalStateException otherLength) {
            if (!otherLength.getMessage().contains("this operation takes values of 8")) {
                throw otherLength;
            }
            return false;
        }
    }

    @Test
    void shouldBeClosedOnceByMany() throws Exception {
        for (long seed = 1; seed <= 40; seed++) {
            Store store = open(seed);
            store.put(1, 1);
            Hammer.run(seed, 4, random -> {
                store.close();
                assertThrows(ClosedFault.class, () -> store.get(1, 0), "the close has ended for each of its callers");
                return null;
            });
        }
    }

    @Test
    void shouldNotLetACloseAndAClearMeet() throws Exception {
        for (long seed = 1; seed <= 60; seed++) {
            Store store = open(seed);
            for (int i = 0; i < 100; i++) {
                store.put(i, new byte[100]);
            }
            AtomicInteger role = new AtomicInteger();
            Hammer.run(seed, 3, random -> {
                switch (role.getAndIncrement()) {
                    case 0 -> store.close();
                    case 1 -> endsInAClosedFault(store::clear);
                    default -> endsInAClosedFault(() -> assertEquals(List.of(), StoreVerifier.verify(store)));
                }
                return null;
            });
        }
    }

    @Test
    void shouldLetNoThreadStayBehind() throws Exception {
        Store store = open(1);
        store.put(1, 1);
        Thread housekeeper = Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().contains("housekeeper"))
            .max(Comparator.comparingLong(Thread::threadId)).orElseThrow();
        assertTrue(housekeeper.isAlive() && housekeeper.isDaemon());
        store.close();
        assertFalse(housekeeper.isAlive());
    }

    @Test
    void shouldCloseFromAnotherThreadThanTheOneThatOpened() throws Exception {
        Store store = Hammer.elsewhere(() -> open(1));
        store.put(1, 1);
        Future<Void> close = Hammer.start(() -> {
            store.close();
            return null;
        });
        Hammer.await(close);
        assertThrows(ClosedFault.class, () -> store.get(1, 0));
    }
}
