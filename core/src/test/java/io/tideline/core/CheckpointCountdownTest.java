package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.checkpoint.CheckpointKind;
import io.tideline.checkpoint.Durability;
import io.tideline.fault.CorruptionFault;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.device.Countdown;
import io.tideline.hlog.device.Fault;
import io.tideline.hlog.device.Outcome;
import io.tideline.hlog.device.SimulatedDisk;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Two lives of a store, with checkpoints and a recovery in between, in which each step of the disk meets each fault; then what the death of the
 * process and power losses leave is opened. Of every session exactly a prefix comes back, no shorter than what a checkpoint had said
 * that survives the end, the same once more where the recovery is cut short; or the opening names the damage. {@code -Dtideline.every=true} takes
 * every step, {@code -Dtideline.countdown.seed=N} others.
 */
@Tag("spill")
class CheckpointCountdownTest {
    private static final int SESSIONS = 2;
    private static final int ONE_IN = Boolean.getBoolean("tideline.every") ? 1 : 8;

    private static StoreConfig.Builder config(SimulatedDisk disk) {
        return StoreConfig.builder().memory(8 * 4096).pageSize(4096).segmentSize(1 << 14).buckets(16).hashSeed(7).maxOpenFiles(2).maxPending(4, 4)
                .hugePages(false).files(disk);
    }

    /** It goes on behind faults of checkpoints; the first fault is thrown at the end. */
    private static final class Life implements Countdown.Scenario {
        private final PrefixLedger ledger = new PrefixLedger(5, SESSIONS);
        /** How far checkpoints that were acknowledged hold the sessions: any, and those that survive a crash of the machine. */
        private long[] acknowledged = new long[SESSIONS];
        /** The same, with what was committed though nobody heard of it. */
        private long[] committed = new long[SESSIONS];
        private long[] synced = new long[SESSIONS];
        /** Whether there may be a manifest that was not synced and is newer than any that was. */
        private boolean mayBeTorn;
        private StoreFault first;

        @Override
        public void live(SimulatedDisk disk) throws Exception {
            live(disk, this::firstLife);
            live(disk, this::secondLife);
            if (first != null) {
                throw first;
            }
        }

        /** A part of it, in the sessions of a store that was opened and checked, and is closed with a checkpoint. */
        private interface Part {
            void live(Store store, Session[] sessions) throws Exception;
        }

        private void live(SimulatedDisk disk, Part part) throws Exception {
            Store store = Store.open(config(disk).build());
            boolean closed = false;
            try {
                long[] found = ledger.serialsOf(store);
                requireAtLeast(found, acknowledged);
                committed = found.clone();
                ledger.verify(store, found);
                Session[] sessions = new Session[SESSIONS];
                for (int i = 0; i < SESSIONS; i++) {
                    String name = "s" + i;
                    sessions[i] = store.sessionNames().contains(name) ? store.resumeSession(name) : store.openSession(name);
                    ledger.resumed(i, sessions[i].serial());
                }
                try {
                    part.live(store, sessions);
                } finally {
                    for (Session session : sessions) {
                        session.close();
                    }
                }
            } catch (StoreFault fault) {
                note(fault);
            } finally {
                closed = close(store);
            }
            if (closed) {
                acknowledged = ledger.serials();
                synced = acknowledged;
                mayBeTorn = false;
            }
        }

        private boolean close(Store store) {
            try {
                store.close();
                return true;
            } catch (StoreFault fault) {
                note(fault);
                return false;
            }
        }

        private void note(StoreFault fault) {
            first = first == null ? fault : first;
        }

        private void firstLife(Store store, Session[] sessions) throws Exception {
            operate(sessions, 40);
            commit(store, sessions, CheckpointRequest.full());
            operate(sessions, 30);
            commit(store, sessions, CheckpointRequest.logOnly().durability(Durability.PROCESS));
            operate(sessions, 20);
            commit(store, sessions, CheckpointRequest.indexOnly());
            operate(sessions, 10);
            commit(store, sessions, CheckpointRequest.full().snapshot());
            operate(sessions, 10);
        }

        private void secondLife(Store store, Session[] sessions) throws Exception {
            operate(sessions, 20);
            commit(store, sessions, CheckpointRequest.indexOnly().durability(Durability.PROCESS));
            commit(store, sessions, CheckpointRequest.logOnly());
            operate(sessions, 10);
            commit(store, sessions, CheckpointRequest.full().durability(Durability.PROCESS));
            operate(sessions, 10);
            commit(store, sessions, CheckpointRequest.logOnly().snapshot().durability(Durability.PROCESS));
            operate(sessions, 10);
        }

        private void operate(Session[] sessions, int count) {
            for (int i = 0; i < count; i += 5) {
                ledger.run(sessions[0], 0, 5);
                ledger.run(sessions[1], 1, 3);
            }
        }

