package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.checkpoint.CheckpointKind;
import io.tideline.checkpoint.Durability;
import io.tideline.checkpoint.LogStyle;
import io.tideline.checkpoint.LostGeneration;
import io.tideline.fault.CorruptionFault;
import io.tideline.fault.IoFault;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.device.BlockingIo;
import io.tideline.hlog.device.DeviceFile;
import io.tideline.hlog.device.Fault;
import io.tideline.hlog.device.FaultPlan;
import io.tideline.hlog.device.SimulatedDisk;
import io.tideline.memory.Region;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The rows of {@code docs/crash-table.md} about checkpoints of a store: the third checkpoint of a life stops at a step, with the process or with the
 * machine, and the next opening finds the second or the third.
 */
@Tag("spill")
class CrashTableTest {
    private static final int SESSIONS = 2;
    private static final int POWER_LOSSES = 6;
    /** Enough that some keep the name of the manifest without that of a file of the log, where both are not synced. */
    private static final int POWER_LOSSES_OF_NAMES = 32;
    /** How often each step is stopped at: whether it has happened is decided anew. */
    private static final int DISKS = 3;
    private static final SimulatedDisk.Options OPTIONS = SimulatedDisk.Options.DEFAULT.seed(3);

    /** Which checkpoint is found. */
    private enum Found { OLD, NEW }

    private static final Set<Found> OLD = EnumSet.of(Found.OLD);
    private static final Set<Found> NEW = EnumSet.of(Found.NEW);
    private static final Set<Found> EITHER = EnumSet.allOf(Found.class);

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

    private static StoreConfig.Builder config(SimulatedDisk disk) {
        return StoreConfig.builder().memory(16 * 4096).pageSize(4096).segmentSize(1 << 14).buckets(16).hashSeed(7).maxPending(4, 4).hugePages(false)
                .files(disk);
    }

    /**
     * The third checkpoint.
     *
     * @param operations how many each session does in front of it
     * @param segmentBytes how large the files of the log are
     */
    private record Third(CheckpointRequest request, int operations, int segmentBytes) {
        static final Third FULL = of(CheckpointRequest.full());
        /** The log gets new files with it. */
        static final Third LONG = new Third(CheckpointRequest.full(), 120, 1 << 12);

        static Third of(CheckpointRequest request) {
            return new Third(request, 12, 1 << 14);
        }
    }

    /** A store with two checkpoints that takes a third. */
    private static final class Life {
        final PrefixLedger ledger = new PrefixLedger(9, SESSIONS);
        final SimulatedDisk disk;
        final Third third;
        /** The steps before the third checkpoint. */
        int before;
        long[] old;

        Life(FaultPlan plan) {
            this(OPTIONS, Third.FULL, plan);
        }

        Life(SimulatedDisk.Options options, Third third, FaultPlan plan) {
            this.third = third;
            disk = new SimulatedDisk(options, plan);
        }

        Life live() throws Exception {
            Store store = Store.open(config(disk).segmentSize(third.segmentBytes).build());
            Session[] sessions = new Session[SESSIONS];
            try {
                for (int i = 0; i < SESSIONS; i++) {
                    sessions[i] = store.openSession("s" + i);
                }
                for (int checkpoint = 1; checkpoint <= 3; checkpoint++) {
                    for (int i = 0; i < SESSIONS; i++) {
                        ledger.run(sessions[i], i, checkpoint == 3 ? third.operations : 12);
                        sessions[i].completePending(true);
                    }
                    if (checkpoint == 3) {
                        before = disk.steps().size();
                    } else {
                        old = ledger.serials();
                    }
                    store.checkpoint(checkpoint == 3 ? third.request : CheckpointRequest.full()).get(60, TimeUnit.SECONDS);
                }
            } catch (ExecutionException failed) {
                assertTrue(failed.getCause() instanceof StoreFault, () -> "" + failed.getCause());
            } finally {
                close(store, sessions);
            }
            return this;
        }

        private void close(Store store, Session[] sessions) {
            for (Session session : sessions) {
                session.close();
            }
            boolean isDead = !disk.met().isEmpty();
            try {
                store.close();
                assertFalse(isDead, "a close without a disk");
            } catch (StoreFault failed) {
                assertFalse(disk.met().isEmpty(), failed::toString);
            }
        }

