package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tideline.fault.FormatFault;
import io.tideline.fault.LockedFault;
import io.tideline.hlog.Identity;
import io.tideline.hlog.LogAddress;
import io.tideline.hlog.LogAudit;
import io.tideline.hlog.device.FileDevice;
import io.tideline.memory.Waits;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreAuditTest {
    private static final int PAGE = 4096;
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
    private static final int STEP = Boolean.getBoolean("tideline.every") ? 1 : 41;

    @TempDir
    private Path parent;
    private final List<String> damages = new ArrayList<>();

    private Path directory() {
        return parent.resolve("store");
    }

    private static StoreConfig config(Path directory) {
        return StoreConfig.builder().memory(8 * PAGE).pageSize(PAGE).segmentSize(1 << 14).buckets(1 << 14).hashSeed(7).ioThreads(2).hugePages(false)
                .directory(directory).build();
    }

    private StoreAudit.Report audit() {
        try (StoreAudit audit = StoreAudit.of(directory())) {
            return run(audit);
        }
    }

    private StoreAudit.Report run(StoreAudit audit) {
        damages.clear();
        StoreAudit.Report report = audit.run(damages::add, bytes -> { }, true);
        assertEquals(report.damages(), damages.size());
        return report;
    }

    /** Records of all kinds, and the filler behind them. */
    private void makeSmallStore() {
        try (Store store = Store.open(config(directory()))) {
            store.put(1, 1);
            store.put(1L, new byte[50]);
            store.put("long".getBytes(), new byte[300]);
            store.put("bytes".getBytes(), "more bytes".getBytes());
            store.delete(1);
        }
    }

    private Path segment(int number) {
        return directory().resolve("log").resolve("%012d".formatted(number));
    }

    /**
     * Every bit of the log, and of the files beside it every one that means something and some of the zeros behind: all of them with
     * {@code -Dtideline.every=true}, else every forty-first, so that each bit of a byte has its turn.
     */
    @Test
    void shouldFindEveryFlippedBit() throws IOException {
        makeSmallStore();
        int flips = 0;
        try (StoreAudit audit = StoreAudit.of(directory())) {
            assertTrue(run(audit).isSound(), damages.toString());
            assertEquals(4096, Files.size(segment(0)));
            for (Path path : List.of(segment(0), directory().resolve("IDENTITY"), directory().resolve("CLEAN-CLOSE"))) {
                try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
                    boolean log = path.equals(segment(0));
                    for (long offset = 0; offset < file.length(); offset += log || offset < 96 ? 1 : 64) {
                        int whole = byteAt(file, offset);
                        for (int bit = 0; bit < 8; bit++) {
                            if ((offset * 8 + bit) % STEP != 0) {
                                continue;
                            }
                            write(file, offset, whole ^ 1 << bit);
                            assertFalse(run(audit).isSound(), path + ", offset " + offset + ", bit " + bit);
                            assertTrue(damages.getFirst().contains(path.getFileName().toString()) && damages.getFirst().contains("offset "),
                                    damages.toString());
                            flips++;
                        }
                        write(file, offset, whole);
                    }
                }
            }
            assertTrue(run(audit).isSound(), damages.toString());
        }
        assertTrue(flips > 8 * (4096 + 2 * 150) / STEP, flips + " bits");
    }

    private static StoreConfig smallIndex(Path directory) {
        return StoreConfig.builder().memory(8 * PAGE).pageSize(PAGE).segmentSize(1 << 14).buckets(64).hashSeed(7).ioThreads(2).hugePages(false)
                .directory(directory).build();
    }

    /** Of manifests and images every bit of the heads, and some of each word behind. */
    @Test
    void shouldFindEveryFlippedBitOfACheckpoint() throws IOException {
        try (Store store = Store.open(smallIndex(directory()))) {
            for (long key = 0; key < 100; key++) {
                store.put(key, key);
            }
            store.checkpoint(CheckpointRequest.full().cookie(new byte[] {1, 2, 3})).join();
        }
        int flips = 0;
        try (StoreAudit audit = StoreAudit.of(directory())) {
            assertTrue(run(audit).isSound(), damages.toString());
            for (String name : List.of("MANIFEST-1", "MANIFEST-2", "checkpoints/1-index", "checkpoints/2-index")) {
                try (RandomAccessFile file = new RandomAccessFile(directory().resolve(name).toFile(), "rw")) {
                    for (long offset = 0; offset < file.length(); offset += offset < 96 ? 1 : 61) {
                        int whole = byteAt(file, offset);
                        for (int bit = 0; bit < 8; bit++) {
                            if ((offset * 8 + bit) % STEP != 0) {
                                continue;
                            }
                            write(file, offset, whole ^ 1 << bit);
                            assertFalse(run(audit).isSound(), name + ", offset " + offset + ", bit " + bit);
                            assertTrue(damages.getFirst().contains(name) && damages.getFirst().contains("offset "), damages.toString());
                            flips++;
                        }
                        write(file, offset, whole);
                    }
                }
            }
            assertTrue(run(audit).isSound(), damages.toString());
        }
        assertTrue(flips > 4 * 8 * 96 / STEP, flips + " bits");
    }

    @Test
    void shouldFindThatTheNewestManifestOrItsImageIsGone() throws IOException {
        try (Store store = Store.open(smallIndex(directory()))) {
            store.put(1, 1);
            store.checkpoint().join();
            store.put(2, 2);
        }
        Path image = directory().resolve("checkpoints/2-index");
        Files.move(image, parent.resolve("image"));
        assertFalse(audit().isSound());
        assertEquals(List.of("checkpoints/2-index, offset 0: expected the index image that MANIFEST-2 names, found none"), damages);
        Files.move(parent.resolve("image"), image);
        assertTrue(audit().isSound(), damages.toString());
        Files.delete(directory().resolve("MANIFEST-2"));
        assertFalse(audit().isSound());
        assertTrue(damages.getFirst().startsWith("MANIFEST-1, offset 0: expected checkpoint "), damages.toString());
    }

    /** What a process leaves that is killed at this moment, in the middle of nothing. */
    private void kill(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path copy = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(copy);
                } else {
                    Files.copy(file, copy);
                }
            }
        }
    }

    /** Each life commits, writes much behind that, some of it to the files, and is killed; the next one must not be confused by that. */
    @Test
    void shouldStepOverWhatEarlierLivesLeftBehind() throws IOException {
        Path alive = parent.resolve("life0");
        for (int life = 0; life < 5; life++) {
            Path next = life == 4 ? directory() : parent.resolve("life" + (life + 1));
            try (Store store = Store.open(smallIndex(alive))) {
                for (long key = 0; key < 300; key++) {
                    store.put(life * 300 + key, key);
                }
                store.checkpoint(life % 2 == 0 ? CheckpointRequest.full() : CheckpointRequest.logOnly()).join();
                for (long key = 0; key < 1_000 * (life + 1); key++) {
                    store.put(10_000 + key, key);
                }
                kill(alive, next);
            }
            alive = next;
        }
        StoreAudit.Report killed = audit();
        assertTrue(killed.isSound(), damages.toString());
        assertEquals(1_500, killed.content().liveRecords());
        assertNull(killed.closed());
        assertTrue(killed.content().uncommittedBytes() > 0 && killed.settledEnd() < killed.end(), killed.toString());
        try (Store store = Store.open(smallIndex(directory()))) {
            List<Long> keys = new ArrayList<>();
            store.forEach((key, value) -> keys.add(key.getLong(0)));
            assertEquals(1_500, keys.size());
            store.delete(0);
        }
        StoreAudit.Report closed = audit();
        assertTrue(closed.isSound(), damages.toString());
        assertEquals(1_499, closed.content().liveRecords());
        assertEquals(closed.end(), closed.settledEnd());
        assertEquals(0, closed.content().uncommittedBytes());
        long committed = killed.settledEnd();
        Files.delete(directory().resolve("CLEAN-CLOSE"));
        assertTrue(audit().isSound(), damages.toString());
        try (RandomAccessFile file = new RandomAccessFile(segment((int) ((committed - 8) >>> 14)).toFile(), "rw")) {
            long offset = committed - 8 & (1 << 14) - 1;
            write(file, offset, byteAt(file, offset) ^ 1);
        }
        assertFalse(audit().isSound());
        assertEquals(1, damages.size(), damages.toString());
    }

    private static int byteAt(RandomAccessFile file, long offset) throws IOException {
        file.seek(offset);
        return file.read();
    }

    private static void write(RandomAccessFile file, long offset, int value) throws IOException {
        file.seek(offset);
        file.write(value);
    }

    @Test
    void shouldNameFileOffsetExpectedAndFoundAndGoOnAtTheNextPage() throws IOException {
        load(2000);
        flip(segment(0), PAGE + 100);
        flip(segment(0), PAGE + 200);
        flip(segment(1), 2 * PAGE + 50);
        assertEquals(2, audit().damages(), damages.toString());
        assertTrue(damages.get(0).matches("log/000000000000, offset \\d+: expected the record of log address \\d+ with checksum 0x[0-9a-f]+ over 32"
                + " bytes, found 0x[0-9a-f]+"), damages.get(0));
        assertTrue(damages.get(1).startsWith("log/000000000001, offset " + (2 * PAGE + 32) + ": "), damages.get(1));
    }

    private void load(int keys) {
        try (Store store = Store.open(config(directory()))) {
            for (long key = 0; key < keys; key++) {
                store.put(key, key);
            }
        }
    }

    private static void flip(Path path, long offset) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            write(file, offset, byteAt(file, offset) ^ 0x10);
        }
    }

    @Test
    void shouldFindAPageOfAnotherPlace() throws IOException {
        load(2000);
        byte[] bytes = Files.readAllBytes(segment(1));
        System.arraycopy(bytes, 0, bytes, PAGE, PAGE);
        Files.write(segment(1), bytes);
        assertEquals(1, audit().damages(), damages.toString());
        assertTrue(damages.getFirst().startsWith("log/000000000001, offset " + PAGE + ": "), damages.toString());
    }

    @Test
    void shouldFindFilesThatAreMissingTooShortTooLongOrTooMany() throws IOException {
        load(2000);
        byte[] first = Files.readAllBytes(segment(0));
        Path last = segment(list(directory().resolve("log")).size() - 1);
        byte[] end = Files.readAllBytes(last);

        Files.delete(segment(0));
        assertEquals(1, audit().damages(), damages.toString());
        assertEquals("log/000000000000, offset 0: expected a file of 16384 bytes, found none", damages.getFirst());

        Files.write(segment(0), Arrays.copyOf(first, 10_001));
        assertEquals(1, audit().damages(), damages.toString());
        assertEquals("log/000000000000, offset 10001: expected the end of the file at 16384, found it at 10001", damages.getFirst());

        Files.write(segment(0), first);
        Files.write(last, Arrays.copyOf(end, end.length + 1));
        assertEquals(1, audit().damages(), damages.toString());
        assertTrue(damages.getFirst().contains("offset " + end.length + ": expected the end of the file"), damages.toString());

        Files.write(last, end);
        Files.write(segment(77), new byte[1]);
        assertEquals(1, audit().damages(), damages.toString());
        assertTrue(damages.getFirst().startsWith("log/000000000077, offset 0: expected no such file"), damages.toString());

        Files.delete(segment(77));
        assertTrue(audit().isSound(), damages.toString());
    }

    @Test
    void shouldBeSoundHoweverLittleThereIs() {
        load(0);
        assertTrue(audit().isSound(), damages.toString());
    }

    /** It may be a store of terabytes that somebody asks about. */
    @Test
    void shouldTellWhetherThereAreRecordsByTheFirst() throws IOException {
        load(0);
        assertFalse(hasRecords());
        load(1000);
        assertTrue(hasRecords());
        try (FileDevice device = new FileDevice(directory(), 1)) {
            int[] pages = new int[1];
            new LogAudit(device, Waits.SYSTEM, Identity.read(device, Waits.SYSTEM), Optional.empty()).run(new LogAudit.Visitor() {
                private boolean isSatisfied;

                @Override
                public void whole(long address, long record, int sizeBytes) {
                    isSatisfied = true;
                }

                @Override
                public void damaged(String sentence) {
                    throw new AssertionError(sentence);
                }

                @Override
                public void unknown(long from, long to) {
                    assertEquals(LogAudit.OPEN_END, to);
                }

                @Override
                public void progressed(long bytes) {
                    pages[0]++;
                }

                @Override
                public boolean isSatisfied() {
                    return isSatisfied;
                }
            });
            assertEquals(1, pages[0]);
        }
        try (RandomAccessFile first = new RandomAccessFile(segment(0).toFile(), "rw")) {
            first.write(new byte[1 << 14]);
        }
        assertTrue(hasRecords(), "those of other pages, and bytes that are none any more");
    }

    private boolean hasRecords() {
        try (StoreAudit audit = StoreAudit.of(directory())) {
            return audit.hasRecordsWithoutCheckpoint();
        }
    }

    @Test
    void shouldBeSoundAfterAClear() {
        for (int again = 0; again < 3; again++) {
            Path place = parent.resolve("cleared" + again);
            try (Store store = Store.open(config(place))) {
                for (long key = 0; key < 1000; key++) {
                    store.put(key, key);
                }
                store.clear();
                for (long key = 0; key < 700L * again; key++) {
                    store.put(key, key);
                }
            }
            try (StoreAudit audit = StoreAudit.of(place)) {
                StoreAudit.Report report = run(audit);
                assertTrue(report.isSound(), damages.toString());
                assertEquals(700L * again, report.content().liveRecords());
            }
        }
    }

    @Test
    void shouldCountWhatIsLiveAndWhatIsDead() {
        for (long seed = 1; seed <= 10; seed++) {
            Path place = parent.resolve("seed" + seed);
            SplittableRandom random = new SplittableRandom(seed);
            Map<Long, Boolean> live = new HashMap<>();
            try (Store store = Store.open(config(place))) {
                for (int step = 0; step < 5000; step++) {
                    long key = random.nextInt(500);
                    if (random.nextInt(3) == 0) {
                        store.delete(key);
                        live.remove(key);
                    } else {
                        store.put(key, new byte[random.nextInt(60)]);
                        live.put(key, true);
                    }
                }
            }
            try (StoreAudit audit = StoreAudit.of(place)) {
                StoreAudit.Report report = run(audit);
                StoreAudit.Content content = report.content();
                assertTrue(report.isSound(), damages.toString());
                assertEquals(live.size(), content.liveRecords(), "seed " + seed);
                assertEquals(content.records(), content.liveRecords() + content.deadRecords() + content.tombstones());
                assertEquals(content.recordBytes(), content.liveBytes() + content.deadBytes() + content.tombstoneBytes());
                assertEquals(report.end() - report.begin(), content.recordBytes() + content.invalidBytes() + content.fillerBytes());
                assertTrue(content.tombstones() > 0 && content.deadBytes() > 0, content.toString());
            }
        }
    }

    @Test
    void shouldRefuseWhatIsNoStoreOrInUse() throws IOException {
        Path empty = Files.createDirectory(parent.resolve("empty"));
        assertTrue(assertThrows(FormatFault.class, () -> StoreAudit.of(empty)).getMessage().contains("it is not a store"));
        assertEquals(List.of(), list(empty));
        Path foreign = Files.createDirectory(parent.resolve("foreign"));
        Files.write(foreign.resolve("IDENTITY"), new byte[5000]);
        assertTrue(assertThrows(FormatFault.class, () -> StoreAudit.of(foreign)).getMessage().contains("was not written by Tideline"));
        try (Store store = Store.open(config(directory()))) {
            assertEquals(0, store.approximateSize());
            assertThrows(LockedFault.class, () -> StoreAudit.of(directory()));
        }
    }

    private static List<Path> list(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList();
        }
    }

    /** A read-only file system refuses every other opening; root, whom permissions do not stop, sees it by this. */
    @Test
    void shouldOpenNothingForWriting() throws IOException {
        assumeTrue(Files.isDirectory(DESCRIPTORS));
        makeSmallStore();
        Set<String> seen = new TreeSet<>();
        try (StoreAudit audit = StoreAudit.of(directory())) {
            audit.run(damages::add, _ -> seen.addAll(filesOpenForReading()), true);
        }
        assertEquals(Set.of("LOCK", "log/000000000000"), seen);
        assertEquals(List.of(), damages);
    }

    /** What this process has open in the directory, none of it for writing. */
    private List<String> filesOpenForReading() {
        List<String> names = new ArrayList<>();
        for (String descriptor : DESCRIPTORS.toFile().list()) {
            try {
                Path file = Files.readSymbolicLink(DESCRIPTORS.resolve(descriptor));
                if (file.startsWith(directory())) {
                    String flags = Files.readAllLines(Path.of("/proc/self/fdinfo", descriptor)).stream().filter(line -> line.startsWith("flags:")).findAny().orElseThrow();
                    assertEquals('0', flags.charAt(flags.length() - 1), file + " is open with the " + flags); // of O_ACCMODE, octal
                    names.add(directory().relativize(file).toString());
                }
            } catch (NoSuchFileException closedMeanwhile) {
                assertFalse(Files.exists(DESCRIPTORS.resolve(descriptor), LinkOption.NOFOLLOW_LINKS), descriptor);
            } catch (IOException failed) {
                throw new AssertionError(failed);
            }
        }
        return names;
    }

    @Test
    void shouldSayOfAStoreWhoseProcessWasKilledWhatIsWholeAndWhatIsUnknown() throws Exception {
        Process child = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx64m", "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"), Loader.class.getName(), directory().toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        CompletableFuture<Void> killer = CompletableFuture.runAsync(child::destroyForcibly, CompletableFuture.delayedExecutor(60, TimeUnit.SECONDS));
        assertEquals("loading", child.inputReader().readLine());
        child.destroyForcibly().waitFor(); // SIGKILL, while it goes on
        killer.cancel(false);

        StoreAudit.Report report = audit();
        assertTrue(report.isSound(), damages.toString());
        assertNull(report.closed());
        assertEquals(LogAddress.FIRST, report.begin());
        assertTrue(report.content().liveRecords() >= 20_000, report.content().toString());
        StoreAudit.Range last = report.unknown().getLast();
        assertTrue(last.isOpen() && last.from() >= 20_000 * 32 && last.from() <= report.end(), report.unknown().toString());

        flip(segment(2), 999);
        assertEquals(1, audit().damages(), "far below the end a bit is not unknown but damaged: " + damages);
    }

    /** Loads a store until somebody kills it, and says so once it has spilled much. */
    static final class Loader {
        private Loader() {
        }

        public static void main(String[] arguments) {
            Store store = Store.open(config(Path.of(arguments[0])));
            for (long key = 0; ; key++) {
                store.put(key, key);
                if (key == 50_000) {
                    System.out.println("loading");
                }
            }
        }
    }
}
