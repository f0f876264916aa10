package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.checkpoint.Manifest;
import io.tideline.checkpoint.ManifestStore;
import io.tideline.checkpoint.SystemState.Phase;
import io.tideline.fault.CorruptionFault;
import io.tideline.hlog.CleanClose;
import io.tideline.hlog.Identity;
import io.tideline.hlog.device.DeviceFile;
import io.tideline.hlog.device.SimulatedDisk;
import io.tideline.memory.Waits;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Operations on both sides of a cut, one phase after the other: what was done before it comes back, what was done behind it does not, and the
 * store that goes on knows both. Each case is a class of bugs that others had.
 */
@Tag("spill")
class CutCasesTest {
    private static final long KEY = 42;
    private static final int RANDOM_ROUNDS = 60;

    private static StoreConfig.Builder config(SimulatedDisk disk) {
        return StoreConfig.builder().memory(16 << 12).pageSize(1 << 12).segmentSize(1 << 16).buckets(64).hashSeed(7).maxPending(4, 8).hugePages(false)
                .files(disk);
    }

    private static SimulatedDisk disk(long seed) {
        return new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(seed).mode(SimulatedDisk.Mode.THREADS));
    }

    /** What one looks like to a reader: its value, or nothing. */
    private static String look(Operations store) {
        ValueHolder holder = ValueHolder.growing();
        return store.get(KEY, holder) == Status.FOUND ? holder.length() + " × " + Arrays.hashCode(holder.toArray()) : "absent";
    }

    /**
     * Runs something before a checkpoint and something during it, in PREPARE or behind the cut, by two sessions in turn; the recovered store is as
     * the cut has it, and the living one as the latter left it. So for the log folded over, and for a snapshot.
     */
    private static void across(Consumer<Operations> before, Consumer<Operations> during) throws Exception {
        for (boolean isReadOnly : new boolean[] {false, true}) {
            for (Phase phase : List.of(Phase.PREPARE, Phase.IN_PROGRESS)) {
                across(before, during, CheckpointRequest.logOnly(), phase, isReadOnly);
            }
            for (Phase phase : List.of(Phase.PREPARE, Phase.IN_PROGRESS, Phase.SNAPSHOT)) {
                across(before, during, CheckpointRequest.logOnly().snapshot(), phase, isReadOnly);
            }
        }
    }

    private static void across(Consumer<Operations> before, Consumer<Operations> during, CheckpointRequest request, Phase phase, boolean isReadOnly)
            throws Exception {
        across(disk(1), before, during, request, phase, isReadOnly);
    }

    private static void across(SimulatedDisk disk, Consumer<Operations> before, Consumer<Operations> during, CheckpointRequest request, Phase phase,
            boolean isReadOnly) throws Exception {
        boolean isBehindTheCut = phase != Phase.PREPARE;
        String which = request.logStyle() + ", in " + phase + (isReadOnly ? ", of a record that is read-only" : "");
        try (Store store = Store.open(config(disk).build()); Session one = store.openSession("one"); Session two = store.openSession("two")) {
            store.put(1, 1);
            store.checkpoint().get();
            before.accept(one);
            if (isReadOnly) {
                store.checkpoint(CheckpointRequest.logOnly()).get();
            }
            String old = look(store);
            long serialOfTwo = two.serial();
            String left;
            CommitPoint point;
            try (PhaseHold hold = new PhaseHold(store, request)) {
                if (phase == Phase.IN_PROGRESS) {
                    hold.toInProgress();
                } else if (phase == Phase.SNAPSHOT) {
                    hold.toSnapshot();
                }
                during.accept(two);
                left = look(store);
                point = hold.finish();
            }
            assertEquals(isBehindTheCut ? serialOfTwo : two.serial(), point.serials().get("two"), which);
            assertEquals(left, look(store), which);
            assertEquals(List.of(), StoreVerifier.verify(store), which);
            try (SimulatedDisk dead = disk.kill(1); Store again = Store.open(config(dead).build())) {
                assertEquals(isBehindTheCut ? old : left, look(again), which);
                assertEquals(1, again.get(1, -1));
                assertEquals(List.of(), StoreVerifier.verify(again), which);
            }
            store.checkpoint().get();
            try (SimulatedDisk dead = disk.crash(1); Store again = Store.open(config(dead).build())) {
                assertEquals(left, look(again), which + ", one checkpoint later");
            }
        }
    }

    /** C++ FASTER has 13 bits of them in a record: behind 8,191 checkpoints what was written behind a cut came back. */
    @Test
    void shouldTellTheVersionsApartHoweverManyThereWere() throws Exception {
        for (int bits : new int[] {8, 13, 16, 31, 32, 48}) {
            for (long version = (1L << bits) - 2; version <= (1L << bits) + 1; version++) {
                SimulatedDisk disk = disk(1);
                Store.open(config(disk).build()).close();
                Identity identity = Identity.read(disk, Waits.SYSTEM);
                ManifestStore manifests = ManifestStore.open(disk, Waits.SYSTEM, identity);
                Manifest first = manifests.newest().orElseThrow();
                manifests.publish(first.toBuilder().generation(manifests.nextGeneration()).version(version).build());
                CleanClose.remove(disk);
                across(disk, store -> store.put(KEY, 5), store -> store.add(KEY, 1), CheckpointRequest.logOnly(), Phase.IN_PROGRESS, version % 2 == 0);
            }
        }
    }

    /** Prasaad et al., §6: who is still of the old version and meets what the next one wrote has to begin anew, as one of the next. */
    @Test
    void shouldStartOverWhereTheNextVersionHasBeen() throws Exception {
        for (Consumer<Operations> late : List.<Consumer<Operations>>of(store -> store.add(KEY, 1), store -> store.put(KEY, 9), store -> store.delete(KEY),
                store -> store.putIfAbsent(KEY, 9))) {
            for (CheckpointRequest request : List.of(CheckpointRequest.logOnly(), CheckpointRequest.logOnly().snapshot())) {
                SimulatedDisk disk = disk(1);
                try (Store store = Store.open(config(disk).build()); Session one = store.openSession("one"); Session two = store.openSession("two")) {
                    store.put(KEY, 5);
                    store.checkpoint().get();
                    CountDownLatch isInside = new CountDownLatch(1);
                    CountDownLatch mayGoOn = new CountDownLatch(1);
                    PhaseHold hold = new PhaseHold(store, request);
                    CompletableFuture<Void> batch = CompletableFuture.runAsync(() -> one.batch(_ -> {
                        one.put(1, 1);
                        isInside.countDown();
                        await(mayGoOn);
                        late.accept(one);
                    }));
                    await(isInside);
                    hold.toInProgress();
                    two.put(KEY, 100);
                    mayGoOn.countDown();
                    batch.get(60, TimeUnit.SECONDS);
                    assertEquals(Map.of("one", 1L, "two", 0L), hold.finish().serials());
                    assertEquals(List.of(), StoreVerifier.verify(store));
                    try (SimulatedDisk dead = disk.kill(1); Store again = Store.open(config(dead).build())) {
                        assertEquals(5, again.get(KEY, -1));
                        assertEquals(1, again.get(1, -1));
                        assertEquals(List.of(), StoreVerifier.verify(again));
                    }
                }
            }
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(60, TimeUnit.SECONDS));
        } catch (InterruptedException stop) {
            throw new AssertionError(stop);
        }
    }

    @Test
    void shouldKeepADeleteAndTheUpdateThatCopiesApart() throws Exception {
        across(store -> store.put(KEY, 5), store -> {
            store.add(KEY, 1);
            store.delete(KEY);
        });
        across(store -> {
            store.put(KEY, 5);
            store.delete(KEY);
        }, store -> store.add(KEY, 1));
    }

    @Test
    void shouldNotBringAValueBackThatWasDeletedBeforeAnUpdate() throws Exception {
        across(store -> store.put(KEY, 5), store -> {
            store.delete(KEY);
            store.add(KEY, 3);
            assertEquals(3, store.get(KEY, -1), "the deleted value is not counted on");
        });
    }

    @Test
    void shouldNotBringAValueBackByAnUpdateThatWritesNothing() throws Exception {
        Rmw onlyIfThere = new Rmw() {
            @Override
            public RmwAction onAbsent(ValueWriter writer) {
                return RmwAction.LEAVE;
            }

            @Override
            public RmwAction onPresent(ValueView old, ValueWriter writer) {
                writer.set(new byte[] {1, 2, 3});
                return RmwAction.WRITE;
            }
        };
        across(store -> {
            store.put(KEY, 5);
            store.delete(KEY);
        }, store -> store.rmw(KEY, onlyIfThere));
    }

    @Test
    void shouldInsertOnlyWhatIsAbsentOnItsSideOfTheCut() throws Exception {
        across(store -> { }, store -> assertTrue(store.putIfAbsent(KEY, 1).isChange()));
        across(store -> store.put(KEY, 7), store -> assertEquals(Status.FOUND, store.putIfAbsent(KEY, 1)));
        across(store -> {
            store.put(KEY, 7);
            store.delete(KEY);
        }, store -> assertTrue(store.putIfAbsent(KEY, 1).isChange()));
    }

    @Test
    void shouldKeepValuesThatGrowAndShrink() throws Exception {
        across(store -> store.put(KEY, new byte[20]), store -> store.put(KEY, new byte[900]));
        across(store -> store.put(KEY, new byte[900]), store -> store.put(KEY, new byte[] {1}));
        across(store -> store.put(KEY, new byte[20]), store -> store.rmw(KEY, appending(400)));
        across(store -> store.put(KEY, new byte[400]), store -> {
            store.rmw(KEY, appending(400));
            store.delete(KEY);
            store.rmw(KEY, appending(9));
        });
    }

    private static Rmw appending(int more) {
        return new Rmw() {
            @Override
            public RmwAction onAbsent(ValueWriter writer) {
                writer.set(new byte[more]);
                return RmwAction.WRITE;
            }

            @Override
            public RmwAction onPresent(ValueView old, ValueWriter writer) {
                writer.set(Arrays.copyOf(old.toArray(), old.toArray().length + more));
                return RmwAction.WRITE;
            }
        };
    }

    @Test
    void shouldCompareAndSetOnItsSideOfTheCut() throws Exception {
        across(store -> store.put(KEY, 5), store -> {
            store.compareAndSet(KEY, 5, 6);
            store.compareAndSet(KEY, 5, 7);
        });
    }

    /** Every kind of operation in every phase; one session operates, one sleeps, one is closed during the checkpoint and one is opened. */
    @Test
    void shouldCutEverySessionWhereItWas() throws Exception {
        for (long seed = 1; seed <= Hammer.share(8); seed++) {
            SimulatedDisk disk = disk(seed);
            PrefixLedger ledger = new PrefixLedger(seed, 4);
            SplittableRandom random = new SplittableRandom(seed);
            try (Store store = Store.open(config(disk).build())) {
                Session busy = store.openSession("s0");
                Session idle = store.openSession("s1");
                Session closing = store.openSession("s2");
                ledger.run(busy, 0, RANDOM_ROUNDS);
                ledger.run(idle, 1, RANDOM_ROUNDS);
                ledger.run(closing, 2, RANDOM_ROUNDS);
                busy.completePending(true); // the others leave what they submitted to the driver
                store.checkpoint().get();
                ledger.run(busy, 0, random.nextInt(1, RANDOM_ROUNDS));
                long[] atCut;
                CommitPoint point;
                Session opened;
                CheckpointRequest request = seed % 2 == 0 ? CheckpointRequest.logOnly().snapshot() : CheckpointRequest.logOnly();
                try (PhaseHold hold = new PhaseHold(store, request)) {
                    ledger.run(busy, 0, random.nextInt(1, RANDOM_ROUNDS));
                    ledger.run(closing, 2, random.nextInt(1, 9));
                    busy.completePending(true);
                    closing.completePending(true);
                    atCut = ledger.serials();
                    hold.toInProgress();
                    ledger.run(busy, 0, random.nextInt(1, RANDOM_ROUNDS));
                    ledger.run(closing, 2, random.nextInt(1, RANDOM_ROUNDS));
                    closing.close();
                    opened = store.openSession("s3");
                    ledger.run(opened, 3, random.nextInt(1, RANDOM_ROUNDS));
                    point = hold.finish();
                }
                assertEquals(Map.of("s0", atCut[0], "s1", atCut[1], "s2", atCut[2], "s3", 0L), point.serials(), "seed " + seed);
                idle.completePending(true);
                opened.completePending(true);
                busy.completePending(true);
                try (SimulatedDisk dead = disk.kill(seed); Store again = Store.open(config(dead).build())) {
                    assertArrayEquals(atCut, ledger.serialsOf(again));
                    ledger.verify(again, atCut);
                    assertEquals(List.of(), StoreVerifier.verify(again));
                }
                ledger.verify(store, ledger.serials());
                for (Session session : List.of(busy, idle, opened)) {
                    session.close();
                }
            }
            assertEquals(List.of(), disk.bugs());
            disk.close();
        }
    }

    /** A checkpoint without anything to write ends all the same. */
    @Test
    void shouldCommitWhereNothingWasWritten() throws Exception {
        SimulatedDisk disk = disk(1);
        try (Store store = Store.open(config(disk).build()); Session idle = store.openSession("idle")) {
            for (int i = 1; i <= 20; i++) {
                CheckpointRequest request = i % 3 == 0 ? CheckpointRequest.full() : CheckpointRequest.logOnly();
                assertEquals(i, store.checkpoint(i % 5 == 2 ? CheckpointRequest.indexOnly() : i % 2 == 0 ? request.snapshot() : request).get().number());
            }
            assertEquals(0, idle.durableSerial());
            assertEquals(4096, store.stats().tail(), "padded once");
        }
    }

    @Test
    void shouldForgetWhatWasClearedBetweenCheckpoints() throws Exception {
        SimulatedDisk disk = disk(1);
        try (Store store = Store.open(config(disk).build()); Session session = store.openSession("one")) {
            session.put(KEY, 1);
            store.checkpoint().get();
            store.clear();
            session.put(KEY + 1, 2);
            store.checkpoint(CheckpointRequest.logOnly()).get();
            try (SimulatedDisk dead = disk.kill(1); Store again = Store.open(config(dead).build())) {
                assertEquals("absent", look(again), "the image is of the time before");
                assertEquals(2, again.get(KEY + 1, -1));
                assertEquals(1, again.approximateSize());
            }
            try (SimulatedDisk dead = disk.kill(1)) {
                try (DeviceFile manifest = dead.open("MANIFEST-2")) {
                    manifest.truncate(0);
                }
                assertThrows(CorruptionFault.class, () -> Store.open(config(dead).build()));
                try (Store again = Store.open(config(dead).fallBack(true).build())) {
                    assertEquals(1, again.get(KEY, -1));
                    assertEquals(-1, again.get(KEY + 1, -1));
                }
            }
        }
    }
}