        /** Opens what was left, and says which checkpoint it holds: no more and no less. */
        Found check(SimulatedDisk left, String what) {
            boolean isNamed = left.exists("MANIFEST-3");
            try (Store store = Store.open(config(left).segmentSize(third.segmentBytes).build())) {
                long[] found = ledger.serialsOf(store);
                ledger.verify(store, found);
                assertEquals(List.of(), StoreVerifier.verify(store), what);
                assertEquals("", store.stats().checkpoints().imageProblem(), what);
                List<String> files = left.list();
                assertTrue(files.stream().noneMatch(name -> name.endsWith(".tmp")), () -> what + " leaves " + files);
                boolean isNew = store.lastCommit().orElseThrow().number() == 3;
                assertTrue(isNew || store.lastCommit().orElseThrow().number() == 2, what);
                assertEquals(isNamed, isNew, what + ": a manifest that has its name is the one that is opened");
                assertEquals(List.of(), store.stats().checkpoints().lost(), what);
                boolean isSame = third.request.kind() == CheckpointKind.INDEX_ONLY;
                assertArrayEquals(isNew && !isSame ? ledger.serials() : old, found, what);
                assertEquals(isNew, left.exists("checkpoints/3-index"), what + ": what no manifest names is removed");
                assertEquals(isNew && third.request.logStyle() == LogStyle.SNAPSHOT, left.exists("checkpoints/3-snapshot"), what);
                assertFalse(isNew && !isSame && left.exists("MANIFEST-1"), what);
                return isNew ? Found.NEW : Found.OLD;
            }
        }
    }

    /** Stops at every step of the third checkpoint that looks like this. */
    private static void stopAt(String steps, Set<Found> allowed) throws Exception {
        stopAt(steps, "never", "never", allowed);
    }

    /** The same behind the last step that looks like {@code behind}, and in front of the first one that looks like {@code inFrontOf}. */
    private static void stopAt(String pattern, String behind, String inFrontOf, Set<Found> allowed) throws Exception {
        stopAt(Third.FULL, pattern, behind, inFrontOf, POWER_LOSSES, allowed);
    }

    /** The same in another kind of checkpoint. */
    private static void stopAt(CheckpointRequest third, String pattern, String behind, String inFrontOf, Set<Found> allowed) throws Exception {
        stopAt(Third.of(third), pattern, behind, inFrontOf, POWER_LOSSES, allowed);
    }

    /** The same in a checkpoint with which the log gets new files. */
    private static void stopAtNewFiles(String pattern, String behind, String inFrontOf, int powerLosses, Set<Found> allowed) throws Exception {
        Life sound = new Life(OPTIONS, Third.LONG, FaultPlan.none()).live();
        long created = sound.disk.steps().stream().skip(sound.before).takeWhile(step -> !step.what().equals("create MANIFEST-3.tmp"))
                .filter(step -> step.what().startsWith("create log/")).count();
        assertTrue(created > 1, () -> created + " files of the log are made, behind those of the second checkpoint");
        stopAt(Third.LONG, pattern, behind, inFrontOf, powerLosses, allowed);
    }

    private static void stopAt(Third third, String pattern, String behind, String inFrontOf, int powerLosses, Set<Found> allowed) throws Exception {
        Life sound = new Life(OPTIONS, third, FaultPlan.none()).live();
        List<String> steps = sound.disk.steps().stream().map(SimulatedDisk.Step::what).toList();
        int first = IntStream.range(sound.before, steps.size()).filter(i -> steps.get(i).matches(behind)).max().orElse(sound.before - 1) + 1;
        // the close begins when the third checkpoint was acknowledged; its first step still belongs to what may follow that
        int closing = IntStream.range(sound.before, steps.size()).filter(i -> steps.get(i).matches("create checkpoints/4-index")).findFirst().orElseThrow();
        int end = IntStream.range(first, closing).filter(i -> steps.get(i).matches(inFrontOf)).findFirst().orElse(closing + 1);
        int[] stops = IntStream.range(first, end).filter(i -> steps.get(i).matches(pattern)).toArray();
        assertTrue(stops.length > 0, () -> "no step like '" + pattern + "' in " + steps.subList(sound.before, steps.size()));
        Set<Found> seen = EnumSet.noneOf(Found.class);
        for (int i = 0; i < DISKS * stops.length; i++) {
            int stop = stops[i / DISKS];
            Life life = new Life(OPTIONS.seed(i), third, FaultPlan.ofSeed(1).failAt(stop, Fault.POWER_LOSS)).live();
            assertTrue(life.disk.steps().get(stop).what().matches(pattern), () -> "another step than planned: " + life.disk.steps().get(stop));
            for (int seed = 0; seed <= powerLosses; seed++) {
                String what = "stopped at " + life.disk.steps().get(stop) + (seed == 0 ? ", the process" : ", the machine, seed " + seed);
                try (SimulatedDisk left = seed == 0 ? life.disk.kill(1) : life.disk.crash(seed)) {
                    Found found = life.check(left, what);
                    assertTrue(allowed.contains(found), () -> what + " leaves " + found);
                    seen.add(found);
                }
            }
        }
        assertEquals(allowed, seen, "all that may be left was seen");
    }

