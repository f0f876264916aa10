package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tideline.fault.ClosedFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SessionTest {
    private final Store store = Store.open(StoreConfig.builder().pageSize(4096).memory(4 << 20).buckets(64).hashSeed(1).hugePages(false).build());

    @AfterEach
    void verify() {
        try (Store closing = store) {
            assertEquals(List.of(), closing.kernel().isClosed() ? List.of() : StoreVerifier.verify(closing));
        }
    }

    private int slots() {
        return store.kernel().epoch.ownedSlots();
    }

    private static String refused(Runnable misuse) {
        return assertThrows(IllegalStateException.class, misuse::run).getMessage();
    }

    @Test
    void shouldCarryTheNameItWasGiven() {
        try (Session named = store.openSession("importer"); Session first = store.openSession(); Session second = store.openSession()) {
            assertEquals("importer", named.name());
            assertTrue(!first.name().equals(second.name()), first.name());
        }
        assertThrows(NullPointerException.class, () -> store.openSession(null));
    }

    @Test
    void shouldRefuseEverythingOnceItIsClosed() {
        Session session = store.openSession("gone");
        session.put(1, 1);
        session.close();
        session.close();
        assertTrue(refused(() -> session.get(1, 0)).contains("gone is closed"));
        assertTrue(refused(() -> session.put(1, 2)).contains("closed"));
        assertTrue(refused(() -> session.batch(inside -> inside.put(1, 2))).contains("closed"));
        assertEquals(1, store.get(1, 0), "what it wrote stays");
        assertEquals(1, store.approximateSize());
    }

    @Test
    void shouldGiveBackEverySlotOfTenThousandSessions() {
        store.put(0, 0);
        int before = slots();
        int stored = store.stats().sessions();
        for (int round = 0; round < 10; round++) {
            List<Session> sessions = new ArrayList<>();
            for (int i = 0; i < 1_000; i++) {
                Session session = store.openSession();
                session.add(i, 1);
                sessions.add(session);
            }
            assertEquals(before + 1_000, slots());
            sessions.forEach(Session::close);
            assertEquals(before, slots());
        }
        assertEquals(stored, store.stats().sessions());
        assertTrue(store.kernel().epoch.slotCapacity() <= before + 1_000 + 128, "slots are reused: " + store.kernel().epoch.slotCapacity());
        assertEquals(10, store.get(999, 0));
        assertEquals(1_000, store.approximateSize());
    }

    @Test
    void shouldHandOverBetweenThreads() throws Exception {
        try (Session session = store.openSession()) {
            for (int i = 0; i < 50; i++) {
                int expected = i;
                Hammer.elsewhere(() -> {
                    assertEquals(expected, session.get(7, 0));
                    session.add(7, 1);
                    assertEquals(2L * expected + 2, session.serial());
                    return null;
                });
            }
        }
        assertEquals(50, store.get(7, 0));
    }

    @Test
    void shouldRefuseASecondThreadAtTheSameMoment() throws Exception {
        try (Session session = store.openSession("shared")) {
            session.batch(inside -> {
                String message = assertDoesNotThrow(() -> Hammer.elsewhere(() -> refused(() -> session.put(1, 1))));
                assertTrue(message.contains("shared") && message.contains("two threads"), message);
                assertDoesNotThrow(() -> Hammer.elsewhere(() -> refused(session::close)));
                assertDoesNotThrow(() -> Hammer.elsewhere(() -> refused(() -> session.batch(other -> other.put(1, 1)))));
                inside.put(2, 2);
            });
            assertEquals(-1, session.get(1, -1), "the refused put did nothing");
            assertEquals(2, session.get(2, -1));
        }
    }

    /** Every operation is either done or refused, and never both threads' at once. */
    @Test
    void shouldDetectMisuseByManyThreadsWithoutHarm() throws Exception {
        for (long seed = 1; seed <= 30; seed++) {
            Session session = store.openSession();
            store.put(5, 0);
            AtomicInteger done = new AtomicInteger();
            Hammer.run(seed, 3, random -> {
                for (int i = 0; i < 300; i++) {
                    try {
                        session.add(5, 1);
                        done.incrementAndGet();
                    } catch (IllegalStateException refused) {
                        assertTrue(refused.getMessage().contains("two threads"), refused.getMessage());
                    }
                }
                return null;
            });
            assertEquals(done.get(), store.get(5, -1), "seed " + seed);
            assertEquals(List.of(), store.kernel().epoch.inside(), "seed " + seed);
            session.close();
        }
    }

    @Test
    void shouldCloseOnceWhenManyCloseIt() throws Exception {
        store.put(1, 1);
        int before = slots();
        for (long seed = 1; seed <= 100; seed++) {
            Session session = store.openSession();
            session.put(100 + seed, 1);
            Hammer.run(seed, 3, random -> {
                try {
                    session.close();
                } catch (IllegalStateException refused) {
                    assertTrue(refused.getMessage().contains("two threads"), refused.getMessage());
                }
                return null;
            });
            session.close();
            assertEquals(before, slots(), "seed " + seed);
            assertEquals(1 + seed, store.approximateSize(), "what it created is counted once, seed " + seed);
        }
    }

    /** A session that is closed while another thread still uses it lets that thread neither in nor into the next owner's slot. */
    @Test
    void shouldNotLetALateUserDisturbTheNextSession() throws Exception {
        for (long seed = 1; seed <= 100; seed++) {
            Session old = store.openSession();
            CountDownLatch begun = new CountDownLatch(1);
            Future<Void> late = Hammer.start(() -> {
                begun.countDown();
                for (int i = 0; i < 200; i++) {
                    try {
                        old.get(1, 0);
                    } catch (IllegalStateException refused) {
                        assertTrue(refused.getMessage().contains("closed") || refused.getMessage().contains("two threads"), refused.getMessage());
                    }
                }
                return null;
            });
            begun.await();
            for (boolean closed = false; !closed;) {
                try {
                    old.close();
                    closed = true;
                } catch (IllegalStateException inside) {
                    Thread.onSpinWait();
                }
            }
            try (Session next = store.openSession()) {
                for (int i = 0; i < 200; i++) {
                    next.put(2, i);
                }
            }
            Hammer.await(late);
        }
    }

    @Test
    void shouldKeepTheSizeExactWhileSessionsCloseBesideClears() throws Exception {
        for (long seed = 1; seed <= 40; seed++) {
            AtomicInteger role = new AtomicInteger();
            AtomicBoolean done = new AtomicBoolean();
            Hammer.run(seed, 3, random -> {
                if (role.getAndIncrement() == 0) {
                    for (int i = 0; i < 30; i++) {
                        store.clear();
                    }
                    done.set(true);
                } else {
                    for (int i = 0; !done.get(); i++) {
                        try (Session session = store.openSession()) {
                            session.put(random.nextInt(50), i);
                            session.delete(random.nextInt(50));
                        }
                    }
                }
                return null;
            });
            assertEquals(List.of(), StoreVerifier.verify(store), "seed " + seed);
        }
    }

    @Test
    void shouldCountWhatAClosingSessionCreatedAtEveryMoment() throws Exception {
        List<Session> sessions = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            sessions.add(store.openSession());
            sessions.get(i).put(i, i);
        }
        AtomicBoolean done = new AtomicBoolean();
        Future<Void> closing = Hammer.start(() -> {
            sessions.forEach(Session::close);
            done.set(true);
            return null;
        });
        while (!done.get()) {
            assertEquals(300, store.approximateSize(), "nobody is writing");
        }
        Hammer.await(closing);
        assertEquals(300, store.approximateSize());
    }

    @Test
    void shouldRefuseToOpenOnAClosedStore() {
        store.close();
        assertThrows(ClosedFault.class, store::openSession);
        assertThrows(ClosedFault.class, () -> store.openSession("late"));
    }

    @Test
    void shouldStayClosableBehindItsStore() {
        Session session = store.openSession();
        session.put(1, 1);
        store.close();
        assertThrows(ClosedFault.class, () -> session.put(1, 2));
        session.close();
        session.close();
        assertThrows(ClosedFault.class, () -> session.put(1, 2));
    }

    @Test
    void shouldGiveItsBuffersBackWhenClosed() throws IOException {
        assumeTrue(Files.isReadable(Path.of("/proc/self/statm")), "resident memory is read from Linux");
        int bytes = 8 << 20;
        try (Store large = Store.open(StoreConfig.builder().pageSize(32 << 20).memory(8L * (32 << 20)).buckets(64).hugePages(false).build())) {
            byte[] value = new byte[bytes];
            large.put(new byte[] {1}, value);
            long before = residentBytes();
            for (int i = 0; i < 40; i++) {
                try (Session session = large.openSession()) {
                    session.rmw(new byte[] {1}, new Rmw() {
                        @Override
                        public RmwAction onAbsent(ValueWriter writer) {
                            throw new AssertionError("the key is there");
                        }

                        @Override
                        public RmwAction onPresent(ValueView old, ValueWriter writer) {
                            writer.set(old);
                            return RmwAction.LEAVE;
                        }
                    });
                }
            }
            long grown = residentBytes() - before;
            assertTrue(grown < 10L * bytes, "40 closed sessions, each with two buffers of 8 MiB, left " + (grown >> 20) + " MiB resident");
        }
    }

    private static long residentBytes() throws IOException {
        return Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ")[1]) * 4096;
    }
}
