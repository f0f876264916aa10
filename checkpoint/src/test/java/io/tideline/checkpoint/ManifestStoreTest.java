package io.tideline.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.fault.CorruptionFault;
import io.tideline.fault.FormatFault;
import io.tideline.fault.FullFault;
import io.tideline.fault.IoFault;
import io.tideline.hlog.Identity;
import io.tideline.hlog.device.Fault;
import io.tideline.hlog.device.FaultPlan;
import io.tideline.hlog.device.FileDevice;
import io.tideline.hlog.device.SimulatedDisk;
import io.tideline.memory.Waits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The generations in a directory: which is the newest, which stay, and what each failure leaves. */
final class ManifestStoreTest {
    private static final Identity IDENTITY = Manifests.IDENTITY;

    @TempDir
    private Path directory;
    private FileDevice device;

    @BeforeEach
    void openDevice() {
        device = new FileDevice(directory, 1);
    }

    @AfterEach
    void closeDevice() {
        device.close();
    }

    /** A full checkpoint that names its own files. */
    static Manifest manifest(long generation, Durability durability) {
        return new ManifestBuilder(Manifests.CONFIGURATION).generation(generation).version(generation).durability(durability)
                .foldedOver(new Manifest.Log(16 * (3 + Math.min(generation, 20_000)), 1 << 20, 1 << 20, 1 << 20))
                .image(new Manifest.Image(generation, 16, 0, 64)).build();
    }

    private ManifestStore open() {
        return ManifestStore.open(device, Waits.SYSTEM, IDENTITY);
    }

    private static void publish(ManifestStore store, Durability... durabilities) {
        for (Durability durability : durabilities) {
            store.publish(manifest(store.nextGeneration(), durability));
        }
    }

    private static Durability[] disk(int times) {
        Durability[] durabilities = new Durability[times];
        Arrays.fill(durabilities, Durability.DISK);
        return durabilities;
    }

    private Path file(long generation) {
        return directory.resolve("MANIFEST-" + generation);
    }

    private void damage(long generation) throws IOException {
        byte[] bytes = Files.readAllBytes(file(generation));
        bytes[100] ^= 1;
        Files.write(file(generation), bytes);
    }

    private void touch(String... names) {
        for (String name : names) {
            device.create(name).close();
        }
    }

    // --- the newest ---

    @Test
    void shouldHaveNoManifestBeforeTheFirst() {
        ManifestStore store = open();
        assertTrue(store.newest().isEmpty());
        assertEquals(1, store.nextGeneration());
        assertEquals(new StillNeeded(new TreeSet<>(), 64), store.retain(2));
    }

    @ParameterizedTest
    @EnumSource
    void shouldFindTheNewestAgain(Durability durability) throws IOException {
        ManifestStore store = open();
        for (long generation = 1; generation <= 12; generation++) {
            Manifest manifest = manifest(generation, durability);
            store.publish(manifest);
            assertEquals(manifest, store.newest().orElseThrow());
            assertEquals(manifest, open().newest().orElseThrow());
        }
        assertEquals(13, open().nextGeneration());
        assertEquals("[OWNER_READ, OWNER_WRITE]", new TreeSet<>(Files.getPosixFilePermissions(file(12))).toString());
    }

