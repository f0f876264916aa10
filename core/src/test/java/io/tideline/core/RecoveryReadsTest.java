package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.checkpoint.RecoveryWork;
import io.tideline.fault.IoFault;
import io.tideline.hlog.device.BlockingIo;
import io.tideline.hlog.device.Device;
import io.tideline.hlog.device.Fault;
import io.tideline.hlog.device.FaultPlan;
import io.tideline.hlog.device.Io;
import io.tideline.hlog.device.SimulatedDisk;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How an opening reads: what it says of it, and pages that are longer than one request. */
@Tag("spill")
class RecoveryReadsTest {
    private static final int KEYS = 300;
    private static final int LARGE_PAGE = 1 << 22;
    /** Records of 32 bytes: a page and a half. */
    private static final int KEYS_OF_LARGE_PAGES = 200_000;

    private static StoreConfig.Builder tiny() {
        return StoreConfig.builder().memory(8 << 14).pageSize(1 << 14).segmentSize(1 << 16).buckets(1024).hashSeed(7).hugePages(false);
    }

    private static StoreConfig.Builder large() {
        return StoreConfig.builder().memory(8L * LARGE_PAGE).pageSize(LARGE_PAGE).segmentSize(2 * LARGE_PAGE).buckets(1 << 15).hashSeed(7).hugePages(false);
    }

    private static void addToAll(Store store) {
        for (long key = 0; key < KEYS; key++) {
            store.add(key, 1);
        }
    }