        private void commit(Store store, Session[] sessions, CheckpointRequest request) throws Exception {
            boolean isSynced = request.durability() == Durability.DISK;
            boolean isIndexOnly = request.kind() == CheckpointKind.INDEX_ONLY;
            long[] expected = isIndexOnly ? committed : ledger.serials(); // nobody operates meanwhile
            mayBeTorn |= !isSynced;
            CompletableFuture<CommitPoint> future = store.checkpoint(request);
            try {
                CommitPoint point = future.get(120, TimeUnit.SECONDS);
                for (int i = 0; i < SESSIONS; i++) {
                    long serial = point.serials().get("s" + i);
                    assertEquals(expected[i], serial, request.toString());
                    assertEquals(serial, sessions[i].durableSerial());
                }
                acknowledged = expected;
                committed = expected;
                synced = isSynced ? acknowledged : synced;
                mayBeTorn &= !isSynced;
            } catch (ExecutionException failed) {
                if (failed.getCause() instanceof StoreFault fault) {
                    note(fault);
                } else if (!isIndexOnly || store.lastCommit().isPresent()) {
                    throw failed;
                }
            }
            for (Session session : sessions) {
                session.completePending(true);
            }
        }

        private static void requireAtLeast(long[] found, long[] least) {
            for (int i = 0; i < SESSIONS; i++) {
                if (found[i] < least[i]) {
                    // what a disk that says nothing may do; nothing else may
                    throw new CorruptionFault("session " + i + " came back with " + Arrays.toString(found) + ", acknowledged were " + Arrays.toString(least));
                }
            }
        }

        private void verify(Store store, long[] serials) {
            ledger.verify(store, serials);
            assertEquals(List.of(), StoreVerifier.verify(store));
        }

        @Override
        public void checkAfterDeath(SimulatedDisk disk) {
            check(disk, acknowledged, false);
        }

        @Override
        public void checkAfterPowerLoss(SimulatedDisk disk) {
            try {
                check(disk, synced, false);
            } catch (CorruptionFault damage) {
                if (!mayBeTorn) {
                    throw damage;
                }
                fallBack(disk, damage);
            }
        }

        /** What was not synced came back in part, and the opening says so. What was synced is there if the caller lets it go back. */
        private void fallBack(SimulatedDisk disk, CorruptionFault damage) {
            assertThrows(CorruptionFault.class, () -> Store.open(config(disk).build()), "it is told at the opening: " + damage);
            try {
                check(disk, synced, true);
            } catch (CorruptionFault more) {
                if (Arrays.stream(synced).anyMatch(serial -> serial > 0)) {
                    throw more;
                }
            }
        }

        private void check(SimulatedDisk disk, long[] least, boolean fallBack) {
            long[] found;
            Store store = Store.open(config(disk).fallBack(fallBack).build());
            SimulatedDisk cutShort;
            try {
                found = ledger.serialsOf(store);
                requireAtLeast(found, least);
                verify(store, found);
                cutShort = disk.kill(77);
            } catch (Throwable thrown) {
                closeQuietly(store, thrown);
                throw thrown;
            }
            store.close();
            again(disk, found, false);
            again(cutShort, found, fallBack);
            cutShort.close();
        }

        private static void closeQuietly(Store store, Throwable thrown) {
            try {
                store.close();
            } catch (StoreFault more) {
                thrown.addSuppressed(more);
            }
        }

        /** The next life finds the same. */
        private void again(SimulatedDisk disk, long[] found, boolean fallBack) {
            try (Store store = Store.open(config(disk).fallBack(fallBack).build())) {
                assertEquals(Arrays.toString(found), Arrays.toString(ledger.serialsOf(store)), "the sessions of the next life");
                verify(store, found);
            }
        }
    }

    /** Held, because it forgets its level otherwise. */
    private final Logger warnings = Logger.getLogger(Checkpointer.class.getName());

    @BeforeEach
    void beQuiet() {
        warnings.setLevel(Level.OFF); // of files that could not be removed, as planned
    }

    @AfterEach
    void beLoudAgain() {
        warnings.setLevel(null);
    }

    /** What the store may make of a fault beyond what the fault says of itself. */
    private static Countdown countdown(String name, SimulatedDisk.Options options) {
        Countdown countdown = new Countdown(name, options, Life::new).powerLosses(2).oneIn(ONE_IN);
        for (Fault fault : List.of(Fault.EIO, Fault.SHORT, Fault.ENOSPC, Fault.STALL, Fault.POWER_LOSS, Fault.BAD_SECTOR, Fault.SYNC_FAILS)) {
            countdown.allowing(fault, Outcome.SUCCEEDS); // a write is tried again; what was read ahead need not be needed
        }
        // the header of IDENTITY as it was before it was written
        countdown.allowing(Fault.MISDIRECTED, Outcome.OTHER_FAULT).allowing(Fault.STALE_READ, Outcome.OTHER_FAULT);
        return countdown.allowing(Fault.ENOSPC, Outcome.IO_FAULT).allowing(Fault.STALL, Outcome.STALLS);
    }

    private static List<String> threads() {
        return Thread.getAllStackTraces().keySet().stream().filter(Thread::isAlive).map(Thread::getName)
                .filter(thread -> thread.startsWith("tideline-")).sorted().toList();
    }

    @Test
    void shouldBringBackAPrefixWhateverEachStepMeets() {
        List<String> before = threads();
        Countdown.Report report = countdown("checkpoints", SimulatedDisk.Options.DEFAULT.seed(Integer.getInteger("tideline.countdown.seed", 1))).run();
        System.out.println(report);
        assertEquals(EnumSet.allOf(Fault.class), report.ends().keySet(), "every fault was met");
        assertTrue(report.steps() > 100, report.toString());
        assertEquals(before, threads());
    }
}