    @Test
    void shouldLeaveTheOldWhereItStopsInTheIndexImage() throws Exception {
        stopAt("(create|write of .*|sync of .*)checkpoints/3-index", OLD);
    }

    @Test
    void shouldLeaveTheOldWhereItStopsInASnapshot() throws Exception {
        stopAt(CheckpointRequest.full().snapshot(), "(create|write of .*|sync of .*)checkpoints/3-snapshot", "never", "never", OLD);
    }

    @Test
    void shouldLeaveEitherWhereTheManifestOfASnapshotIsPublished() throws Exception {
        stopAt(CheckpointRequest.full().snapshot(), "rename MANIFEST-3.tmp to MANIFEST-3|sync of the directory", "write of .*MANIFEST-3.tmp", "delete MANIFEST-1",
                EITHER);
    }

    @Test
    void shouldLeaveTheNewWhereItStopsBehindASnapshot() throws Exception {
        stopAt(CheckpointRequest.full().snapshot(), ".*", "delete MANIFEST-1", "never", NEW);
    }

    /** Both are of the same log; so what was durable stays so, whichever is found. */
    @Test
    void shouldLeaveTheSameOperationsWhereAnImageOfTheIndexStops() throws Exception {
        stopAt(CheckpointRequest.indexOnly(), "(create|write of .*|sync of .*)checkpoints/3-index|create MANIFEST-3.tmp|(write|sync) of .*MANIFEST-3.tmp", "never",
                "never", OLD);
        stopAt(CheckpointRequest.indexOnly(), "rename MANIFEST-3.tmp to MANIFEST-3|sync of the directory", "sync of .*MANIFEST-3.tmp", "never", EITHER);
    }

    @Test
    void shouldLeaveTheOldWhereItStopsInTheFlushOfTheLog() throws Exception {
        stopAt("(create|write of .*)log/.*", OLD);
    }

    @Test
    void shouldLeaveTheOldWhereItStopsInTheSyncOfTheLog() throws Exception {
        stopAt("sync of .*log/.*|sync of the directory", "never", "create MANIFEST-3.tmp", OLD);
        stopAtNewFiles("sync of .*log/.*|sync of the directory", "never", "create MANIFEST-3.tmp", POWER_LOSSES, OLD);
    }

    @Test
    void shouldLeaveTheOldWhereItStopsInTheWriteOfTheManifest() throws Exception {
        stopAt("create MANIFEST-3.tmp|write of .*MANIFEST-3.tmp", OLD);
    }

    @Test
    void shouldLeaveTheOldWhereItStopsInTheSyncOfTheManifest() throws Exception {
        stopAt("sync of .*MANIFEST-3.tmp", OLD);
    }

    @Test
    void shouldLeaveEitherWhereItStopsInTheRename() throws Exception {
        stopAt("rename MANIFEST-3.tmp to MANIFEST-3", EITHER);
        stopAtNewFiles("rename MANIFEST-3.tmp to MANIFEST-3", "never", "never", POWER_LOSSES_OF_NAMES, EITHER);
    }

    @Test
    void shouldLeaveEitherWhereItStopsInTheSyncOfTheDirectory() throws Exception {
        stopAt("sync of the directory", "rename MANIFEST-3.tmp to MANIFEST-3", "delete MANIFEST-1", EITHER);
        stopAtNewFiles("sync of the directory", "rename MANIFEST-3.tmp to MANIFEST-3", "delete MANIFEST-1", POWER_LOSSES_OF_NAMES, EITHER);
    }

