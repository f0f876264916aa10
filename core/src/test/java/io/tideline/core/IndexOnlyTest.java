package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.checkpoint.CheckpointKind;
import io.tideline.checkpoint.Durability;
import io.tideline.hlog.device.SimulatedDisk;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Checkpoints of the index alone: they move no operation across a cut, whatever was written behind it, and spare replay. */
@Tag("spill")
class IndexOnlyTest {
    private static final int KEYS = 600;

    private final SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(1).mode(SimulatedDisk.Mode.THREADS));

    private static StoreConfig.Builder config(SimulatedDisk disk) {
        return StoreConfig.builder().memory(8 << 12).pageSize(1 << 12).segmentSize(1 << 14).buckets(64).hashSeed(7).maxPending(4, 8).hugePages(false)
                .files(disk);
    }

    private static Store open(SimulatedDisk disk) {
        return Store.open(config(disk).build());
    }

    private static CommitPoint commit(Store store, CheckpointRequest request) throws Exception {
        return store.checkpoint(request).get(60, TimeUnit.SECONDS);
    }

    private static void refused(Store store, String why) {
        ExecutionException failed = assertThrows(ExecutionException.class, () -> store.checkpoint(CheckpointRequest.indexOnly()).get(60, TimeUnit.SECONDS));
        assertInstanceOf(IllegalStateException.class, failed.getCause());
        assertTrue(failed.getCause().getMessage().contains(why), failed::toString);
    }

    @Test
    void shouldBeRefusedWhereNoCheckpointHasItsLog() throws Exception {
        assertThrows(IllegalArgumentException.class, () -> CheckpointRequest.indexOnly().cookie(new byte[1]));
        try (Store store = open(disk)) {
            store.put(1, 1);
            refused(store, "no checkpoint yet");
            commit(store, CheckpointRequest.logOnly());
            assertEquals(2, commit(store, CheckpointRequest.indexOnly()).number());
            store.clear();
            refused(store, "was cleared");
            commit(store, CheckpointRequest.logOnly());
            store.put(1, 2);
            assertEquals(4, commit(store, CheckpointRequest.indexOnly()).number());
            try (SimulatedDisk left = disk.kill(1); Store again = open(left)) {
                assertEquals(0, again.approximateSize());
                assertEquals(-1, again.get(1, -1));
            }
        }
    }

    /** Behind the checkpoint keys are changed in place, copied, deleted, made and made longer, and much of that has left the memory. */
    @Test
    void shouldMoveNothingAcrossTheCut() throws Exception {
        for (int written : new int[] {0, 40, 3_000}) {
            try (SimulatedDisk mine = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(written).mode(SimulatedDisk.Mode.THREADS)); Store store = open(mine)) {
                Session session = store.openSession("s");
                fill(session);
                CommitPoint point = commit(store, CheckpointRequest.logOnly().cookie(new byte[] {9}));
                write(session, written, new SplittableRandom(5));
                long durable = session.durableSerial();
                AtomicLong told = new AtomicLong();
                session.onDurable(told::set);
                CommitPoint index = commit(store, CheckpointRequest.indexOnly());
                assertEquals(point.number() + 1, index.number());
                assertEquals(CheckpointKind.INDEX_ONLY, index.kind());
                assertEquals(point.version(), index.version());
                assertEquals(point.serials(), index.serials());
                assertArrayEquals(new byte[] {9}, index.cookie());
                assertEquals(durable, session.durableSerial());
                assertEquals(0, told.get(), "nothing became durable");
                write(session, 20, new SplittableRandom(6));
                try (SimulatedDisk left = mine.crash(1)) {
                    requireFilled(left, point.serials(), written + " written");
                    requireFilled(left, point.serials(), written + " written, once more");
                }
                session.close();
                assertEquals(List.of(), StoreVerifier.verify(store));
            }
        }
    }

    private static void fill(Session session) {
        for (long key = 0; key < KEYS; key++) {
            session.put(key, key + 1);
        }
    }

    private static void write(Session session, int count, SplittableRandom random) {
        for (int i = 0; i < count; i++) {
            long key = random.nextInt(2 * KEYS);
            switch (random.nextInt(5)) {
                case 0 -> session.put(key, -5);
                case 1 -> session.delete(key);
                case 2 -> session.put(key, new byte[random.nextInt(9, 60)]);
                case 3 -> session.putIfAbsent(key, -6);
                default -> {
                    session.delete(key);
                    session.put(key, -7);
                }
            }
        }
    }

    private static void requireFilled(SimulatedDisk left, Map<String, Long> serials, String what) {
        try (SimulatedDisk copy = left.kill(1); Store again = open(copy)) {
            assertEquals("", again.stats().checkpoints().imageProblem(), what);
            assertEquals(KEYS, again.approximateSize(), what);
            for (long key = 0; key < KEYS; key++) {
                assertEquals(key + 1, again.get(key, -1), "key " + key + ", " + what);
            }
            for (long key = KEYS; key < 2 * KEYS; key++) {
                assertEquals(-1, again.get(key, -1), "key " + key + ", " + what);
            }
            try (Session resumed = again.resumeSession("s")) {
                assertEquals(serials.get("s"), resumed.serial(), what);
            }
            assertEquals(List.of(), StoreVerifier.verify(again), what);
        }
    }

    private static long replayed(SimulatedDisk disk) {
        AtomicLong bytes = new AtomicLong();
        List<Long> pages = new ArrayList<>();
        try (SimulatedDisk copy = disk.kill(1); Store store = Store.open(config(copy).recoveryProgress((value, of) -> {
            pages.add(value);
            bytes.set(value);
        }).build())) {
            assertEquals("", store.stats().checkpoints().imageProblem());
        }
        return pages.isEmpty() ? 0 : bytes.get() + 1;
    }

    @Test
    void shouldSpareReplay() throws Exception {
        try (Store store = open(disk); Session session = store.openSession("s")) {
            commit(store, CheckpointRequest.full());
            for (int i = 0; i < 5; i++) {
                fill(session);
                commit(store, CheckpointRequest.logOnly());
            }
            long before = replayed(disk);
            assertTrue(before > 4 * KEYS * 32, "" + before);
            commit(store, CheckpointRequest.indexOnly());
            long after = replayed(disk);
            assertTrue(after <= 4096 + 1, "at most the page of the cut: " + after);
            fill(session);
            commit(store, CheckpointRequest.logOnly());
            long later = replayed(disk);
            assertTrue(later < 2 * KEYS * 32 + 8192, "what was written since: " + later);
            try (SimulatedDisk left = disk.kill(1)) {
                requireFilled(left, Map.of("s", 6L * KEYS), "a log behind an image of its own");
            }
        }
    }

    /** Each that goes back is told apart from the others: images of one log do not push the log before it out. */
    @Test
    void shouldKeepAsManyLogsAsAreToBeKept() throws Exception {
        try (Store store = open(disk)) {
            for (int i = 1; i <= 2; i++) {
                store.put(1, i);
                commit(store, CheckpointRequest.full());
            }
            for (int i = 0; i < 4; i++) {
                commit(store, CheckpointRequest.indexOnly());
            }
            assertEquals(List.of("MANIFEST-1", "MANIFEST-5", "MANIFEST-6"), disk.list().stream().filter(name -> name.startsWith("MANIFEST")).sorted().toList());
            assertEquals(List.of("checkpoints/1-index", "checkpoints/5-index", "checkpoints/6-index"),
                    disk.list().stream().filter(name -> name.startsWith("checkpoints")).sorted().toList());
            store.put(1, 3);
            commit(store, CheckpointRequest.logOnly());
            assertEquals(List.of("MANIFEST-6", "MANIFEST-7"), disk.list().stream().filter(name -> name.startsWith("MANIFEST")).sorted().toList());
        }
    }

    /** What was committed for the process alone survives the machine once an image that does names it. */
    @Test
    void shouldMakeTheLogSurviveWhatItSurvives() throws Exception {
        try (Store store = open(disk); Session session = store.openSession("s")) {
            fill(session);
            CommitPoint point = commit(store, CheckpointRequest.logOnly().durability(Durability.PROCESS));
            write(session, 100, new SplittableRandom(1));
            assertEquals(Durability.DISK, commit(store, CheckpointRequest.indexOnly()).durability());
            for (int seed = 0; seed < 20; seed++) {
                try (SimulatedDisk left = disk.crash(seed)) {
                    requireFilled(left, point.serials(), "seed " + seed);
                }
            }
        }
    }

    /** In a life that has committed nothing yet, it goes with the checkpoint that the life began with. */
    @Test
    void shouldGoWithTheCheckpointOfAnEarlierLife() throws Exception {
        try (Store store = open(disk)) {
            Session session = store.openSession("s");
            fill(session);
            CommitPoint point = commit(store, CheckpointRequest.logOnly());
            write(session, 300, new SplittableRandom(1));
            SimulatedDisk left = disk.kill(1);
            for (int life = 0; life < 3; life++) {
                Store again = open(left);
                Session resumed = again.resumeSession("s");
                assertEquals(KEYS, resumed.serial());
                write(resumed, 500, new SplittableRandom(life));
                commit(again, CheckpointRequest.indexOnly());
                write(resumed, 100, new SplittableRandom(life));
                SimulatedDisk next = left.kill(life);
                requireFilled(next, point.serials(), "life " + life);
                resumed.close();
                again.close();
                left.close();
                left = next;
            }
            left.close();
            session.close();
        }
    }

    /** Images are taken beside sessions that write all the time, and each recovery finds a checkpoint that was told. */
    @Test
    void shouldHoldBesideWrites() throws Exception {
        try (Store store = open(disk); Session session = store.openSession("s")) {
            fill(session);
            CommitPoint point = commit(store, CheckpointRequest.logOnly());
            AtomicBoolean stop = new AtomicBoolean();
            Thread writer = Thread.ofPlatform().start(() -> {
                SplittableRandom random = new SplittableRandom(3);
                while (!stop.get()) {
                    write(session, 10, random);
                }
            });
            try {
                for (int i = 0; i < 8; i++) {
                    commit(store, CheckpointRequest.indexOnly().durability(i % 2 == 0 ? Durability.PROCESS : Durability.DISK));
                    try (SimulatedDisk left = disk.kill(i)) {
                        requireFilled(left, point.serials(), "image " + i);
                    }
                }
            } finally {
                stop.set(true);
                writer.join();
            }
        }
    }
}