    @Test
    void shouldWriteThenSyncThenRenameThenSyncTheDirectory() {
        try (SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT)) {
            ManifestStore store = ManifestStore.open(disk, Waits.SYSTEM, IDENTITY);
            int before = disk.steps().size();
            store.publish(manifest(1, Durability.DISK));
            store.publish(manifest(2, Durability.PROCESS));
            assertEquals(List.of("create MANIFEST-1.tmp", "write of 4096 bytes at offset 0 of simulated:/MANIFEST-1.tmp", "sync of simulated:/MANIFEST-1.tmp",
                    "rename MANIFEST-1.tmp to MANIFEST-1", "sync of the directory",
                    "create MANIFEST-2.tmp", "write of 4096 bytes at offset 0 of simulated:/MANIFEST-2.tmp", "rename MANIFEST-2.tmp to MANIFEST-2"),
                    disk.steps().subList(before, disk.steps().size()).stream().map(SimulatedDisk.Step::what).toList());
        }
    }

    /** A crash before the rename: the temporary file is not the manifest, however whole it is. */
    @Test
    void shouldRemoveWhatPublicationsLeft() throws IOException {
        publish(open(), disk(1));
        Files.copy(file(1), directory.resolve("MANIFEST-2.tmp"));
        Files.writeString(directory.resolve("MANIFEST-3.tmp"), "half");
        assertEquals(1, open().newest().orElseThrow().generation());
        assertEquals(List.of("MANIFEST-1"), device.list());
    }

    @Test
    void shouldTakeNothingElseForAManifest() throws IOException {
        publish(open(), disk(1));
        for (String name : List.of("MANIFEST-0", "MANIFEST-02", "MANIFEST-2.bak", "MANIFEST--2", "MANIFEST-99999999999999999999", "MANIFEST-9223372036854775808", "MANIFEST")) {
            Files.writeString(directory.resolve(name), "no manifest");
        }
        Files.createDirectory(directory.resolve("MANIFEST-7"));
        assertEquals(1, open().newest().orElseThrow().generation());
        assertEquals(2, open().nextGeneration());
    }

    @Test
    void shouldRefuseAManifestThatIsNotTheNext() {
        ManifestStore store = open();
        publish(store, disk(2));
        for (long generation : new long[] {1, 2, 4}) {
            assertThrows(IllegalArgumentException.class, () -> store.publish(manifest(generation, Durability.DISK)));
        }
        Manifest other = new ManifestBuilder(new Manifest.Configuration(8192, 1 << 16, -3)).generation(3).build();
        assertThrows(IllegalArgumentException.class, () -> store.publish(other));
    }

    @Test
    void shouldNeverOverwriteAManifest() throws IOException {
        ManifestStore store = open();
        publish(store, disk(1));
        Files.writeString(file(2), "somebody's");
        assertTrue(assertThrows(IoFault.class, () -> publish(store, disk(1))).getMessage().startsWith("MANIFEST-2 is there already and is not overwritten"));
        assertEquals("somebody's", Files.readString(file(2)));
    }

    @Test
    void shouldStopAtTheLastNumber() throws IOException {
        long last = Long.MAX_VALUE;
        Files.write(file(last - 1), Manifests.file(manifest(1, Durability.DISK).toBuilder().generation(last - 1).build()));
        ManifestStore store = open();
        publish(store, disk(1));
        assertEquals(last, open().newest().orElseThrow().generation());
        assertThrows(IllegalStateException.class, store::nextGeneration);
        assertEquals(Set.of(1L, last), store.retain(2).checkpoints());
    }

    // --- damage ---

    @Test
    void shouldRefuseADamagedNewestAndTouchNothing() throws IOException {
        publish(open(), disk(2));
        damage(2);
        touch("MANIFEST-3.tmp");
        String message = assertThrows(CorruptionFault.class, this::open).getMessage();
        assertTrue(message.startsWith(file(2) + " is damaged at offset 36: the checksum is 0x"), message);
        assertEquals(List.of("MANIFEST-1", "MANIFEST-2", "MANIFEST-3.tmp"), device.list());
    }

    @Test
    void shouldFallBackOnlyWhenAskedAndSayWhatIsLost() throws IOException {
        publish(open(), disk(4));
        damage(4);
        Files.write(file(3), new byte[4096]);
        ManifestStore store = ManifestStore.openFallingBack(device, Waits.SYSTEM, IDENTITY);
        assertEquals(manifest(2, Durability.DISK), store.newest().orElseThrow());
        assertEquals(List.of(4L, 3L), store.lost().stream().map(LostGeneration::generation).toList());
        assertTrue(store.lost().getFirst().damage().getMessage().contains("MANIFEST-4 is damaged at offset 36"));
        assertTrue(store.lost().getLast().damage().getMessage().contains("MANIFEST-3 is damaged at offset 0: the beginning is 0x0, expected 0x"));

        // the damaged ones are not counted, nor taken for anything, and go when enough others are there
        assertEquals(5, store.nextGeneration());
        publish(store, disk(1));
        assertEquals(Set.of(2L, 5L), store.retain(2).checkpoints());
        assertEquals(List.of("MANIFEST-2", "MANIFEST-3", "MANIFEST-4", "MANIFEST-5"), device.list());
        publish(store, disk(1));
        assertEquals(Set.of(5L, 6L), store.retain(2).checkpoints());
        assertEquals(List.of("MANIFEST-5", "MANIFEST-6"), device.list());
        assertEquals(List.of(), ManifestStore.openFallingBack(device, Waits.SYSTEM, IDENTITY).lost());
    }

    @Test
    void shouldNotTakeAllDamagedForNone() throws IOException {
        publish(open(), disk(2));
        damage(1);
        damage(2);
        assertTrue(assertThrows(CorruptionFault.class, () -> ManifestStore.openFallingBack(device, Waits.SYSTEM, IDENTITY)).getMessage().contains("MANIFEST-2"));
    }

    @Test
    void shouldNotTakeOneGenerationForAnother() throws IOException {
        publish(open(), disk(1));
        Files.copy(file(1), file(2));
        assertTrue(assertThrows(CorruptionFault.class, this::open).getMessage().contains("offset 24: the sequence number is 1, expected 2"));
    }

    @Test
    void shouldNeverFallBackFromAForeignOrNewerManifest() throws IOException {
        publish(open(), disk(1));
        byte[] payload = ManifestCodec.encode(manifest(2, Durability.DISK));
        Identity other = new Identity(IDENTITY.storeId(), 13, IDENTITY.segmentBytes(), IDENTITY.hashSeed(), 0);
        byte[] otherConfiguration = ManifestCodec.encode(new ManifestBuilder(Manifest.Configuration.of(other)).generation(2).build());
        for (byte[] file : List.of(Manifests.file(3, 1, 5, 2, payload), Manifests.file(3, 2, IDENTITY.storeId(), 2, payload),
                Manifests.file(3, 1, IDENTITY.storeId(), 2, otherConfiguration))) {
            Files.write(file(2), file);
            touch("MANIFEST-3.tmp");
            assertThrows(FormatFault.class, this::open);
            assertThrows(FormatFault.class, () -> ManifestStore.openFallingBack(device, Waits.SYSTEM, IDENTITY));
            assertEquals(List.of("MANIFEST-1", "MANIFEST-2", "MANIFEST-3.tmp"), device.list());
            device.delete("MANIFEST-3.tmp");
        }
    }

    // --- what stays ---

    @Test
    void shouldRetainTheNewestAndWhatTheyName() {
        ManifestStore store = open();
        touch("checkpoints/1-index", "checkpoints/2-index", "checkpoints/3-index", "checkpoints/4-index", "checkpoints/4-snapshot", "checkpoints/99-index",
                "checkpoints/notes", "log/000000000000");
        publish(store, disk(3));
        store.publish(manifest(3, Durability.DISK).toBuilder().generation(4).build()); // log only: names the image of 3
        assertThrows(IllegalArgumentException.class, () -> store.retain(1));
        StillNeeded needed = store.retain(3);
        assertEquals(new StillNeeded(new TreeSet<>(Set.of(2L, 3L)), 80), needed);
        assertTrue(needed.needsCheckpoint(2) && !needed.needsCheckpoint(1));
        assertEquals(List.of("MANIFEST-2", "MANIFEST-3", "MANIFEST-4", "checkpoints/2-index", "checkpoints/3-index", "checkpoints/notes", "log/000000000000"),
                device.list());
        assertEquals(new StillNeeded(new TreeSet<>(Set.of(3L)), 96), open().retain(2));
        assertEquals(List.of("MANIFEST-3", "MANIFEST-4", "checkpoints/3-index", "checkpoints/notes", "log/000000000000"), device.list());
    }

    /** What was never synced may be gone after a crash of the machine; what was must not go for it. */
    @Test
    void shouldKeepTheNewestThatWasSynced() {
        ManifestStore store = open();
        publish(store, Durability.DISK, Durability.DISK, Durability.PROCESS, Durability.PROCESS, Durability.PROCESS);
        assertEquals(Set.of(2L, 4L, 5L), store.retain(2).checkpoints());
        assertEquals(List.of("MANIFEST-2", "MANIFEST-4", "MANIFEST-5"), device.list());
        ManifestStore again = open();
        assertEquals(Set.of(2L, 4L, 5L), again.retain(2).checkpoints());
        publish(again, disk(1));
        assertEquals(Set.of(5L, 6L), again.retain(2).checkpoints());
    }

    @Test
    void shouldRemoveOneByOneOverTenThousandGenerations() {
        try (SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT)) {
            ManifestStore store = ManifestStore.open(disk, Waits.SYSTEM, IDENTITY);
            for (int i = 0; i < 10_000; i++) {
                publish(store, Durability.DISK);
                store.retain(3);
            }
            assertEquals(List.of("MANIFEST-10000", "MANIFEST-9998", "MANIFEST-9999"), disk.list());
            assertEquals(10_000, ManifestStore.open(disk, Waits.SYSTEM, IDENTITY).newest().orElseThrow().generation());
        }
    }

    // --- failures ---

    /** Fails the step of a second publication, or of the retention behind it, that has this text. */
    private static SimulatedDisk diskFailing(String step, Fault fault) {
        try (SimulatedDisk sound = new SimulatedDisk(SimulatedDisk.Options.DEFAULT)) {
            live(sound);
            for (int index = sound.steps().size() - 1; index >= 0; index--) {
                if (sound.steps().get(index).what().contains(step)) {
                    return new SimulatedDisk(SimulatedDisk.Options.DEFAULT, FaultPlan.none().failAt(index, fault));
                }
            }
        }
        throw new AssertionError("no step " + step);
    }

    private static ManifestStore live(SimulatedDisk disk) {
        ManifestStore store = ManifestStore.open(disk, Waits.SYSTEM, IDENTITY);
        publish(store, disk(2));
        return store;
    }

    private static ManifestStore opened(SimulatedDisk disk) {
        ManifestStore store = ManifestStore.open(disk, Waits.SYSTEM, IDENTITY);
        publish(store, disk(1));
        return store;
    }

    @Test
    void shouldGoOnWhenThereIsRoomAgain() {
        for (String step : List.of("create MANIFEST-2.tmp", "write of 4096 bytes at offset 0 of simulated:/MANIFEST-2.tmp", "sync of simulated:/MANIFEST-2.tmp")) {
            try (SimulatedDisk disk = diskFailing(step, Fault.ENOSPC)) {
                ManifestStore store = opened(disk);
                assertThrows(FullFault.class, () -> publish(store, disk(1)));
                assertEquals(List.of("MANIFEST-1"), disk.list());
                assertEquals(1, store.newest().orElseThrow().generation());
                publish(store, disk(1));
                assertEquals(2, ManifestStore.open(disk, Waits.SYSTEM, IDENTITY).newest().orElseThrow().generation());
                assertEquals(0, disk.openFiles());
                try (SimulatedDisk after = disk.crash(1)) {
                    assertEquals(2, ManifestStore.open(after, Waits.SYSTEM, IDENTITY).newest().orElseThrow().generation(), step);
                }
            }
        }
    }

    /** Every amount of room that a disk may have left: the old ones stay whole, no temporary file takes the rest. */
    @Test
    void shouldKeepTheOldOnesWhateverRoomIsLeft() {
        for (long budget = 0; budget <= 16_384; budget += 512) {
            try (SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT, FaultPlan.none().budget(budget))) {
                ManifestStore store = ManifestStore.open(disk, Waits.SYSTEM, IDENTITY);
                int published = 0;
                try {
                    for (; published < 4; published++) {
                        publish(store, Durability.DISK);
                    }
                } catch (FullFault full) {
                    assertTrue(disk.list().stream().noneMatch(name -> name.endsWith(".tmp")), () -> full + ": " + disk.list());
                }
                assertEquals(Math.min(4, budget / 4096), published);
                assertEquals(published, disk.list().size());
                try (SimulatedDisk after = disk.crash(budget)) {
                    assertEquals(published, ManifestStore.open(after, Waits.SYSTEM, IDENTITY).newest().map(Manifest::generation).orElse(0L));
                }
            }
        }
    }

    @Test
    void shouldTryAgainAfterAFailedWrite() {
        try (SimulatedDisk disk = diskFailing("write of 4096 bytes at offset 0 of simulated:/MANIFEST-2.tmp", Fault.EIO)) {
            ManifestStore store = opened(disk);
            assertThrows(IoFault.class, () -> publish(store, disk(1)));
            assertEquals(List.of("MANIFEST-1"), disk.list());
            publish(store, disk(1));
            assertEquals(2, store.newest().orElseThrow().generation());
        }
    }

    @Test
    void shouldNeverTryAgainAfterAFailedSync() {
        for (String step : List.of("sync of simulated:/MANIFEST-2.tmp", "rename MANIFEST-2.tmp", "sync of the directory")) {
            try (SimulatedDisk disk = diskFailing(step, step.startsWith("rename") ? Fault.EIO : Fault.SYNC_FAILS)) {
                ManifestStore store = opened(disk);
                IoFault failed = assertThrows(IoFault.class, () -> publish(store, disk(1)), step);
                assertTrue(failed.getMessage().contains("no more checkpoints are published") && failed.getCause() instanceof IoFault, failed.toString());
                assertFalse(step.startsWith("sync of sim") && disk.exists("MANIFEST-2.tmp"));
                assertEquals(1, store.newest().orElseThrow().generation());
                int steps = disk.steps().size();
                assertThrows(IoFault.class, () -> store.publish(manifest(2, Durability.DISK)));
                assertThrows(IoFault.class, () -> store.retain(2));
                assertEquals(steps, disk.steps().size(), "a poisoned store of manifests asked the disk for something");
            }
        }
    }

    @Test
    void shouldNotRemoveFilesOfCheckpointsBeforeTheirManifestIsGoneForGood() {
        try (SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT)) {
            ManifestStore store = ManifestStore.open(disk, Waits.SYSTEM, IDENTITY);
            disk.create("checkpoints/1-index").close();
            publish(store, disk(3));
            int before = disk.steps().size();
            store.retain(2);
            assertEquals(List.of("delete MANIFEST-1", "sync of the directory", "list", "delete checkpoints/1-index"),
                    disk.steps().subList(before, disk.steps().size()).stream().map(SimulatedDisk.Step::what).toList());
        }
    }

    @Test
    void shouldSyncRemovalsThatAnEarlierAttemptLeft() {
        try (SimulatedDisk sound = new SimulatedDisk(SimulatedDisk.Options.DEFAULT)) {
            ManifestStore store = ManifestStore.open(sound, Waits.SYSTEM, IDENTITY);
            publish(store, disk(4));
            int delete = sound.steps().size() + 1; // the second one
            for (long seed = 1; seed <= 4; seed++) { // whether it happened all the same
                try (SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(seed), FaultPlan.none().failAt(delete, Fault.EIO))) {
                    ManifestStore failing = ManifestStore.open(disk, Waits.SYSTEM, IDENTITY);
                    publish(failing, disk(4));
                    assertThrows(IoFault.class, () -> failing.retain(2));
                    int before = disk.steps().size();
                    assertEquals(Set.of(3L, 4L), failing.retain(2).checkpoints());
                    assertTrue(disk.steps().stream().skip(before).anyMatch(step -> step.what().equals("sync of the directory")));
                    assertEquals(List.of("MANIFEST-3", "MANIFEST-4"), disk.list());
                }
            }
        }
    }
}
