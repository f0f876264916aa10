package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.checkpoint.CheckpointKind;
import io.tideline.checkpoint.Durability;
import io.tideline.checkpoint.LostGeneration;
import io.tideline.checkpoint.ManifestFiles;
import io.tideline.fault.CorruptionFault;
import io.tideline.fault.FullFault;
import io.tideline.fault.IoFault;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.device.Countdown;
import io.tideline.hlog.device.Fault;
import io.tideline.hlog.device.Outcome;
import io.tideline.hlog.device.SimulatedDisk;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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
 * that survives the end, the same once more where the recovery is cut short; or the opening names the damage, and goes back only where it is asked to and
 * says from what. {@code -Dtideline.every=true} takes every step, {@code -Dtideline.countdown.seed=N} others.
 */
@Tag("spill")
class CheckpointCountdownTest {
    private static final int SESSIONS = 2;
    /** Enough that some keep the name of a manifest without that of a file of the log, where both are not synced. */
    private static final int POWER_LOSSES_OF_NAMES = 4;
    private static final int ONE_IN = Boolean.getBoolean("tideline.every") ? 1 : 8;

    private static StoreConfig.Builder config(SimulatedDisk disk) {
        return StoreConfig.builder().memory(8 * 4096).pageSize(4096).segmentSize(1 << 12).buckets(16).hashSeed(7).maxOpenFiles(2).maxPending(4, 4)
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
        /** The numbers of checkpoints that were begun without a sync: of these alone a power loss may leave a part. */
        private final Set<Long> unsynced = new HashSet<>();
        private SimulatedDisk disk;
        private StoreFault first;

        @Override
        public void live(SimulatedDisk disk) throws Exception {
            this.disk = disk;
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
                requireAtLeast(store, found, acknowledged);
                assertEquals(List.of(), store.stats().checkpoints().lost(), "nobody asked to go back");
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
            }
        }