    /** The third checkpoint, of which a sync is a lie, is acknowledged, and the machine stops in front of the next step. */
    private static Life liedTo(String sync) throws Exception {
        List<String> steps = new Life(FaultPlan.none()).live().disk.steps().stream().map(SimulatedDisk.Step::what).toList();
        int lie = steps.indexOf("rename MANIFEST-3.tmp to MANIFEST-3") + (sync.equals("sync of the directory") ? 1 : -1);
        int removal = steps.indexOf("delete MANIFEST-1");
        assertTrue(steps.get(lie).matches(sync), () -> "another step than planned: " + steps.get(lie));
        Life life = new Life(FaultPlan.ofSeed(1).failAt(lie, Fault.LYING_SYNC).failAt(removal, Fault.POWER_LOSS)).live();
        assertEquals(List.of(Fault.LYING_SYNC, Fault.POWER_LOSS), life.disk.met());
        return life;
    }

    /** Nothing that is left can tell of a name that is gone: so the checkpoint before, which is whole, is opened in silence. */
    @Test
    void shouldLeaveEitherWhereTheSyncOfTheDirectoryWasALie() throws Exception {
        Life life = liedTo("sync of the directory");
        Set<Found> seen = EnumSet.noneOf(Found.class);
        for (int seed = 1; seed <= POWER_LOSSES_OF_NAMES; seed++) {
            try (SimulatedDisk left = life.disk.crash(seed)) {
                seen.add(life.check(left, "power loss " + seed));
            }
        }
        assertEquals(EITHER, seen);
    }

    /** The name is there, and what it leads to is not: that is told. */
    @Test
    void shouldTellThatTheManifestIsDamagedWhereItsSyncWasALie() throws Exception {
        Life life = liedTo("sync of .*MANIFEST-3.tmp");
        Set<Found> seen = EnumSet.noneOf(Found.class);
        for (int seed = 1; seed <= POWER_LOSSES_OF_NAMES; seed++) {
            String what = "power loss " + seed;
            try (SimulatedDisk left = life.disk.crash(seed)) {
                try {
                    assertEquals(Found.NEW, life.check(left, what));
                    seen.add(Found.NEW);
                } catch (CorruptionFault damage) {
                    assertTrue(damage.getMessage().contains("/MANIFEST-3 is damaged"), damage::toString);
                    try (Store store = Store.open(config(left).fallBack(true).build())) {
                        assertEquals(List.of(3L), store.stats().checkpoints().lost().stream().map(LostGeneration::generation).toList(), what);
                        assertArrayEquals(life.old, life.ledger.serialsOf(store), what);
                        life.ledger.verify(store, life.old);
                    }
                    seen.add(Found.OLD);
                }
            }
        }
        assertEquals(EITHER, seen);
    }

    @Test
    void shouldLeaveTheNewWhereItStopsBehindTheAcknowledgement() throws Exception {
        stopAt("create checkpoints/4-index", NEW);
        stopAtNewFiles("delete MANIFEST-1|create checkpoints/4-index", "never", "never", POWER_LOSSES_OF_NAMES, NEW);
    }

    @Test
    void shouldLeaveTheNewWhereItStopsWhileItRetiresFiles() throws Exception {
        stopAt(".*", "delete MANIFEST-1", "never", NEW);
        stopAt("delete MANIFEST-1", NEW);
    }

    /** The image of a checkpoint that is committed stays, whatever goes wrong behind it. */
    @Test
    void shouldKeepTheImageWhereFilesCannotBeRetired() throws Exception {
        Life sound = new Life(FaultPlan.none()).live();
        List<String> steps = sound.disk.steps().stream().map(SimulatedDisk.Step::what).toList();
        int removal = steps.indexOf("delete MANIFEST-1");
        SimulatedDisk disk = new SimulatedDisk(OPTIONS, FaultPlan.ofSeed(1).failAt(removal, Fault.EIO));
        try (Store store = Store.open(config(disk).build()); Session a = store.openSession("s0"); Session b = store.openSession("s1")) {
            PrefixLedger ledger = new PrefixLedger(9, SESSIONS);
            for (int checkpoint = 1; checkpoint <= 3; checkpoint++) {
                ledger.run(a, 0, 12);
                a.completePending(true);
                ledger.run(b, 1, 12);
                b.completePending(true);
                assertEquals(checkpoint, store.checkpoint().get(60, TimeUnit.SECONDS).number());
            }
            assertEquals(List.of(Fault.EIO), disk.met());
            try (SimulatedDisk left = disk.kill(1); Store again = Store.open(config(left).build())) {
                assertEquals("", again.stats().checkpoints().imageProblem());
                ledger.verify(again, ledger.serials());
            }
        }
    }

