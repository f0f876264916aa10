package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.checkpoint.CheckpointKind;
import io.tideline.checkpoint.Durability;
import io.tideline.checkpoint.LogStyle;
import io.tideline.checkpoint.SystemState.Phase;
import io.tideline.fault.CorruptionFault;
import io.tideline.fault.IoFault;
import io.tideline.hlog.device.Fault;
import io.tideline.hlog.device.FaultPlan;
import io.tideline.hlog.device.SimulatedDisk;
import io.tideline.memory.Probe;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Checkpoints whose end of the log is copied aside: what is mutable stays so, and nothing of the next version is in the copy. */
@Tag("spill")
class SnapshotTest {
    private static final long KEYS = 200;

    private final SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(1).mode(SimulatedDisk.Mode.THREADS));

    private static StoreConfig.Builder config(SimulatedDisk disk, int pages) {
        return StoreConfig.builder().memory((long) pages << 12).pageSize(1 << 12).segmentSize(1 << 14).buckets(64).hashSeed(7).maxPending(4, 8)
                .hugePages(false).files(disk);
    }

    private static Store open(SimulatedDisk disk) {
        return Store.open(config(disk, 16).build());
    }

    private static CommitPoint commit(Store store, CheckpointRequest request) {
        try {
            return store.checkpoint(request).get(60, TimeUnit.SECONDS);
        } catch (Exception failed) {
            throw new AssertionError(failed);
        }
    }

    @AfterEach
    void noProbe() {
        Probe.install(null);
    }

    private static void fill(Store store, long plus) {
        for (long key = 0; key < KEYS; key++) {
            store.put(key, key + plus);
        }
    }

    private static void requireFilled(Store store, long plus, String what) {
        for (long key = 0; key < KEYS; key++) {
            assertEquals(key + plus, store.get(key, -1), "key " + key + ", " + what);
        }
        assertEquals(KEYS, store.approximateSize(), what);
        assertEquals(List.of(), StoreVerifier.verify(store), what);
    }

    private static void whenLeft(SimulatedDisk disk, Consumer<Store> check) {
        for (SimulatedDisk left : List.of(disk.kill(1), disk.crash(2))) {
            try (left) {
                for (int life = 0; life < 2; life++) {
                    Store again = open(left);
                    check.accept(again);
                    again.abandon();
                }
                try (Store again = open(left)) {
                    check.accept(again);
                }
                try (Store again = open(left)) { // behind a checkpoint of the recovered store
                    check.accept(again);
                }
            }
        }
    }

    @Test
    void shouldLeaveWhatIsMutableMutable() {
        try (Store store = open(disk)) {
            fill(store, 1);
            long readOnly = store.stats().readOnly();
            CommitPoint point = commit(store, CheckpointRequest.full().snapshot());
            assertEquals(LogStyle.SNAPSHOT, point.logStyle());
            assertEquals(readOnly, store.stats().readOnly());
            assertTrue(disk.exists("checkpoints/1-snapshot"));
            long tail = store.stats().tail();
            for (long key = 0; key < KEYS; key++) {
                assertEquals(Status.UPDATED_IN_PLACE, store.put(key, -1));
            }
            assertEquals(tail, store.stats().tail());
            store.put(KEYS + 1, 1);
            whenLeft(disk, again -> requireFilled(again, 1, "what was changed in place behind the cut"));
        }
    }

    /** What is changed while pages are copied is replaced, whatever the kind of change, and the log may even be flushed and evicted meanwhile. */
    @Test
    void shouldCopyNothingOfTheNextVersion() {
        for (int more : new int[] {0, 60, 2_000}) {
            try (SimulatedDisk mine = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(more).mode(SimulatedDisk.Mode.THREADS)); Store store = open(mine)) {
                fill(store, 1);
                store.put(-1L, new byte[50]);
                store.delete(-1L);
                Session late = store.openSession("late");
                AtomicReference<Phase> met = new AtomicReference<>();
                Probe.install(point -> {
                    if (point.equals("snapshot.page") && met.get() == null) {
                        met.set(store.kernel().state.phase());
                        for (long key = 0; key < KEYS; key++) {
                            if (key % 4 == 0) {
                                late.put(key, -1);
                            } else if (key % 4 == 1) {
                                late.delete(key);
                            } else if (key % 4 == 2) {
                                late.add(key, 1000);
                            } else {
                                late.put(key, new byte[40]);
                            }
                        }
                        late.put(-1L, 5);
                        for (long key = 0; key < more; key++) {
                            late.put(1_000_000 + key, key);
                        }
                    }
                });
                CommitPoint point = commit(store, CheckpointRequest.logOnly().snapshot());
                Probe.install(null);
                assertEquals(Phase.SNAPSHOT, met.get());
                assertEquals(0L, point.serials().get("late"));
                assertEquals(LogStyle.SNAPSHOT, point.logStyle());
                whenLeft(mine, again -> requireFilled(again, 1, more + " more"));
                late.close();
            }
        }
    }

    /** Between cut and end stand records of both versions, some in the log's files and some in the snapshot. */
    @Test
    void shouldTakeBackWhatTheNextVersionWroteInFrontOfTheEnd() throws Exception {
        for (boolean isFlushed : new boolean[] {false, true}) {
            try (SimulatedDisk mine = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(3).mode(SimulatedDisk.Mode.THREADS)); Store store = open(mine)) {
                commit(store, CheckpointRequest.full());
                fill(store, 1);
                Session late = store.openSession("late");
                CommitPoint point;
                try (PhaseHold hold = new PhaseHold(store, CheckpointRequest.logOnly().snapshot())) {
                    hold.toInProgress();
                    for (long key = 0; key < KEYS; key++) { // three pages, which memory has
                        late.put(key, -1);
                        if (key % 2 == 0) {
                            late.put(-1 - key, new byte[50]);
                        }
                    }
                    Probe.install(name -> {
                        if (isFlushed && name.equals("snapshot.page")) {
                            Probe.install(null);
                            for (long key = 0; key < 3_000; key++) {
                                late.put(1_000_000 + key, 1);
                            }
                        }
                    });
                    point = hold.finish();
                }
                assertEquals(LogStyle.SNAPSHOT, point.logStyle());
                assertEquals(0L, point.serials().get("late"));
                assertTrue(store.stats().checkpoints().newestKind().endsWith(", SNAPSHOT"));
                whenLeft(mine, again -> requireFilled(again, 1, isFlushed ? "flushed" : "in memory"));
                for (long key = 0; key < KEYS; key++) {
                    assertEquals(-1, store.get(key, 0));
                }
                late.close();
            }
        }
    }

    @Test
    void shouldTakeManyInOneLifeWithOthersBetween() {
        SplittableRandom random = new SplittableRandom(5);
        SimulatedDisk left = disk;
        for (int life = 0; life < 6; life++) {
            Store store = open(left);
            for (int i = 0; i < 8; i++) {
                fill(store, 100L * life + i);
                CommitPoint point = commit(store, AnyCheckpoint.of(random, random.nextBoolean() ? Durability.DISK : Durability.PROCESS, false).cookie(null));
                if (point.kind() == CheckpointKind.INDEX_ONLY) {
                    commit(store, CheckpointRequest.logOnly().snapshot());
                }
                try (SimulatedDisk copy = left.kill(i); Store again = Store.open(config(copy, random.nextBoolean() ? 8 : 16).build())) {
                    requireFilled(again, 100L * life + i, "life " + life + ", checkpoint " + i);
                }
            }
            fill(store, -50);
            SimulatedDisk next = left.kill(life);
            store.close();
            left.close();
            left = next;
        }
        left.close();
    }

    /** The records that come back from a snapshot need more memory than the next life has. */
    @Test
    void shouldRecoverIntoAQuarterOfTheMemory() {
        byte[][] values = new byte[150][];
        SplittableRandom random = new SplittableRandom(3);
        try (Store store = Store.open(config(disk, 32).build())) {
            for (int i = 0; i < 400; i++) {
                int key = random.nextInt(values.length);
                values[key] = Bytes.random(random, 400);
                store.put(key, values[key]);
            }
            commit(store, CheckpointRequest.full().snapshot());
            for (int i = 0; i < 100; i++) {
                store.put(random.nextInt(values.length), new byte[300]);
            }
            SimulatedDisk left = disk.crash(1);
            for (int life = 0; life < 3; life++) {
                Store again = Store.open(config(left, 8).build());
                for (int key = 0; key < values.length; key++) {
                    assertArrayEquals(values[key], value(again, key), "key " + key);
                }
                assertEquals(List.of(), StoreVerifier.verify(again));
                if (life == 2) {
                    again.close();
                } else {
                    again.abandon();
                }
            }
            left.close();
        }
    }

    private static byte[] value(Store store, long key) {
        ValueHolder holder = ValueHolder.growing();
        return store.get(key, holder) == Status.FOUND ? holder.toArray() : null;
    }

    @Test
    void shouldFoldOverWhereNothingIsMissingInTheLog() {
        try (Store store = open(disk)) {
            fill(store, 1);
            commit(store, CheckpointRequest.full());
            assertEquals(LogStyle.FOLD_OVER, commit(store, CheckpointRequest.logOnly().snapshot()).logStyle());
            assertFalse(disk.list().stream().anyMatch(name -> name.endsWith("snapshot")), () -> "" + disk.list());
            whenLeft(disk, again -> requireFilled(again, 1, "nothing new"));
        }
    }

    @Test
    void shouldKeepSnapshotsAsLongAsACheckpointNeedsThem() {
        try (Store store = open(disk)) {
            fill(store, 1);
            commit(store, CheckpointRequest.full().snapshot());
            fill(store, 2);
            commit(store, CheckpointRequest.logOnly().snapshot());
            commit(store, CheckpointRequest.indexOnly());
            assertTrue(disk.exists("checkpoints/1-snapshot") && disk.exists("checkpoints/2-snapshot"));
            fill(store, 3);
            commit(store, CheckpointRequest.logOnly().snapshot());
            assertFalse(disk.exists("checkpoints/1-snapshot"));
            assertTrue(disk.exists("checkpoints/2-snapshot") && disk.exists("checkpoints/4-snapshot"));
            commit(store, CheckpointRequest.logOnly());
            commit(store, CheckpointRequest.logOnly());
            assertFalse(disk.list().stream().anyMatch(name -> name.endsWith("snapshot")), () -> "" + disk.list());
            whenLeft(disk, again -> requireFilled(again, 3, "the last"));
        }
    }

    /** An image of the index alone goes with a snapshot, in the life that took it and in the next. */
    @Test
    void shouldGoWithAnImageOfTheIndexAlone() {
        SimulatedDisk left = disk;
        Store store = open(left);
        fill(store, 1);
        commit(store, CheckpointRequest.logOnly().snapshot());
        for (int life = 0; life < 4; life++) {
            fill(store, -7);
            store.put(5_000 + life, 1);
            commit(store, CheckpointRequest.indexOnly().durability(life % 2 == 0 ? Durability.DISK : Durability.PROCESS));
            SimulatedDisk next = left.kill(life);
            store.close();
            left.close();
            left = next;
            store = open(left);
            assertEquals("", store.stats().checkpoints().imageProblem());
            requireFilled(store, 1, "life " + life);
        }
        fill(store, 2);
        commit(store, CheckpointRequest.logOnly());
        whenLeft(left, again -> requireFilled(again, 2, "the log alone"));
        store.close();
        left.close();
    }

    @Test
    void shouldSayThatASnapshotIsGone() {
        try (Store store = open(disk)) {
            fill(store, 1);
            commit(store, CheckpointRequest.full().snapshot());
            fill(store, 2);
            commit(store, CheckpointRequest.logOnly().snapshot());
            try (SimulatedDisk left = disk.kill(1)) {
                left.delete("checkpoints/2-snapshot");
                CorruptionFault gone = assertThrows(CorruptionFault.class, () -> open(left));
                assertTrue(gone.getMessage().startsWith("checkpoints/2-snapshot, offset 0: expected the snapshot that MANIFEST-2 names"), gone::toString);
                try (Store back = Store.open(config(left, 16).fallBack(true).build())) {
                    requireFilled(back, 1, "the one before");
                    assertEquals(2, back.stats().checkpoints().lost().getFirst().generation());
                }
            }
        }
    }

    /** What a failed sync lost is read from the system's cache as if all were well, and another sync of the file says nothing of it. */
    @Test
    void shouldBeWrittenAnewBeforeItIsSaidToSurvive() {
        try (SimulatedDisk killed = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(4).mode(SimulatedDisk.Mode.THREADS)); Store store = open(killed)) {
            fill(store, 1);
            commit(store, CheckpointRequest.full());
            fill(store, 2);
            commit(store, CheckpointRequest.logOnly().snapshot().durability(Durability.PROCESS));
            try (SimulatedDisk failing = killed.kill(1, FaultPlan.ofSeed(1).failAt(stepOfSync(killed), Fault.SYNC_FAILS)); Store again = open(failing)) {
                ExecutionException failed = assertThrows(ExecutionException.class, () -> again.checkpoint(CheckpointRequest.indexOnly()).get(60, TimeUnit.SECONDS));
                assertInstanceOf(IoFault.class, failed.getCause());
                assertEquals(List.of(Fault.SYNC_FAILS), failing.met());
                try (SimulatedDisk next = failing.kill(2); Store later = open(next)) {
                    fill(later, 3);
                    commit(later, CheckpointRequest.indexOnly());
                    requireSurvived(next, "a later life");
                }
                assertEquals(Durability.PROCESS, commit(again, CheckpointRequest.indexOnly().durability(Durability.PROCESS)).durability());
                fill(again, 3);
                commit(again, CheckpointRequest.indexOnly());
                requireSurvived(failing, "the same life");
                List<String> copies = snapshots(failing);
                commit(again, CheckpointRequest.indexOnly());
                assertTrue(copies.containsAll(snapshots(failing)), "once is enough: " + snapshots(failing));
            }
        }
    }

    private static void requireSurvived(SimulatedDisk disk, String what) {
        for (int seed = 0; seed < 10; seed++) {
            try (SimulatedDisk left = disk.crash(seed); Store back = open(left)) {
                requireFilled(back, 2, what + ", seed " + seed);
            }
        }
    }

    private static List<String> snapshots(SimulatedDisk disk) {
        return disk.list().stream().filter(name -> name.endsWith("snapshot")).sorted().toList();
    }

    /** Which step of a life that begins with what the disk has syncs the snapshot. */
    private static int stepOfSync(SimulatedDisk disk) {
        try (SimulatedDisk sound = disk.kill(1); Store store = open(sound)) {
            commit(store, CheckpointRequest.indexOnly());
            return IntStream.range(0, sound.steps().size()).filter(i -> sound.steps().get(i).what().matches("sync of .*-snapshot.*")).findFirst().orElseThrow();
        }
    }

    @Test
    void shouldNotBeTakenOfTheIndexAlone() {
        assertThrows(IllegalArgumentException.class, () -> CheckpointRequest.indexOnly().snapshot());
        assertNull(CheckpointRequest.full().snapshot().cookie());
        assertEquals("[1]", Arrays.toString(CheckpointRequest.full().cookie(new byte[] {1}).snapshot().cookie()));
    }
}
