package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.checkpoint.Durability;
import io.tideline.checkpoint.LostGeneration;
import io.tideline.checkpoint.Manifest;
import io.tideline.checkpoint.ManifestFiles;
import io.tideline.checkpoint.ManifestStore;
import io.tideline.checkpoint.Opaque;
import io.tideline.checkpoint.SessionPoint;
import io.tideline.fault.ClosedFault;
import io.tideline.fault.CorruptionFault;
import io.tideline.fault.FormatFault;
import io.tideline.fault.IoFault;
import io.tideline.hlog.Identity;
import io.tideline.hlog.device.Fault;
import io.tideline.hlog.device.FaultPlan;
import io.tideline.hlog.device.SimulatedDisk;
import io.tideline.memory.Probe;
import io.tideline.memory.Waits;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints and recoveries: what comes back is what was committed, of every session exactly a prefix. */
@Tag("spill")
class CheckpointTest {
    private static final int SESSIONS = 3;
    /** Of a session in a life; then it stays idle, and what must be checked stays bounded. */
    private static final int MAX_OPERATIONS = 10_000;

    private static StoreConfig.Builder tiny() {
        return StoreConfig.builder().memory(8 << 14).pageSize(1 << 14).segmentSize(1 << 16).buckets(1024).hashSeed(7).maxPending(4, 8).hugePages(false);
    }

    private static Store open(SimulatedDisk disk) {
        return Store.open(tiny().files(disk).build());
    }

    /** With so little memory that most of what the script does meets the device. */
    private static Store openSmall(SimulatedDisk disk) {
        return Store.open(tiny().memory(8 << 12).pageSize(1 << 12).files(disk).build());
    }

    private static CommitPoint commit(Store store, CheckpointRequest request) throws Exception {
        return store.checkpoint(request).get(60, TimeUnit.SECONDS);
    }