    /** An attempt whose manifest found no room leaves nothing in the way of the next, which has its number. */
    @Test
    void shouldTakeTheNextCheckpointWhereAManifestFoundNoRoom() throws Exception {
        Life sound = new Life(FaultPlan.none()).live();
        List<String> steps = sound.disk.steps().stream().map(SimulatedDisk.Step::what).toList();
        int publication = steps.indexOf("create MANIFEST-1.tmp");
        SimulatedDisk disk = new SimulatedDisk(OPTIONS, FaultPlan.ofSeed(1).failAt(publication, Fault.ENOSPC));
        try (Store store = Store.open(config(disk).build())) {
            PrefixLedger ledger = new PrefixLedger(9, SESSIONS);
            try (Session a = store.openSession("s0"); Session b = store.openSession("s1")) {
                ledger.run(a, 0, 12);
                a.completePending(true);
                ledger.run(b, 1, 12);
                b.completePending(true);
            }
            assertThrows(ExecutionException.class, () -> store.checkpoint().get(60, TimeUnit.SECONDS));
            assertFalse(disk.exists("checkpoints/1-index"));
            assertEquals(1, store.checkpoint().get(60, TimeUnit.SECONDS).number());
            try (SimulatedDisk left = disk.crash(1); Store again = Store.open(config(left).build())) {
                assertEquals("", again.stats().checkpoints().imageProblem());
                ledger.verify(again, ledger.serials());
            }
        }
    }

    /**
     * What a power loss leaves of a checkpoint that was not synced is whole, or is told at the opening; then the one before is there for who wants it. Only
     * where its name is gone nothing says that there was one.
     */
    @Test
    void shouldGoBackFromACheckpointThatWasNotSynced() throws Exception {
        PrefixLedger ledger = new PrefixLedger(9, SESSIONS);
        SimulatedDisk disk = new SimulatedDisk(OPTIONS);
        long[] synced;
        long[] newest;
        try (Store store = Store.open(config(disk).build()); Session a = store.openSession("s0"); Session b = store.openSession("s1")) {
            ledger.run(a, 0, 40);
            a.completePending(true);
            store.checkpoint().get(60, TimeUnit.SECONDS);
            synced = ledger.serials();
            ledger.run(b, 1, 40);
            b.completePending(true);
            store.checkpoint(CheckpointRequest.logOnly().durability(Durability.PROCESS)).get(60, TimeUnit.SECONDS);
            newest = ledger.serials();
            int whole = 0;
            int unnamed = 0;
            int logsTorn = 0;
            for (int seed = 0; seed < 300; seed++) {
                try (SimulatedDisk left = seed == 0 ? disk.kill(1) : disk.crash(seed)) {
                    boolean isNamed = left.exists("MANIFEST-2");
                    try (Store again = Store.open(config(left).build())) {
                        String what = "power loss " + seed;
                        assertEquals(isNamed ? 2 : 1, again.lastCommit().orElseThrow().number(), what);
                        assertArrayEquals(isNamed ? newest : synced, ledger.serialsOf(again), what);
                        ledger.verify(again, isNamed ? newest : synced);
                        assertEquals(List.of(), again.stats().checkpoints().lost(), what);
                        whole += isNamed ? 1 : 0;
                        unnamed += isNamed ? 0 : 1;
                    } catch (CorruptionFault torn) {
                        assertTrue(seed > 0, torn::toString);
                        try (Store again = Store.open(config(left).fallBack(true).build())) {
                            assertEquals(Arrays.toString(synced), Arrays.toString(ledger.serialsOf(again)));
                            ledger.verify(again, synced);
                            LostGeneration lost = again.stats().checkpoints().lost().getFirst();
                            assertEquals(2, lost.generation());
                            logsTorn += lost.damage().getMessage().contains("/MANIFEST-") ? 0 : 1;
                        }
                    }
                }
            }
            assertTrue(whole > 1 && unnamed > 1 && logsTorn > 1, whole + " were whole, " + unnamed + " had no name, of " + logsTorn + " the log was not");
        }
    }