        /** Where the disk was full it is not the next time: then nothing is lost. */
        private boolean close(Store store) {
            long number = nextNumber(store);
            try {
                store.close();
                unsynced.remove(number);
                return true;
            } catch (FullFault full) {
                note(full);
                return close(store);
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
            if (!isSynced) {
                unsynced.add(nextNumber(store));
            }
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
                if (isSynced) {
                    unsynced.remove(point.number());
                    synced = expected;
                }
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

        private static long nextNumber(Store store) {
            return 1 + number(store);
        }

        private static long number(Store store) {
            return store.lastCommit().map(CommitPoint::number).orElse(0L);
        }

        /** Whether the disk damaged something and did not say so, so that anything older may be damaged, too. */
        private boolean hasHiddenDamage() {
            return disk.met().stream().anyMatch(fault -> fault.allowedAfterwards().contains(Outcome.CORRUPTION_FAULT));
        }

        /** A store that holds less has to say what it lost, whatever the disk did. */
        private void requireAtLeast(Store store, long[] found, long[] least) {
            boolean mayHaveLess = hasHiddenDamage() && !store.stats().checkpoints().lost().isEmpty();
            for (int i = 0; i < SESSIONS; i++) {
                if (found[i] < least[i] && !mayHaveLess) {
                    throw new AssertionError("session " + i + " came back with " + Arrays.toString(found) + ", acknowledged were " + Arrays.toString(least)
                            + ", said to be lost " + store.stats().checkpoints().lost());
                }
            }
        }

        /** The newest checkpoint that has a name is opened, or is said to be lost, which it is only where the opening was asked to go back. */
        private void requireNewest(Store store, List<Long> named, boolean fallBack) {
            List<Long> lost = store.stats().checkpoints().lost().stream().map(LostGeneration::generation).toList();
            assertTrue(fallBack || lost.isEmpty(), () -> "nobody asked to go back behind " + lost);
            for (long manifest : named) {
                assertTrue(manifest <= number(store) || lost.contains(manifest), () -> "MANIFEST-" + manifest + " was passed over in silence, and checkpoint "
                        + number(store) + " opened; said to be lost " + lost);
            }
            assertTrue(hasHiddenDamage() || unsynced.containsAll(lost), () -> lost + " are said to be lost, and only " + unsynced + " were not synced");
        }

        /** What is damaged and no key needs it, the verifier alone finds: it reads everything, and cannot tell what comes behind. */
        private void verify(Store store, long[] serials) {
            ledger.verify(store, serials);
            List<String> problems = StoreVerifier.verify(store);
            boolean isHidden = hasHiddenDamage() && !problems.isEmpty() && problems.getFirst().contains(": expected the record of log address ");
            assertTrue(isHidden || problems.isEmpty(), problems::toString);
        }

        @Override
        public void checkAfterDeath(SimulatedDisk left) {
            checkOrGoBack(left, acknowledged);
        }

        /**
         * There is one loss of which nothing on the disk can tell: the newest manifest's name, where the sync of the directory behind its rename was a lie and
         * the machine stops before the next one; {@code CrashTableTest} has it. Here a life that was lied to goes on and closes the store, and each later sync
         * of the directory brings the name. What else a disk loses in silence leaves the name, and behind it something that is not as it was sealed.
         */
        @Override
        public void checkAfterPowerLoss(SimulatedDisk left) {
            checkOrGoBack(left, synced);
        }

        private void checkOrGoBack(SimulatedDisk left, long[] least) {
            try {
                check(left, least, false);
            } catch (CorruptionFault damage) {
                if (hasHiddenDamage()) {
                    goBackBehindHiddenDamage(left, least, damage);
                    throw damage;
                }
                if (unsynced.isEmpty()) {
                    throw damage;
                }
                goBack(left, least, damage);
            }
        }

        /** Whoever asks for it gets something older, which names what is lost, or is told that there is nothing. */
        private void goBackBehindHiddenDamage(SimulatedDisk left, long[] least, CorruptionFault damage) {
            try {
                check(left, least, true);
            } catch (CorruptionFault | IoFault more) {
                damage.addSuppressed(more);
            }
        }

        /** What was not synced came back in part, and the opening says so. What was synced is there if the caller lets it go back. */
        private void goBack(SimulatedDisk left, long[] least, CorruptionFault damage) {
            assertThrows(CorruptionFault.class, () -> Store.open(config(left).build()), "it is told at the opening: " + damage);
            try {
                check(left, least, true);
            } catch (CorruptionFault more) {
                if (Arrays.stream(least).anyMatch(serial -> serial > 0)) {
                    throw more;
                }
            }
        }

        private void check(SimulatedDisk left, long[] least, boolean fallBack) {
            long[] found;
            List<Long> named = ManifestFiles.generations(left);
            Store store = Store.open(config(left).fallBack(fallBack).build());
            SimulatedDisk cutShort;
            try {
                requireNewest(store, named, fallBack);
                found = ledger.serialsOf(store);
                requireAtLeast(store, found, least);
                verify(store, found);
                cutShort = left.kill(77);
            } catch (Throwable thrown) {
                closeQuietly(store, thrown);
                throw thrown;
            }
            store.close();
            again(left, found, false);
            again(cutShort, found, fallBack);
            cutShort.close();
        }

        private static void closeQuietly(Store store, Throwable thrown) {
            try {
                store.abandon();
            } catch (StoreFault more) {
                thrown.addSuppressed(more);
            }
        }

        /** The next life finds the same. */
        private void again(SimulatedDisk left, long[] found, boolean fallBack) {
            List<Long> named = ManifestFiles.generations(left);
            try (Store store = Store.open(config(left).fallBack(fallBack).build())) {
                requireNewest(store, named, fallBack);
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
    private static Countdown countdown(String name) {
        SimulatedDisk.Options options = SimulatedDisk.Options.DEFAULT.seed(Integer.getInteger("tideline.countdown.seed", 1));
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
        Countdown.Report report = countdown("checkpoints").run();
        System.out.println(report);
        assertEquals(EnumSet.allOf(Fault.class), report.ends().keySet(), "every fault was met");
        assertTrue(report.steps() > 100, report.toString());
        assertEquals(before, threads());
    }

    /** The name of a manifest may survive before anybody waits for it; then all that it names does, the files of the log not least. */
    @Test
    void shouldHaveAllThatTheManifestNamesWhicheverNamesAPowerLossLeaves() {
        Countdown.Report report = countdown("publications").faults(EnumSet.of(Fault.POWER_LOSS)).at("rename .* to MANIFEST-.*|sync of the directory").oneIn(1)
                .powerLosses(POWER_LOSSES_OF_NAMES).run();
        System.out.println(report);
        assertTrue(report.lives() > 20, report.toString());
    }

    /** Each step that makes a manifest meets what a disk may do in silence: nothing older is opened in its place unless somebody asks for that. */
    @Test
    void shouldOpenNothingOlderInSilenceWhereTheNewestManifestIsDamaged() {
        Set<Fault> hidden = EnumSet.of(Fault.LOST, Fault.TORN, Fault.MISDIRECTED, Fault.LYING_SYNC);
        Countdown.Report report = countdown("manifests").faults(hidden).at("(write|sync) of .*MANIFEST-.*|sync of the directory").oneIn(1).run();
        System.out.println(report);
        assertEquals(hidden, report.ends().keySet(), report.toString());
    }
}
