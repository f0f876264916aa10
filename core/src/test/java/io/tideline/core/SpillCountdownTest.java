package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.fault.FullFault;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.device.Countdown;
import io.tideline.hlog.device.Fault;
import io.tideline.hlog.device.Outcome;
import io.tideline.hlog.device.SimulatedDisk;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A store's life on a disk in which each step meets each fault: nothing wrong is ever read, an operation that fails has changed nothing, no
 * wait lasts, and no file or thread is left behind. {@code -Dtideline.seeds=N} multiplies the seeds of the disk with threads.
 */
@Tag("spill")
class SpillCountdownTest {
    private static final int KEYS = 60;

    /**
     * Loads, reads, updates, deletes, clears, and loads again, beside a heap map. It goes on behind a fault: what the operation that met it was
     * to change stays as it was. The first fault is thrown at the end.
     */
    private static final class Life implements Countdown.Scenario {
        private final Map<Long, byte[]> map = new HashMap<>();
        private StoreFault first;

        @Override
        public void live(SimulatedDisk disk) {
            Store store = Store.open(StoreConfig.builder().memory(8 * 4096).pageSize(4096).segmentSize(1 << 14).buckets(16).hashSeed(7)
                    .maxOpenFiles(2).maxPending(4, 4).hugePages(false).files(disk).build());
            try (Session session = store.openSession()) {
                liveIn(store, session);
            } finally {
                while (!attempt(store::close) && !store.kernel().isFreed()) {
                    assertInstanceOf(FullFault.class, first); // it is full once
                }
            }
            if (first != null) {
                throw first;
            }
        }

        private void liveIn(Store store, Session session) {
            SplittableRandom random = new SplittableRandom(3);
            for (long key = 0; key < KEYS; key++) {
                put(session, key, Bytes.random(random, 600));
            }
            for (long key = 0; key < KEYS; key += 9) {
                get(store, key);
            }
            for (long key = 1; key < KEYS; key += 13) {
                append(session, key);
            }
            for (long key = 2; key < KEYS; key += 17) {
                delete(store, key);
            }
            submit(session);
            walk(store);
            if (attempt(store::clear)) {
                map.clear();
            } else if (!first.getMessage().contains("nothing was changed") && store.approximateSize() == 0) {
                map.clear(); // only files could not be removed
            }
            for (long key = 0; key < KEYS / 2; key++) {
                put(store, key, Bytes.random(random, 600));
            }
            for (long key = 0; key < KEYS; key += 3) {
                get(session, key);
            }
            attempt(() -> assertEquals(0, store.kernel().epoch.inside().size()));
        }

        private boolean attempt(Runnable work) {
            try {
                work.run();
                return true;
            } catch (StoreFault fault) {
                first = first == null ? fault : first;
                return false;
            }
        }

        private void put(Operations operations, long key, byte[] value) {
            if (attempt(() -> assertTrue(operations.put(Bytes.ofLong(key), value).isChange()))) {
                map.put(key, value);
            }
        }

        private void get(Operations operations, long key) {
            attempt(() -> {
                ValueHolder holder = ValueHolder.growing();
                Status status = operations.get(Bytes.ofLong(key), holder);
                assertIs(key, status, status == Status.FOUND ? holder.toArray() : null);
            });
        }

        private void assertIs(long key, Status status, byte[] value) {
            assertEquals(map.containsKey(key) ? Status.FOUND : Status.ABSENT, status, "key " + key);
            assertArrayEquals(map.get(key), value, "key " + key);
        }

        private static byte[] appended(byte[] old) {
            byte[] all = old == null ? new byte[0] : old;
            all = Arrays.copyOf(all, all.length + 1);
            all[all.length - 1] = (byte) all.length;
            return all;
        }

        private void append(Operations operations, long key) {
            boolean done = attempt(() -> assertTrue(operations.rmw(Bytes.ofLong(key), new Rmw() {
                @Override
                public RmwAction onAbsent(ValueWriter writer) {
                    writer.set(appended(null));
                    return RmwAction.WRITE;
                }

                @Override
                public RmwAction onPresent(ValueView old, ValueWriter writer) {
                    writer.set(appended(old.toArray()));
                    return RmwAction.WRITE;
                }
            }).isChange()));
            if (done) {
                map.put(key, appended(map.get(key)));
            }
        }

        private void delete(Operations operations, long key) {
            Status expected = map.containsKey(key) ? Status.TOMBSTONED : Status.ABSENT;
            if (attempt(() -> assertEquals(expected, operations.delete(Bytes.ofLong(key)), "key " + key))) {
                map.remove(key);
            }
        }

        /** More lookups at once than may be under way; each completion is told once, whatever became of it. */
        private void submit(Session session) {
            int[] told = new int[KEYS];
            Completion completion = new Completion() {
                @Override
                public void completed(long context, Status status, ValueView value) {
                    told[(int) context]++;
                    assertIs(context, status, status == Status.FOUND ? value.toArray() : null);
                }

                @Override
                public void failed(long context, Throwable thrown) {
                    told[(int) context]++;
                    first = first == null ? (StoreFault) thrown : first;
                }
            };
            for (long key = 0; key < KEYS; key += 6) {
                session.submitGet(Bytes.ofLong(key), 0, 8, key, completion);
            }
            session.completePending(true);
            for (int key = 0; key < KEYS; key++) {
                assertEquals(key % 6 == 0 ? 1 : 0, told[key], "completions of key " + key);
            }
        }

        private void walk(Store store) {
            Map<Long, byte[]> shown = new HashMap<>();
            boolean whole = attempt(() -> store.forEach((key, value) -> {
                assertEquals(null, shown.put(Bytes.toLong(key.toArray()), value.toArray()));
                return true;
            }));
            shown.forEach((key, value) -> assertArrayEquals(map.get(key), value, "key " + key));
            assertTrue(!whole || shown.keySet().equals(map.keySet()), "shown " + shown.keySet() + " of " + map.keySet());
        }
    }

    /** What the store may make of a fault beyond what the fault says of itself. */
    private static Countdown countdown(String name, SimulatedDisk.Options options) {
        Countdown countdown = new Countdown(name, options, Life::new).powerLosses(0);
        for (Fault fault : List.of(Fault.EIO, Fault.SHORT, Fault.ENOSPC, Fault.STALL, Fault.POWER_LOSS, Fault.BAD_SECTOR)) {
            countdown.allowing(fault, Outcome.SUCCEEDS); // a write is tried again; what was read ahead need not be needed
        }
        return countdown.allowing(Fault.ENOSPC, Outcome.IO_FAULT).allowing(Fault.STALL, Outcome.STALLS);
    }

    private static List<String> threads() {
        return Thread.getAllStackTraces().keySet().stream().filter(Thread::isAlive).map(Thread::getName)
                .filter(thread -> thread.startsWith("tideline-")).sorted().toList();
    }

    @Test
    void shouldEndEveryLifeAsItsFaultAllows() {
        List<String> before = threads();
        Countdown.Report report = countdown("store", SimulatedDisk.Options.DEFAULT).run();
        System.out.println(report);
        assertTrue(report.ends().size() >= 14, report.toString());
        assertEquals(before, threads());
    }

    @Test
    void shouldEndEveryLifeAsItsFaultAllowsOnADiskWithThreads() {
        List<String> before = threads();
        for (long seed = 1; seed <= Hammer.share(1); seed++) {
            System.out.println(countdown("store, seed " + seed,
                    SimulatedDisk.Options.DEFAULT.mode(SimulatedDisk.Mode.THREADS).seed(seed).alignmentBytes(512)).run());
        }
        assertEquals(before, threads());
    }
}