    /** Nobody knows what of the log the device has, and a later life could not find out: so nothing more is committed, not even for the process. */
    @Test
    void shouldCommitNothingBehindAFailedSyncOfTheLog() throws Exception {
        Life sound = new Life(FaultPlan.none()).live();
        int sync = IntStream.range(0, sound.disk.steps().size()).filter(i -> sound.disk.steps().get(i).what().matches("sync of .*log/.*")).findFirst()
                .orElseThrow();
        SimulatedDisk disk = new SimulatedDisk(OPTIONS, FaultPlan.ofSeed(1).failAt(sync, Fault.SYNC_FAILS));
        Store store = Store.open(config(disk).build());
        PrefixLedger ledger = new PrefixLedger(9, SESSIONS);
        try (Session a = store.openSession("s0"); Session b = store.openSession("s1")) {
            ledger.run(a, 0, 12);
            a.completePending(true);
            ledger.run(b, 1, 12);
            b.completePending(true);
        }
        for (Durability durability : List.of(Durability.DISK, Durability.PROCESS, Durability.DISK)) {
            ExecutionException failed = assertThrows(ExecutionException.class,
                    () -> store.checkpoint(CheckpointRequest.full().durability(durability)).get(60, TimeUnit.SECONDS));
            assertTrue(failed.getCause().getMessage().startsWith("a sync of the log failed"), failed::toString);
        }
        assertThrows(IoFault.class, store::close);
        assertEquals(List.of(Fault.SYNC_FAILS), disk.met());
        try (SimulatedDisk left = disk.crash(1); Store again = Store.open(config(left).build())) {
            assertTrue(again.lastCommit().isEmpty());
            assertEquals(0, again.approximateSize());
        }
    }

    /**
     * A life takes a checkpoint that is synced, one that is not, and then a sync of the log fails, which forgets part of what it was to bring to the
     * device; what its process leaves.
     *
     * @param kept set to how far the second checkpoint has the sessions
     */
    private static SimulatedDisk behindAFailedSync(PrefixLedger ledger, long seed, long[] kept) throws Exception {
        FaultPlan plan = FaultPlan.ofSeed(1);
        SimulatedDisk disk = new SimulatedDisk(OPTIONS.seed(seed), plan);
        Store store = Store.open(config(disk).build());
        try (Session a = store.openSession("s0"); Session b = store.openSession("s1")) {
            ledger.run(a, 0, 30);
            a.completePending(true);
            store.checkpoint().get(60, TimeUnit.SECONDS);
            ledger.run(b, 1, 60);
            b.completePending(true);
            store.checkpoint(CheckpointRequest.logOnly().durability(Durability.PROCESS)).get(60, TimeUnit.SECONDS);
            System.arraycopy(ledger.serials(), 0, kept, 0, SESSIONS);
            synchronized (disk) {
                plan.sometimes(Fault.SYNC_FAILS, 1);
            }
            ExecutionException failed = assertThrows(ExecutionException.class, () -> store.checkpoint(CheckpointRequest.logOnly()).get(60, TimeUnit.SECONDS));
            assertTrue(failed.getCause().getMessage().startsWith("a sync of the log failed"), failed::toString);
        }
        assertThrows(IoFault.class, store::close);
        return disk;
    }

    private static void requireKept(SimulatedDisk left, PrefixLedger ledger, long[] kept) {
        try (Store store = Store.open(config(left).build())) {
            assertEquals(Arrays.toString(kept), Arrays.toString(ledger.serialsOf(store)));
            ledger.verify(store, kept);
            assertEquals(List.of(), StoreVerifier.verify(store));
        }
    }

    /** Another life cannot know of a sync that failed: it reads all of it from the cache, and a sync of its own succeeds without it. */
    @Test
    void shouldSurviveAPowerLossBehindAFailedSyncOfAnEarlierLife() throws Exception {
        int lost = 0;
        for (int seed = 1; seed <= 8; seed++) {
            PrefixLedger ledger = new PrefixLedger(9, SESSIONS);
            long[] kept = new long[SESSIONS];
            try (SimulatedDisk first = behindAFailedSync(ledger, seed, kept); SimulatedDisk second = first.kill(1)) {
                for (int loss = 1; loss <= POWER_LOSSES; loss++) {
                    lost += isTorn(second.crash(loss)) ? 1 : 0;
                }
                try (Store store = Store.open(config(second).build())) {
                    assertTrue(store.stats().checkpoints().unsyncedBytes() > 0);
                    assertEquals(Durability.DISK, store.checkpoint(CheckpointRequest.logOnly()).get(60, TimeUnit.SECONDS).durability());
                    assertEquals(0, store.stats().checkpoints().unsyncedBytes());
                    for (int loss = 1; loss <= POWER_LOSSES; loss++) {
                        try (SimulatedDisk left = second.crash(loss)) {
                            requireKept(left, ledger, kept);
                        }
                    }
                }
            }
        }
        assertTrue(lost > 1, "the failed syncs lost nothing that matters, so this showed nothing");
    }