    @Test
    void shouldGoBackToTheCheckpointBehindWhichItWasAbandoned() throws Exception {
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT);
        try (Store store = open(disk)) {
            Session session = store.openSession("s");
            session.put(1, 1);
            long number = commit(store, CheckpointRequest.full()).number();
            session.put(1, 2);
            store.abandon();
            assertThrows(ClosedFault.class, () -> store.put(1, 3));
            assertEquals(number, store.lastCommit().orElseThrow().number());
        }
        try (Store store = open(disk); Session session = store.resumeSession("s")) {
            assertEquals(1, store.get(1, -1));
            assertEquals(1, session.serial());
        }
    }

    @Test
    void shouldBringBackWhatWasCommittedAndNothingElse() throws Exception {
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(1).mode(SimulatedDisk.Mode.THREADS));
        Store store = open(disk);
        Session session = store.openSession("one");
        for (long key = 0; key < 2000; key++) {
            session.put(key, key + 1);
        }
        CommitPoint point = commit(store, CheckpointRequest.full().cookie(new byte[] {1, 2, 3}));
        assertEquals(Map.of("one", 2000L), point.serials());
        assertEquals(2000, session.durableSerial());
        for (long key = 0; key < 2000; key += 2) {
            session.put(key, -1);
        }
        session.put(5000, 1);
        for (SimulatedDisk left : List.of(disk.kill(2), disk.crash(3))) {
            try (Store again = open(left)) {
                assertEquals(point.number(), again.lastCommit().orElseThrow().number());
                assertArrayEquals(new byte[] {1, 2, 3}, again.lastCommit().orElseThrow().cookie());
                assertEquals(2000, again.approximateSize());
                for (long key = 0; key < 2000; key++) {
                    assertEquals(key + 1, again.get(key, 0), "key " + key);
                }
                assertFalse(again.contains(5000));
                try (Session resumed = again.resumeSession("one")) {
                    assertEquals(2000, resumed.serial());
                }
                assertEquals(List.of(), StoreVerifier.verify(again));
            }
        }
        session.close();
        store.close();
    }

    /** Each member of the key has a place prepared, and only the first is published: a replay of the log must not take one of the others for the newest. */
    @Test
    void shouldBringBackEveryMemberOfTheSameKeyInAGroup() throws Exception {
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(1).mode(SimulatedDisk.Mode.THREADS));
        try (Store store = open(disk); Session session = store.openSession("s")) {
            for (long key = 0; key < 10; key++) {
                session.put(key, key);
            }
            commit(store, CheckpointRequest.full()); // makes all read-only; its image knows nothing of what comes
            session.rmwAll(new long[] {3, 3, 5, 3, 7}, 0, 5, Update.ADD, 10);
            session.rmwAll(new long[] {20, 21, 20}, 0, 3, Update.ADD, 10);
            commit(store, CheckpointRequest.logOnly());
            try (Store again = open(disk.kill(2))) {
                assertEquals(33, again.get(3, -1));
                assertEquals(15, again.get(5, -1));
                assertEquals(17, again.get(7, -1));
                assertEquals(20, again.get(20, -1));
                assertEquals(10, again.get(21, -1));
                assertEquals(List.of(), StoreVerifier.verify(again));
            }
        }
    }

    @Test
    void shouldBringBackWithEachSessionWhatWasLeftWithItInTime() throws Exception {
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(1).mode(SimulatedDisk.Mode.THREADS));
        byte[] offset = {1, 2};
        CommitPoint point;
        try (Store store = open(disk)) {
            Session open = store.openSession("open");
            Session closed = store.openSession("closed");
            store.openSession("never").close();
            assertArrayEquals(new byte[0], open.cookie());
            open.put(1, 1);
            open.setCookie(offset);
            offset[0] = 9;
            assertArrayEquals(new byte[] {1, 2}, open.cookie());
            assertEquals(1, open.serial(), "it is no operation");
            closed.batch(inside -> {
                inside.put(2, 2);
                inside.setCookie(new byte[] {3});
                inside.put(2, 3);
            });
            closed.close();
            point = commit(store, CheckpointRequest.full().cookie(new byte[] {7}));
            assertEquals(Map.of("open", 1L, "closed", 2L, "never", 0L), point.serials());
            assertEquals(Map.of("open", Opaque.of(new byte[] {1, 2}), "closed", Opaque.of(new byte[] {3})), point.sessionCookies());
            assertArrayEquals(new byte[] {7}, point.cookie());
            open.setCookie(new byte[] {4});
            open.put(1, 5);
            assertEquals(point.sessionCookies(), commit(store, CheckpointRequest.indexOnly()).sessionCookies());
            store.abandon();
        }
        try (Store again = open(disk)) {
            assertEquals(point.sessionCookies(), again.lastCommit().orElseThrow().sessionCookies());
            try (Session open = again.resumeSession("open"); Session closed = again.resumeSession("closed"); Session never = again.resumeSession("never")) {
                assertArrayEquals(new byte[] {1, 2}, open.cookie());
                assertArrayEquals(new byte[] {3}, closed.cookie());
                assertArrayEquals(new byte[0], never.cookie());
                closed.setCookie(new byte[0]);
            }
            assertEquals(Map.of("open", Opaque.of(new byte[] {1, 2})), commit(again, CheckpointRequest.logOnly()).sessionCookies());
        }
    }

    @Test
    void shouldRefuseACookieThatNoCheckpointCouldHold() {
        try (Store store = open(new SimulatedDisk(SimulatedDisk.Options.DEFAULT)); Session unnamed = store.openSession()) {
            Session session = store.openSession("s");
            session.setCookie(new byte[SessionPoint.MAX_COOKIE_BYTES]);
            assertEquals("a session's cookie of 4097 bytes; it takes up to 4096",
                    assertThrows(IllegalArgumentException.class, () -> session.setCookie(new byte[4097])).getMessage());
            assertTrue(assertThrows(IllegalStateException.class, () -> unnamed.setCookie(new byte[1])).getMessage().contains("has no name"));
            assertEquals(4096, session.cookie().length);
            store.rmw(new byte[1], new Rmw() {
                @Override
                public RmwAction onAbsent(ValueWriter writer) {
                    assertThrows(IllegalStateException.class, () -> session.setCookie(new byte[1]));
                    return RmwAction.LEAVE;
                }

                @Override
                public RmwAction onPresent(ValueView old, ValueWriter writer) {
                    throw new AssertionError();
                }
            });
            session.close();
            assertThrows(IllegalStateException.class, () -> session.setCookie(new byte[1]));
        }
    }

    @Test
    void shouldTakeACheckpointWhenItIsClosed() {
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(1).mode(SimulatedDisk.Mode.THREADS));
        SimulatedDisk left = disk;
        for (int life = 0; life < 5; life++) {
            try (Store store = open(left); Session session = life == 0 ? store.openSession("one") : store.resumeSession("one")) {
                assertEquals(life * 300L, session.serial());
                for (long key = 0; key < 300 * life; key++) {
                    assertEquals(key, store.get(key, -1), "key " + key + " in life " + life);
                }
                for (long key = 300L * life; key < 300 * (life + 1); key++) {
                    session.put(key, key);
                }
            }
            left = left.crash(life);
        }
    }

    @Test
    void shouldGoOnFromZeroWhereNothingWasCommitted() {
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(1).mode(SimulatedDisk.Mode.THREADS));
        Store store = open(disk);
        for (long key = 0; key < 6_000; key++) {
            store.put(key, key);
        }
        try (Store again = open(disk.kill(1))) {
            assertEquals(0, again.approximateSize());
            assertFalse(again.contains(1));
            again.put(1, 2);
            assertEquals(2, again.get(1, 0));
            assertTrue(again.lastCommit().isEmpty());
        }
        store.close();
    }

    /** Sessions run, checkpoints come and go, and at some moment the process dies or the power fails; three times in a row. */
    @Test
    void shouldKeepAPrefixOfEverySessionWheneverItDies() throws Exception {
        int seeds = Integer.getInteger("test.prefix", Hammer.share(24));
        for (long seed = 1; seed <= seeds; seed++) {
            liveAndDie(seed);
        }
    }

    private static void liveAndDie(long seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        SimScript script = new SimScript(seed, SESSIONS, seed % 3 == 0 ? SimScript.Options.swarm(seed) : SimScript.Options.ALL, System::nanoTime);
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(seed).mode(SimulatedDisk.Mode.THREADS));
        for (int life = 0; life < 3; life++) {
            Store store = openSmall(disk);
            if (life > 0) {
                script.check(store);
            }
            disk = runUntilDeath(store, script, disk, random);
        }
        try (Store last = openSmall(disk)) {
            script.check(last);
        }
        disk.close();
    }

    private static SimulatedDisk runUntilDeath(Store store, SimScript script, SimulatedDisk disk, SplittableRandom random) throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        AtomicReference<Throwable> problem = new AtomicReference<>();
        script.open(store);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < SESSIONS; i++) {
            int number = i;
            threads.add(Thread.ofPlatform().start(() -> {
                try {
                    for (long end = script.serial(number) + MAX_OPERATIONS; !stop.get() && script.serial(number) < end; ) {
                        script.run(number);
                    }
                } catch (Throwable thrown) {
                    problem.compareAndSet(null, thrown);
                }
            }));
        }
        SimHistory.Death death = SimHistory.Death.values()[random.nextInt(SimHistory.Death.values().length)];
        for (int i = random.nextInt(1, 6); i > 0; i--) {
            Durability durability = death == SimHistory.Death.KILL && random.nextBoolean() ? Durability.PROCESS : Durability.DISK;
            script.checkpoint(AnyCheckpoint.of(random, durability, store.lastCommit().isEmpty())).get(60, TimeUnit.SECONDS);
        }
        long spins = random.nextLong(200_000);
        boolean during = random.nextBoolean();
        CompletableFuture<CommitPoint> late = during ? script.checkpoint(AnyCheckpoint.of(random, Durability.DISK, false)) : null;
        for (long i = 0; i < spins; i++) {
            Thread.onSpinWait();
        }
        long seed = random.nextLong();
        SimulatedDisk left = death == SimHistory.Death.CLOSE ? null : dead(script, disk, death, seed);
        stop.set(true);
        for (Thread thread : threads) {
            thread.join();
        }
        if (late != null) {
            late.get(60, TimeUnit.SECONDS);
        }
        if (problem.get() != null) {
            throw new AssertionError(script.replay(), problem.get());
        }
        script.close();
        assertEquals(List.of(), StoreVerifier.verify(store), script.replay());
        store.close();
        left = left == null ? dead(script, disk, death, seed) : left;
        assertEquals(List.of(), disk.bugs(), script.replay());
        disk.close();
        return left;
    }

    private static SimulatedDisk dead(SimScript script, SimulatedDisk disk, SimHistory.Death death, long seed) {
        script.died(death);
        return death == SimHistory.Death.KILL ? disk.kill(seed) : disk.crash(seed);
    }

    @Test
    void shouldTellSessionsApartByName(@TempDir Path directory) throws Exception {
        AtomicReference<Session> late = new AtomicReference<>();
        try (Store store = Store.open(tiny().directory(directory.resolve("store")).maxNamedSessions(2).build())) {
            Session session = store.openSession("a");
            assertThrows(IllegalArgumentException.class, () -> store.openSession("a"));
            assertThrows(IllegalStateException.class, () -> store.resumeSession("a"));
            assertThrows(IllegalArgumentException.class, () -> store.resumeSession("b"));
            assertThrows(IllegalStateException.class, () -> store.forgetSession("a"));
            store.openSession("b").close();
            assertThrows(IllegalStateException.class, () -> store.openSession("c"));
            session.put(1, 2);
            session.close();
            Session resumed = store.resumeSession("a");
            assertEquals(1, resumed.serial());
            resumed.close();
            store.forgetSession("a");
            assertThrows(IllegalArgumentException.class, () -> store.resumeSession("a"));
            assertEquals(List.of("b"), store.sessionNames());
            assertEquals(Map.of("b", 0L), commit(store, CheckpointRequest.full()).serials());
            AtomicReference<Long> told = new AtomicReference<>();
            Session c = store.openSession("c");
            c.onDurable(told::set);
            c.put(3, 4);
            commit(store, CheckpointRequest.logOnly());
            assertEquals(1L, told.get());
            assertTrue(c.awaitDurable(1, Duration.ofSeconds(30)));
            assertFalse(c.awaitDurable(2, Duration.ZERO));
            assertTrue(c.awaitDurable(1, ChronoUnit.FOREVER.getDuration()));
            assertThrows(IllegalStateException.class, () -> c.batch(_ -> c.awaitDurable(2, Duration.ofSeconds(30))), "the checkpoint would wait for the batch");
            late.set(c);
        }
        assertThrows(ClosedFault.class, () -> late.get().awaitDurable(2, Duration.ofMinutes(10)));
    }

    /** What whoever is told throws is theirs: the checkpoint is there, the others are told, and so are those of later checkpoints. */
    @Test
    void shouldCommitWhateverAListenerThrows() throws Exception {
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(3).mode(SimulatedDisk.Mode.THREADS));
        List<Long> told = new CopyOnWriteArrayList<>();
        try (Store store = open(disk); Session a = store.openSession("a"); Session b = store.openSession("b")) {
            a.onDurable(_ -> {
                throw new StackOverflowError("planted");
            });
            b.onDurable(told::add);
            a.put(1, 1);
            b.put(2, 2);
            assertEquals(Map.of("a", 1L, "b", 1L), commit(store, CheckpointRequest.full()).serials());
            b.put(3, 3);
            commit(store, CheckpointRequest.logOnly());
            assertEquals(2, store.stats().checkpoints().count());
        }
        assertEquals(List.of(1L, 2L), told);
        try (Store store = open(disk)) {
            assertEquals(3, store.lastCommit().orElseThrow().number());
        }
    }

    @Test
    void shouldHoldWhatTheCheckpointOfACloseHolds() throws Exception {
        for (int round = 0; round < 50; round++) {
            SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(round).mode(SimulatedDisk.Mode.THREADS));
            Store store = open(disk);
            Session session = store.openSession("s");
            session.put(1, 1);
            CompletableFuture<Boolean> waiting = CompletableFuture.supplyAsync(() -> session.awaitDurable(1, Duration.ofMinutes(5)));
            store.close();
            assertTrue(waiting.get(60, TimeUnit.SECONDS), "round " + round);
        }
    }

    /** Another checkpoint would say the same, and take room that there may not be. */
    @Test
    void shouldTakeNoCheckpointAtACloseBehindWhichNothingWasDone() throws Exception {
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(3).mode(SimulatedDisk.Mode.THREADS));
        try (Store store = open(disk); Session session = store.openSession("s"); Session second = store.openSession("a")) { // not in the order of names
            session.put(1, 1);
            session.setCookie(new byte[] {1});
            second.put(3, 3);
        }
        long number = 1;
        List<Consumer<Store>> nothing = List.of(_ -> { }, store -> assertEquals(1, store.get(1, -1)), store -> store.delete(2), store -> store.resumeSession("s").close());
        for (Consumer<Store> each : nothing) {
            try (Store store = open(disk)) {
                each.accept(store);
            }
            assertEquals(number, newestOf(disk).generation());
            assertTrue(disk.exists("CLEAN-CLOSE"));
        }
        List<Consumer<Store>> something = List.of(store -> store.put(1, 1), store -> store.delete(1), store -> store.openSession("t").close(), store -> store.forgetSession("t"), store -> {
            store.openSession("u").close(); // its id is used up
            store.forgetSession("u");
        }, store -> {
            try (Session session = store.resumeSession("s")) {
                session.get(1, -1); // counts as one of its operations
            }
        }, store -> {
            try (Session session = store.resumeSession("s")) {
                session.setCookie(new byte[] {2});
            }
        }, Store::clear);
        for (Consumer<Store> each : something) {
            try (Store store = open(disk)) {
                each.accept(store);
            }
            assertEquals(++number, newestOf(disk).generation());
        }
        disk.delete("checkpoints/" + number + "-index");
        open(disk).close();
        assertEquals(++number, newestOf(disk).generation(), "the image is made anew");
        try (Store store = open(disk)) {
            assertEquals(List.of(), StoreVerifier.verify(store));
        }
    }

    /** Nobody knows which manifest a crash would leave, so nobody may note with which the store was closed. */
    @Test
    void shouldNotNoteACloseBehindAPublicationOfWhichNobodyKnows() throws Exception {
        FaultPlan plan = FaultPlan.none();
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(3).mode(SimulatedDisk.Mode.THREADS), plan);
        try (Store store = open(disk)) {
            store.put(1, 1);
        }
        Store poisoned = open(disk);
        Probe.install(point -> {
            if (point.equals("manifest.renamed")) {
                synchronized (disk) {
                    plan.failAt(disk.steps().size(), Fault.EIO); // the sync of the directory
                }
            }
        });
        try {
            assertThrows(ExecutionException.class, () -> commit(poisoned, CheckpointRequest.logOnly()));
        } finally {
            Probe.install(null);
        }
        assertThrows(IoFault.class, poisoned::close);
        assertFalse(disk.exists("CLEAN-CLOSE"));
        for (SimulatedDisk left : List.of(disk.kill(1), disk.crash(1), disk.crash(2))) {
            try (Store store = open(left)) {
                assertEquals(1, store.get(1, -1));
            }
        }
    }

    /** Where nothing was appended since, only its number tells it from the one before. */
    @Test
    void shouldMissTheManifestOfACloseThatMovedOnlyASession() throws Exception {
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(3));
        try (Store store = open(disk); Session session = store.openSession("s")) {
            session.put(1, 1);
        }
        for (int life = 0; life < 3; life++) {
            try (Store store = open(disk); Session session = store.resumeSession("s")) {
                session.get(1, -1);
            }
        }
        disk.delete("MANIFEST-4");
        String refusal = assertThrows(CorruptionFault.class, () -> open(disk)).getMessage();
        assertTrue(refusal.startsWith("MANIFEST-4, offset 0: expected a manifest"), refusal);
        try (Store store = Store.open(tiny().files(disk).fallBack(true).build())) {
            assertEquals(List.of(4L), store.stats().checkpoints().lost().stream().map(LostGeneration::generation).toList());
            assertEquals(3, store.lastCommit().orElseThrow().serials().get("s"));
        }
        assertEquals(5, newestOf(disk).generation(), "no number is used twice");
    }

    /** Each life leaves a range that it undid; in front of the log's begin they say nothing any more. */
    @Test
    void shouldForgetWhatWasUndoneInFrontOfTheBegin() throws Exception {
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(3));
        for (int life = 0; life < 5; life++) {
            try (Store store = open(disk)) {
                store.put(life, life);
                commit(store, CheckpointRequest.logOnly());
                store.put(100 + life, life);
                store.abandon();
            }
        }
        try (Store store = open(disk)) {
            commit(store, CheckpointRequest.logOnly());
            assertTrue(newestOf(disk).undone().size() >= 5, () -> newestOf(disk).undone().toString());
            store.clear();
            store.put(1, 7);
            commit(store, CheckpointRequest.full());
            assertEquals(List.of(), newestOf(disk).undone());
        }
        try (Store store = open(disk)) {
            assertEquals(7, store.get(1, -1));
            assertEquals(1, store.approximateSize());
            assertEquals(List.of(), StoreVerifier.verify(store));
        }
    }

    private static Manifest newestOf(SimulatedDisk disk) {
        return ManifestFiles.read(disk, Waits.SYSTEM, Identity.read(disk, Waits.SYSTEM), ManifestFiles.generations(disk).getLast());
    }

    /** Those of codecs, say, which a later build keeps there. */
    @Test
    void shouldKeepTheTablesOfOthersFromManifestToManifest() throws Exception {
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(3));
        open(disk).close();
        Opaque codecs = Opaque.of(new byte[] {1, 2, 3});
        Manifest first = newestOf(disk);
        Map<String, Opaque> tables = new TreeMap<>(first.tables());
        tables.put("codecs", codecs);
        ManifestStore.open(disk, Waits.SYSTEM, Identity.read(disk, Waits.SYSTEM)).publish(first.toBuilder().generation(2).tables(tables).build());
        for (CheckpointRequest request : List.of(CheckpointRequest.logOnly(), CheckpointRequest.full().snapshot(), CheckpointRequest.indexOnly())) {
            try (Store store = open(disk)) {
                store.add(1, 1);
                commit(store, request);
                assertEquals(codecs, newestOf(disk).tables().get("codecs"));
            }
            assertEquals(codecs, newestOf(disk).tables().get("codecs"));
        }
    }

    @Test
    void shouldRefuseAnotherConfiguration(@TempDir Path directory) {
        Path path = directory.resolve("store");
        try (Store store = Store.open(tiny().directory(path).build())) {
            store.put(1, 2);
        }
        for (StoreConfig.Builder other : List.of(tiny().pageSize(1 << 13).memory(1 << 17), tiny().segmentSize(1 << 17), tiny().hashSeed(8))) {
            assertThrows(FormatFault.class, () -> Store.open(other.directory(path).build()));
        }
        assertThrows(FormatFault.class, () -> Store.open(StoreConfig.builder().memory(1 << 16).pageSize(1 << 12).directory(path).build()));
        try (Store store = Store.open(StoreConfig.builder().memory(1 << 20).directory(path).hugePages(false).build())) {
            assertEquals(2, store.get(1, 0));
            assertEquals(1 << 14, store.config().pageSize());
        }
        assertThrows(FormatFault.class, () -> Store.open(tiny().buckets(64).directory(path).build()));
    }

    /** Chains that were made with few buckets serve many; those of many are never replayed into few, though a checkpoint of the log alone is asked for. */
    @Test
    void shouldFindEveryKeyWhenItIsOpenedWithMoreBuckets() throws Exception {
        int keys = 5_000;
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(8).mode(SimulatedDisk.Mode.THREADS));
        try (Store store = Store.open(tiny().buckets(1).files(disk).build())) {
            for (long key = 0; key < keys; key++) {
                store.put(key, key);
            }
        }
        SimulatedDisk left = disk;
        for (long buckets : new long[] {64, 4096}) {
            Store store = Store.open(tiny().buckets(buckets).files(left).build());
            assertEquals(List.of(), StoreVerifier.verify(store));
            for (long key = 0; key < keys; key += 3) {
                store.put(key, key);
            }
            for (long key = keys; key < keys + 1_000; key++) {
                store.put(key * buckets, key * buckets);
            }
            assertEquals(List.of(), StoreVerifier.verify(store));
            commit(store, CheckpointRequest.logOnly());
            left = left.kill(buckets);
            store.close();
            SimulatedDisk killed = left;
            assertThrows(FormatFault.class, () -> Store.open(tiny().buckets(buckets / 2).files(killed).build()));
            try (Store again = Store.open(StoreConfig.builder().memory(1 << 20).files(left.kill(1)).hugePages(false).build())) {
                assertEquals(buckets, again.config().buckets());
                assertEquals(List.of(), StoreVerifier.verify(again));
                for (long key = 0; key < keys; key++) {
                    assertEquals(key, again.get(key, -1), "key " + key + " with " + buckets + " buckets");
                }
                for (long key = keys; key < keys + 1_000; key++) {
                    assertEquals(key * buckets, again.get(key * buckets, -1), "key " + key * buckets);
                }
            }
        }
    }

    @Test
    void shouldNotTakeAClosedStoreWithoutManifestsForAnEmptyOne(@TempDir Path directory) throws Exception {
        Path path = directory.resolve("store");
        try (Store store = Store.open(tiny().directory(path).build())) {
            store.put(1, 2);
        }
        Files.move(path.resolve("MANIFEST-1"), directory.resolve("kept"));
        assertThrows(FormatFault.class, () -> Store.open(tiny().directory(path).build()));
        Files.move(directory.resolve("kept"), path.resolve("MANIFEST-1"));
        try (Store store = Store.open(tiny().directory(path).build())) {
            assertEquals(2, store.get(1, 0));
        }
    }

    @Test
    void shouldRefuseCheckpointsWhereNothingIsKept() {
        try (Store store = Store.open(StoreConfig.builder().memory(1 << 20).build())) {
            assertThrows(IllegalStateException.class, store::checkpoint);
        }
    }

    @Test
    void shouldKeepWhatAClearForgotAsLongAsACheckpointNeedsIt() throws Exception {
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(4).mode(SimulatedDisk.Mode.THREADS));
        Store store = open(disk);
        for (long key = 0; key < 6_000; key++) {
            store.put(key, key);
        }
        commit(store, CheckpointRequest.full());
        store.clear();
        store.put(1, 100);
        try (Store back = open(disk.kill(5))) {
            for (long key = 0; key < 6_000; key++) {
                assertEquals(key, back.get(key, -1));
            }
        }
        commit(store, CheckpointRequest.full());
        commit(store, CheckpointRequest.full());
        assertFalse(disk.exists("log/000000000000"), "two checkpoints later nobody needs it");
        try (Store back = open(disk.kill(6))) {
            assertEquals(1, back.approximateSize());
            assertEquals(100, back.get(1, -1));
        }
        store.close();
    }
}