    @Test
    void shouldSayWhatAnOpeningHadToRead() throws Exception {
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(4));
        try (Store store = Store.open(tiny().files(disk).build())) {
            assertEquals(RecoveryWork.NONE, store.stats().checkpoints().recovery());
            addToAll(store);
            store.checkpoint(CheckpointRequest.full()).get(60, TimeUnit.SECONDS);
            addToAll(store);
            store.checkpoint(CheckpointRequest.logOnly()).get(60, TimeUnit.SECONDS);
            store.abandon();
        }
        try (Store store = Store.open(tiny().files(disk).build())) {
            RecoveryWork work = store.stats().checkpoints().recovery();
            assertTrue(work.imageBytes() >= 1024 * 64 && work.replayedBytes() >= KEYS * 32L && work.bytes() == work.imageBytes() + work.replayedBytes()
                    && work.nanos() >= work.replayNanos(), work.toString());
            assertEquals(2, store.get(0, -1));
        }
    }

    /** One of two who read in order may wait for the other; and no page is read twice, or in vain. */
    @Test
    void shouldReadTheFirstOfTheLogBeforeTheImage() throws Exception {
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(4).mode(SimulatedDisk.Mode.INLINE));
        int keys = 20_000; // 40 pages
        StoreConfig.Builder config = StoreConfig.builder().memory(256 << 14).pageSize(1 << 14).segmentSize(1 << 20).buckets(1 << 13).hashSeed(7).hugePages(false);
        try (Store store = Store.open(config.files(disk).build())) {
            store.checkpoint(CheckpointRequest.full()).get(60, TimeUnit.SECONDS);
            for (long key = 0; key < keys; key++) {
                store.put(key, key);
            }
            store.checkpoint(CheckpointRequest.logOnly()).get(60, TimeUnit.SECONDS);
            store.abandon();
        }
        int before = disk.steps().size();
        try (Store store = Store.open(config.files(disk).build())) {
            List<String> reads = disk.steps().stream().skip(before).filter(step -> step.io() == Io.READ).map(SimulatedDisk.Step::what)
                    .filter(what -> what.contains("log/") || what.contains("-index")).toList();
            int image = reads.indexOf(reads.stream().filter(what -> what.contains("-index")).findFirst().orElseThrow());
            assertTrue(image >= 1 + 16, () -> "pages before the image: " + reads); // and the next, if the one thread was before the other
            List<String> pages = reads.stream().filter(what -> what.contains("log/")).toList();
            assertEquals(pages.stream().distinct().toList(), pages, "each once");
            assertEquals((keys * 32 >> 14) + 1, pages.size(), pages::toString);
            assertEquals(keys, store.approximateSize());
            assertEquals(List.of(), StoreVerifier.verify(store));
        }
    }

    /** What the image lacks is read beside it; if there is none after all, what stands before that comes behind. */
    @Test
    void shouldReadTheLogInFrontOfAnImageThatIsOfNoUse() throws Exception {
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(4));
        int keys = 10 * KEYS;
        try (Store store = Store.open(tiny().files(disk).build())) {
            for (int half = 0; half < 2; half++) {
                for (long key = 0; key < keys; key++) {
                    store.add(half * keys / 2 + key, 1); // half of the keys stand on both sides
                }
                store.checkpoint(half == 0 ? CheckpointRequest.full() : CheckpointRequest.logOnly()).get(60, TimeUnit.SECONDS);
            }
            store.abandon();
        }
        disk.delete("checkpoints/1-index");
        List<Long> told = new ArrayList<>();
        List<Long> of = new ArrayList<>();
        try (Store store = Store.open(tiny().files(disk).recoveryProgress((bytes, ofBytes) -> {
            told.add(bytes);
            of.add(ofBytes);
        }).build())) {
            RecoveryWork work = store.stats().checkpoints().recovery();
            assertTrue(store.stats().checkpoints().imageProblem().contains("is not there"), store.stats().toString());
            assertEquals(0, work.imageBytes());
            assertTrue(work.replayedBytes() >= 2L * keys * 32, work.toString());
            assertTrue(told.size() >= 2 * keys * 32 / (1 << 14) && told.getFirst() == 0 && told.getLast() == work.replayedBytes(), () -> told + " of " + work);
            assertEquals(2, of.stream().distinct().count(), "what stands behind the image, and then everything");
            assertEquals(told.getLast(), of.getLast());
            assertEquals(told.stream().sorted().distinct().toList(), told);
            for (long key = 0; key < keys + keys / 2; key++) {
                assertEquals(key >= keys / 2 && key < keys ? 2 : 1, store.get(key, -1), "key " + key);
            }
            assertEquals(List.of(), StoreVerifier.verify(store));
        }
    }

    @Test
    void shouldMakeTheIndexAnewWhereItsImageCannotBeRead() throws Exception {
        for (Fault fault : List.of(Fault.EIO, Fault.SHORT, Fault.BAD_SECTOR)) {
            FaultPlan plan = FaultPlan.none();
            SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.mode(SimulatedDisk.Mode.INLINE), plan);
            try (Store store = Store.open(large().files(disk).build())) {
                for (long key = 0; key < KEYS_OF_LARGE_PAGES; key++) {
                    store.put(key, key * 3);
                }
                store.checkpoint(CheckpointRequest.full()).get(60, TimeUnit.SECONDS); // so that there is nothing to read beside the image
                store.abandon();
            }
            int before = disk.steps().size();
            try (Store store = Store.open(large().files(disk).build())) {
                assertEquals("", store.stats().checkpoints().imageProblem());
                store.abandon();
            }
            plan.failAt(disk.steps().size() + firstRead(disk, before, "-index"), fault);
            try (Store store = Store.open(large().files(disk).build())) {
                String problem = store.stats().checkpoints().imageProblem();
                assertTrue(problem.contains("-index"), fault + ": " + problem);
                requireAll(store);
                store.abandon();
            }
        }
    }

    /** The store would use it, and its close would wait for it without end. */
    @Test
    void shouldNotOpenWhereTheDeviceHangsOverTheImage() throws Exception {
        FaultPlan plan = FaultPlan.none();
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.mode(SimulatedDisk.Mode.INLINE), plan);
        try (Store store = Store.open(large().files(disk).build())) {
            store.put(1, 1);
            store.checkpoint(CheckpointRequest.full()).get(60, TimeUnit.SECONDS);
            store.abandon();
        }
        int before = disk.steps().size();
        try (Store store = Store.open(large().files(disk).build())) {
            store.abandon();
        }
        plan.failAt(disk.steps().size() + firstRead(disk, before, "-index"), Fault.STALL);
        IoFault told = assertThrows(IoFault.class, () -> Store.open(large().files(disk).waits(new FastClock(100)).build()));
        assertTrue(BlockingIo.isTimeout(told) && told.getMessage().contains("-index"), told.toString());
        disk.failStalled();
    }

    /** The log's fault is told, because without the log there is nothing, and what failed beside it is not lost. */
    @Test
    void shouldTellHowBothThreadsFailed() throws Exception {
        FaultPlan plan = FaultPlan.none();
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.mode(SimulatedDisk.Mode.INLINE), plan);
        fill(disk);
        int before = disk.steps().size();
        try (Store store = Store.open(large().files(disk).build())) {
            store.abandon();
        }
        plan.failFrom(disk.steps().size() + Math.min(firstRead(disk, before, "-index"), firstRead(disk, before, "log/")), Fault.EIO);
        IoFault told = assertThrows(IoFault.class, () -> Store.open(large().files(disk).build()));
        assertTrue(told.getMessage().contains("log/"), told.toString());
        assertTrue(told.getSuppressed().length == 1 && told.getSuppressed()[0].getMessage().contains("-index"), () -> List.of(told.getSuppressed()).toString());
    }

    /** How many steps behind {@code before} a file of that name is read for the first time. */
    private static int firstRead(SimulatedDisk disk, int before, String file) {
        List<SimulatedDisk.Step> steps = disk.steps();
        int first = before;
        while (!steps.get(first).what().contains(file) || steps.get(first).io() != Io.READ) {
            first++;
        }
        return first - before;
    }

    /** A store of large pages whose newest checkpoint has them all to replay. */
    private static void fill(SimulatedDisk disk) throws Exception {
        try (Store store = Store.open(large().files(disk).build()); Session session = store.openSession("s")) {
            store.checkpoint(CheckpointRequest.full()).get(60, TimeUnit.SECONDS);
            session.batch(_ -> {
                for (long key = 0; key < KEYS_OF_LARGE_PAGES; key++) {
                    session.put(key, key * 3);
                }
            });
            store.checkpoint(CheckpointRequest.logOnly()).get(60, TimeUnit.SECONDS);
            store.abandon();
        }
    }

    private static void requireAll(Store store) {
        assertEquals(KEYS_OF_LARGE_PAGES, store.approximateSize());
        for (long key = 0; key < KEYS_OF_LARGE_PAGES; key++) {
            assertEquals(key * 3, store.get(key, -1), "key " + key);
        }
    }

    @Test
    void shouldReplayPagesThatAreReadInPiecesWhoseEndsComeInAnyOrder() throws Exception {
        for (long seed = 1; seed <= 2; seed++) {
            SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(seed).mode(SimulatedDisk.Mode.THREADS));
            fill(disk);
            try (Store store = Store.open(large().files(disk).build())) {
                assertTrue(store.stats().checkpoints().recovery().replayedBytes() > LARGE_PAGE, "seed " + seed);
                requireAll(store);
                store.abandon();
            }
        }
    }

    @Test
    void shouldTellAFaultOfAnyPieceAndOpenOnceItIsGone() throws Exception {
        FaultPlan plan = FaultPlan.none();
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.mode(SimulatedDisk.Mode.INLINE), plan);
        fill(disk);
        int before = disk.steps().size();
        try (Store store = Store.open(large().files(disk).build())) {
            store.abandon();
        }
        List<Integer> reads = new ArrayList<>();
        List<SimulatedDisk.Step> steps = disk.steps();
        for (int i = before; i < steps.size(); i++) {
            if (steps.get(i).io() == Io.READ) {
                reads.add(i - before);
            }
        }
        assertTrue(reads.size() >= KEYS_OF_LARGE_PAGES * 32 / (1 << 20) + 1, "a request for each MiB: " + reads);
        int refused = 0;
        for (int read : reads) {
            int failing = disk.steps().size() + read;
            plan.failAt(failing, Fault.EIO);
            try (Store store = Store.open(large().files(disk).build())) {
                assertTrue(disk.steps().get(failing).what().contains("-index"), () -> disk.steps().get(failing).toString()); // of which there is another copy, the log
                requireAll(store);
                store.abandon();
            } catch (IoFault told) {
                assertFalse(disk.steps().get(failing).what().contains("-index"), told::toString);
                refused++;
            }
        }
        assertTrue(refused > KEYS_OF_LARGE_PAGES * 32 / (1 << 20), refused + " of " + reads.size());
        try (Store store = Store.open(large().files(disk).build())) {
            requireAll(store);
            store.abandon();
        }
    }

    /** What cannot even be looked at is of no more use than what is gone, and of no less. */
    @Test
    void shouldMakeTheIndexAnewWhereItsImageCannotBeOpened() throws Exception {
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(4));
        try (Store store = Store.open(tiny().files(disk).build())) {
            addToAll(store);
            store.checkpoint(CheckpointRequest.full()).get(60, TimeUnit.SECONDS);
            store.abandon();
        }
        Device unwilling = (Device) Proxy.newProxyInstance(Device.class.getClassLoader(), new Class<?>[] {Device.class}, (_, method, arguments) -> {
            if (method.getName().equals("open") && arguments[0].toString().endsWith("-index")) {
                throw new IoFault(arguments[0] + " cannot be opened");
            }
            try {
                return method.invoke(disk, arguments);
            } catch (InvocationTargetException thrown) {
                throw thrown.getCause();
            }
        });
        try (Store store = Store.open(tiny().files(unwilling).build())) {
            assertEquals("checkpoints/1-index cannot be opened", store.stats().checkpoints().imageProblem());
            for (long key = 0; key < KEYS; key++) {
                assertEquals(1, store.get(key, -1));
            }
        }
    }
}