    private static boolean isTorn(SimulatedDisk left) {
        try (left; Store _ = Store.open(config(left).build())) {
            return false;
        } catch (CorruptionFault torn) {
            return true;
        }
    }

    /** What is not as it was sealed is not written again: checkpoints of durability DISK say so each time, until it reads well; others go on. */
    @Test
    void shouldNotSyncAPastThatIsDamaged() throws Exception {
        PrefixLedger ledger = new PrefixLedger(9, SESSIONS);
        long[] kept = new long[SESSIONS];
        FaultPlan plan = FaultPlan.ofSeed(5);
        try (SimulatedDisk first = behindAFailedSync(ledger, 1, kept); SimulatedDisk second = first.kill(1, plan)) {
            try (Store store = Store.open(config(second).build())) {
                synchronized (second) {
                    plan.sometimes(Fault.BIT_FLIP_ON_READ, 1);
                }
                for (int i = 0; i < 3; i++) {
                    ExecutionException failed = assertThrows(ExecutionException.class,
                            () -> store.checkpoint(CheckpointRequest.logOnly()).get(60, TimeUnit.SECONDS));
                    assertTrue(failed.getCause() instanceof CorruptionFault, failed::toString);
                    assertTrue(failed.getCause().getMessage().contains("expected the record of log address"), failed::toString);
                    store.checkpoint(CheckpointRequest.logOnly().durability(Durability.PROCESS)).get(60, TimeUnit.SECONDS);
                    store.put(77L << 40, i);
                }
                synchronized (second) {
                    plan.sometimes(Fault.BIT_FLIP_ON_READ, 0);
                }
                assertEquals(2, store.get(77L << 40, -1));
                store.delete(77L << 40);
                store.checkpoint().get(60, TimeUnit.SECONDS);
                try (SimulatedDisk left = second.crash(1)) {
                    requireKept(left, ledger, kept);
                }
            }
        }
    }

    /** A write that fails may leave anything, so what it was to write is kept and written first by the next that asks. */
    @Test
    void shouldGoOnWithAPastWhoseWriteFailed() throws Exception {
        PrefixLedger ledger = new PrefixLedger(9, SESSIONS);
        long[] kept = new long[SESSIONS];
        try (SimulatedDisk first = behindAFailedSync(ledger, 1, kept)) {
            int write;
            try (SimulatedDisk sound = first.kill(1); Store store = Store.open(config(sound).build())) {
                int opened = sound.steps().size();
                store.checkpoint(CheckpointRequest.logOnly()).get(60, TimeUnit.SECONDS);
                List<String> steps = sound.steps().stream().map(SimulatedDisk.Step::what).toList();
                int read = IntStream.range(opened, steps.size()).filter(i -> steps.get(i).matches("read of .*log/.*")).findFirst().orElseThrow();
                write = IntStream.range(read, steps.size()).filter(i -> steps.get(i).matches("write of .*log/.*")).findFirst().orElseThrow();
            }
            for (int fails : new int[] {1, 24}) {
                FaultPlan plan = FaultPlan.ofSeed(5);
                IntStream.range(write, write + fails).forEach(step -> plan.failAt(step, Fault.EIO));
                try (SimulatedDisk second = first.kill(1, plan)) {
                    try (Store store = Store.open(config(second).build())) {
                        if (fails >= 24) {
                            ExecutionException failed = assertThrows(ExecutionException.class,
                                    () -> store.checkpoint(CheckpointRequest.logOnly()).get(60, TimeUnit.SECONDS));
                            assertTrue(failed.getCause() instanceof IoFault, failed::toString);
                            assertTrue(second.steps().get(write).what().matches("write of .*log/.*"), () -> "" + second.steps().get(write));
                            assertTrue(store.stats().checkpoints().unsyncedBytes() > 0);
                        }
                        store.checkpoint().get(60, TimeUnit.SECONDS);
                        assertTrue(second.met().size() >= Math.min(fails, 24), () -> second.met() + "");
                        for (int loss = 1; loss <= POWER_LOSSES; loss++) {
                            try (SimulatedDisk left = second.crash(loss)) {
                                requireKept(left, ledger, kept);
                            }
                        }
                    }
                }
            }
        }
    }

    private static Store filledAndCleared(SimulatedDisk disk) throws Exception {
        Store store = Store.open(config(disk).build());
        for (long key = 0; key < 60; key++) {
            store.put(key, new byte[600]);
        }
        store.checkpoint().get(60, TimeUnit.SECONDS);
        store.clear();
        store.put(1, 100);
        store.checkpoint().get(60, TimeUnit.SECONDS);
        return store;
    }

    @Test
    void shouldLeaveTheNewWhereItStopsWhileItTruncatesTheLog() throws Exception {
        SimulatedDisk sound = new SimulatedDisk(OPTIONS);
        Store store = filledAndCleared(sound);
        store.checkpoint().get(60, TimeUnit.SECONDS);
        store.close();
        int[] stops = IntStream.range(0, sound.steps().size()).filter(i -> sound.steps().get(i).what().startsWith("delete log/")).toArray();
        assertTrue(stops.length > 1, () -> "" + sound.steps());
        for (int stop : stops) {
            SimulatedDisk disk = new SimulatedDisk(OPTIONS, FaultPlan.ofSeed(1).failAt(stop, Fault.POWER_LOSS));
            Store stopped = filledAndCleared(disk);
            assertEquals(3, stopped.checkpoint().get(60, TimeUnit.SECONDS).number(), "it is committed before the log is truncated");
            assertThrows(StoreFault.class, stopped::close);
            assertEquals(List.of(Fault.POWER_LOSS), disk.met());
            for (int seed = 0; seed <= POWER_LOSSES; seed++) {
                try (SimulatedDisk left = seed == 0 ? disk.kill(1) : disk.crash(seed); Store again = Store.open(config(left).build())) {
                    assertEquals(1, again.approximateSize());
                    assertEquals(100, again.get(1, -1));
                    assertFalse(left.exists("log/000000000000"), "what is left of it goes at the next opening");
                }
            }
        }
    }

    @Test
    void shouldComeToTheSameWhereARecoveryIsCutShort() throws Exception {
        Life sound = new Life(FaultPlan.none()).live();
        int flush = IntStream.range(sound.before, sound.disk.steps().size()).filter(i -> sound.disk.steps().get(i).what().matches("sync of .*log/.*"))
                .findFirst().orElseThrow();
        Life life = new Life(FaultPlan.ofSeed(1).failAt(flush, Fault.POWER_LOSS)).live();
        for (boolean isKill : new boolean[] {true, false}) {
            SimulatedDisk counted = isKill ? life.disk.kill(1) : life.disk.crash(1);
            Map<String, String> before = contents(counted);
            int from = counted.steps().size();
            Map<String, String> recovered;
            int opening;
            try (Store store = Store.open(config(counted).build())) {
                opening = counted.steps().size() - from;
                recovered = contents(counted);
                assertEquals(2, store.lastCommit().orElseThrow().number());
            }
            assertEquals(before, recovered, "a recovery writes nothing into log and manifests");
            for (int stop = 0; stop < opening; stop++) {
                FaultPlan plan = FaultPlan.ofSeed(stop).failAt(stop, Fault.POWER_LOSS);
                SimulatedDisk disk = isKill ? life.disk.kill(1, plan) : life.disk.crash(1, plan);
                assertThrows(IoFault.class, () -> Store.open(config(disk).build()));
                assertEquals(0, disk.openFiles());
                for (int seed = 0; seed <= 4; seed++) {
                    try (SimulatedDisk left = seed == 0 ? disk.kill(1) : disk.crash(seed)) {
                        if (seed == 0) { // a power loss takes more of what was not synced
                            assertEquals(before, contents(left));
                        }
                        assertEquals(Found.OLD, life.check(left, "recovery stopped at " + disk.steps().get(stop)));
                    }
                }
            }
        }
    }

    /** The bytes of the log and of the manifests. */
    private static Map<String, String> contents(SimulatedDisk disk) {
        Map<String, String> contents = new TreeMap<>();
        for (String name : disk.list()) {
            if (name.startsWith("log/") || name.matches("MANIFEST-[0-9]+")) {
                try (DeviceFile file = disk.open(name); Region memory = Region.allocate(1 << 14, false)) {
                    int sizeBytes = (int) file.sizeBytes();
                    new BlockingIo(Waits.SYSTEM).read(file, 0, memory.address(), sizeBytes);
                    byte[] bytes = new byte[sizeBytes];
                    Words.copyOut(memory.address(), bytes, 0, sizeBytes);
                    contents.put(name, sizeBytes + " bytes, " + Arrays.hashCode(bytes));
                }
            }
        }
        return contents;
    }
}
