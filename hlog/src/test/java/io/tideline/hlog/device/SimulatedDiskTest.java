package io.tideline.hlog.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.fault.StoreFault;
import io.tideline.hlog.device.SimulatedDisk.Mode;
import io.tideline.hlog.device.SimulatedDisk.Options;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The contract, kept by a disk that completes before the call returns, and what crashes of every kind leave of one. */
class SimulatedDiskTest extends DeviceSpec {
    private static final int SECTOR = 512;
    private static final int CRASHES = 300;

    private SimulatedDisk disk = new SimulatedDisk(Options.DEFAULT);

    @Override
    Device newDevice() {
        disk = disk.kill(1);
        return disk;
    }

    // --- sectors named by one byte ---

    /** Submits a write of sectors, each filled with its own tag, as if each lay in memory alone. */
    private Transfer write(DeviceFile file, int sector, int... tags) {
        byte[] bytes = new byte[tags.length * SECTOR];
        for (int i = 0; i < tags.length; i++) {
            Arrays.fill(bytes, i * SECTOR, (i + 1) * SECTOR, (byte) tags[i]);
        }
        long address = memory.address() + (long) sector * SECTOR;
        AnyBytes.put(address, bytes);
        Transfer transfer = new Transfer();
        file.write(transfer, (long) sector * SECTOR, address, bytes.length);
        return transfer;
    }

    private static void sync(DeviceFile file) {
        Transfer transfer = new Transfer();
        file.sync(transfer);
        transfer.assertDone();
    }

    /** The tags of all sectors of a file; a sector of mixed bytes is a failure. */
    private List<Integer> tags(SimulatedDisk left, String name) {
        List<Integer> tags = new ArrayList<>();
        try (DeviceFile file = left.open(name)) {
            for (long at = 0; at < file.sizeBytes(); at += SECTOR) {
                Transfer transfer = new Transfer();
                file.read(transfer, at, memory.address() + (8 << 20), SECTOR);
                left.runAll();
                transfer.assertDone();
                byte[] bytes = AnyBytes.get(memory.address() + (8 << 20), SECTOR);
                byte[] same = new byte[SECTOR];
                Arrays.fill(same, bytes[0]);
                assertArrayEquals(same, bytes, "a crash tore a sector");
                tags.add((int) bytes[0]);
            }
        }
        return tags;
    }

    /** What crashes with many seeds leave of a file. */
    private Set<List<Integer>> leftOf(String name) {
        Set<List<Integer>> left = new HashSet<>();
        for (long seed = 1; seed <= CRASHES; seed++) {
            left.add(tags(disk.crash(seed), name));
        }
        return left;
    }

    private DeviceFile syncedFile(String name, int... tags) {
        DeviceFile file = disk.create(name);
        write(file, 0, tags).assertDone();
        sync(file);
        disk.syncDirectory();
        return file;
    }

    @Test
    void shouldKeepWhatWasSynced() {
        try (DeviceFile file = syncedFile("log/0", 1, 2, 3)) {
            assertEquals(Set.of(List.of(1, 2, 3)), leftOf("log/0"));
            assertEquals(3 * SECTOR, file.sizeBytes());
        }
    }

    @Test
    void shouldLeaveEachOverwrittenSectorOldOrNew() {
        try (DeviceFile file = syncedFile("f", 1, 2)) {
            write(file, 0, 11, 12).assertDone();
            assertEquals(Set.of(List.of(1, 2), List.of(11, 2), List.of(1, 12), List.of(11, 12)), leftOf("f"));
            assertEquals(List.of(11, 12), tags(disk, "f"), "crashes are asked what-if");
            write(file, 0, 21).assertDone();
            Set<List<Integer>> left = leftOf("f");
            assertEquals(6, left.size(), () -> "also what was written in between: " + left);
        }
    }

    @Test
    void shouldLeaveAnAppendShortOrWithZeros() {
        try (DeviceFile file = syncedFile("f", 1)) {
            write(file, 1, 2, 3).assertDone();
            Set<List<Integer>> left = leftOf("f");
            assertEquals(Set.of(List.of(1), List.of(1, 2), List.of(1, 0), List.of(1, 2, 3), List.of(1, 0, 3), List.of(1, 2, 0), List.of(1, 0, 0)), left);
        }
    }

    @Test
    void shouldLeaveGarbageOnlyWhereItIsAskedFor() {
        disk = new SimulatedDisk(Options.DEFAULT.garbage(true));
        try (DeviceFile file = syncedFile("f", 1, 2)) {
            write(file, 1, 3).assertDone();
            boolean garbage = false;
            for (long seed = 1; seed <= CRASHES; seed++) {
                SimulatedDisk left = disk.crash(seed);
                try (DeviceFile again = left.open("f")) {
                    Transfer read = new Transfer();
                    again.read(read, 0, memory.address(), 2 * SECTOR);
                    read.assertDone();
                    byte[] bytes = AnyBytes.get(memory.address(), 2 * SECTOR);
                    assertEquals(1, bytes[SECTOR - 1], "a synced sector");
                    garbage |= bytes[SECTOR] != bytes[SECTOR + 1];
                }
            }
            assertTrue(garbage);
        }
    }

    @Test
    void shouldBringTruncatedBytesBackUntilTheTruncationIsSynced() {
        try (DeviceFile file = syncedFile("f", 1, 2, 3)) {
            file.truncate(SECTOR);
            Set<List<Integer>> left = leftOf("f");
            assertTrue(left.contains(List.of(1)) && left.contains(List.of(1, 2, 3)), left::toString);
            sync(file);
            assertEquals(Set.of(List.of(1)), leftOf("f"));
            write(file, 2, 9).assertDone();
            sync(file);
            assertEquals(Set.of(List.of(1, 0, 9)), leftOf("f"));
        }
    }

    @Test
    void shouldCommitWithASyncOnlyWhatWasWrittenBeforeIt() {
        int overtaken = 0;
        for (long seed = 1; seed <= 20; seed++) {
            disk = new SimulatedDisk(Options.DEFAULT.seed(seed).mode(Mode.QUEUED));
            DeviceFile file = disk.create("f");
            Transfer first = write(file, 0, 1);
            disk.runAll();
            first.assertDone();
            disk.syncDirectory();
            Transfer sync = new Transfer();
            file.sync(sync);
            Transfer write = write(file, 0, 2);
            assertTrue(disk.runOne());
            overtaken += write.isUnderWay() ? 0 : 1;
            disk.runAll();
            sync.assertDone();
            write.assertDone();
            assertEquals(Set.of(List.of(1), List.of(2)), leftOf("f"), "seed " + seed);
            file.close();
        }
        assertTrue(overtaken > 0 && overtaken < 20, overtaken + " of 20 writes overtook the sync");
    }

    @Test
    void shouldLeaveOnlyLegalSectors() {
        for (long seed = 1; seed <= 60; seed++) {
            disk = new SimulatedDisk(Options.DEFAULT.seed(seed));
            SplittableRandom random = new SplittableRandom(seed);
            try (DeviceFile file = syncedFile("f")) {
                Map<Integer, Set<Integer>> legal = new HashMap<>();
                int durable = 0;
                int length = 0;
                for (int i = 1; i <= 40; i++) {
                    int sector = random.nextInt(12);
                    if (random.nextInt(8) == 0) {
                        sync(file);
                        List<Integer> now = tags(disk, "f");
                        legal.clear();
                        for (int at = 0; at < now.size(); at++) {
                            legal.put(at, new TreeSet<>(Set.of(now.get(at))));
                        }
                        durable = length;
                    } else {
                        write(file, sector, i).assertDone();
                        legal.computeIfAbsent(sector, _ -> new TreeSet<>(Set.of(0))).add(i);
                        length = Math.max(length, sector + 1);
                    }
                    List<Integer> left = tags(disk.crash(seed * 1000 + i), "f");
                    String replay = "seed " + seed + ", step " + i + ": " + left + " of " + legal;
                    assertTrue(left.size() >= durable && left.size() <= length, replay);
                    for (int at = 0; at < left.size(); at++) {
                        int tag = left.get(at);
                        assertTrue(legal.getOrDefault(at, Set.of(0)).contains(tag) || at >= durable && tag == 0, replay + " at " + at);
                    }
                }
            }
        }
    }

    // --- names ---

    private Set<List<String>> namesLeft() {
        Set<List<String>> left = new HashSet<>();
        for (long seed = 1; seed <= CRASHES; seed++) {
            left.add(disk.crash(seed).list());
        }
        return left;
    }

    @Test
    void shouldKeepOrLoseEachUnsyncedCreationForItself() {
        try (DeviceFile a = disk.create("a"); DeviceFile b = disk.create("log/b")) {
            sync(a);
            sync(b);
            assertEquals(Set.of(List.of(), List.of("a"), List.of("log/b"), List.of("a", "log/b")), namesLeft());
            disk.syncDirectory();
            assertEquals(Set.of(List.of("a", "log/b")), namesLeft());
        }
    }

    @Test
    void shouldKeepOrLoseADeletion() {
        syncedFile("a", 1).close();
        disk.delete("a");
        assertEquals(Set.of(List.of(), List.of("a")), namesLeft());
        disk.syncDirectory();
        assertEquals(Set.of(List.of()), namesLeft());
    }

    @Test
    void shouldShowARenameWholeOrNotAtAll() {
        syncedFile("MANIFEST", 1).close();
        syncedFile("MANIFEST.tmp", 2).close();
        disk.rename("MANIFEST.tmp", "MANIFEST");
        Set<List<Integer>> seen = new HashSet<>();
        for (long seed = 1; seed <= CRASHES; seed++) {
            SimulatedDisk left = disk.crash(seed);
            List<Integer> manifest = tags(left, "MANIFEST");
            seen.add(manifest);
            assertEquals(manifest.equals(List.of(1)), left.exists("MANIFEST.tmp"), "crash " + seed);
        }
        assertEquals(Set.of(List.of(1), List.of(2)), seen);
        disk.syncDirectory();
        assertEquals(Set.of(List.of("MANIFEST")), namesLeft());
        assertEquals(Set.of(List.of(2)), leftOf("MANIFEST"));
    }

    @Test
    void shouldGiveAFileOneNameAfterManyRenames() {
        try (DeviceFile file = disk.create("a")) {
            write(file, 0, 7).assertDone();
            sync(file);
            disk.rename("a", "b");
            disk.rename("b", "log/c");
            disk.rename("log/c", "a");
            for (List<String> names : namesLeft()) {
                assertTrue(names.size() <= 1, names::toString);
            }
        }
    }

    // --- the death of the process ---

    @Test
    void shouldKeepWhatWasCompletedWhenTheProcessDies() {
        try (DeviceFile file = disk.create("f")) {
            write(file, 0, 1, 2, 3).assertDone();
            for (long seed = 1; seed <= 20; seed++) {
                SimulatedDisk left = disk.kill(seed);
                assertEquals(List.of(1, 2, 3), tags(left, "f"));
                assertEquals(0, left.openFiles());
            }
            SimulatedDisk killed = disk.kill(1);
            Set<List<String>> later = new HashSet<>();
            for (long seed = 1; seed <= CRASHES; seed++) {
                later.add(killed.crash(seed).list());
            }
            assertEquals(Set.of(List.of(), List.of("f")), later, "the machine may still die before it is synced");
        }
    }

    @Test
    void shouldLeaveAWriteUnderWayInPart() {
        disk = new SimulatedDisk(Options.DEFAULT.mode(Mode.QUEUED));
        DeviceFile file = disk.create("f");
        write(file, 0, 1, 2);
        disk.runAll();
        disk.syncDirectory();
        Transfer sync = new Transfer();
        file.sync(sync);
        disk.runAll();
        sync.assertDone();
        Transfer write = write(file, 0, 11, 12);
        Set<List<Integer>> every = Set.of(List.of(1, 2), List.of(11, 2), List.of(1, 12), List.of(11, 12));
        assertEquals(every, leftOf("f"), "by a power loss");
        Set<List<Integer>> killed = new HashSet<>();
        for (long seed = 1; seed <= CRASHES; seed++) {
            killed.add(tags(disk.kill(seed), "f"));
        }
        assertEquals(every, killed, "by the death of the process");
        assertTrue(write.isUnderWay());
        disk.runAll();
        write.assertDone();
        file.close();
    }

    // --- order and determinism ---

    @Test
    void shouldCarryOutQueuedRequestsInTheOrderOfTheSeed() {
        Set<List<Integer>> orders = new HashSet<>();
        for (long seed = 1; seed <= 20; seed++) {
            List<Integer> order = orderOf(seed);
            assertEquals(order, orderOf(seed), "seed " + seed);
            assertEquals(Set.of(0, 1, 2, 3), new TreeSet<>(order));
            orders.add(order);
        }
        assertTrue(orders.size() > 5, orders::toString);
    }

    private List<Integer> orderOf(long seed) {
        disk = new SimulatedDisk(Options.DEFAULT.seed(seed).mode(Mode.QUEUED));
        List<Integer> order = new ArrayList<>();
        DeviceFile file = disk.create("f");
        for (int i = 0; i < 4; i++) {
            int number = i;
            file.sync(new IoRequest() {
                @Override
                protected void completed(StoreFault fault) {
                    order.add(number);
                }
            });
        }
        assertEquals(List.of(), order);
        assertEquals(4, disk.queued());
        disk.runAll();
        assertEquals(0, disk.queued());
        file.close();
        return order;
    }

    @Test
    void shouldDoTheSameForTheSameSeed() {
        Set<String> runs = new HashSet<>();
        for (long seed = 1; seed <= 10; seed++) {
            String run = run(seed);
            assertEquals(run, run(seed), "seed " + seed);
            runs.add(run);
        }
        assertEquals(10, runs.size());
    }

    /** Everything that can be seen of a random run with random faults. */
    private String run(long seed) {
        FaultPlan plan = FaultPlan.ofSeed(seed);
        for (Fault fault : Fault.values()) {
            if (fault != Fault.POWER_LOSS && fault != Fault.FOREIGN_THREAD) {
                plan.sometimes(fault, 0.03);
            }
        }
        disk = new SimulatedDisk(Options.DEFAULT.seed(seed).mode(Mode.QUEUED), plan);
        SplittableRandom random = new SplittableRandom(seed);
        StringBuilder seen = new StringBuilder();
        List<Transfer> transfers = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            try (DeviceFile file = disk.exists("f") ? disk.open("f") : disk.create("f")) {
                transfers.add(write(file, random.nextInt(8), i, i + 1));
                Transfer other = new Transfer();
                transfers.add(other);
                if (random.nextBoolean()) {
                    file.sync(other);
                } else {
                    file.read(other, 0, memory.address() + (9 << 20), SECTOR);
                }
                disk.syncDirectory();
            } catch (StoreFault fault) {
                seen.append(fault.getMessage());
            }
        }
        transfers.forEach(transfer -> seen.append(transfer.outcome()));
        seen.append(disk.steps());
        SimulatedDisk left = disk.crash(seed);
        seen.append(left.exists("f") ? tagsIfWhole(left) : "lost");
        return seen.toString();
    }

    private String tagsIfWhole(SimulatedDisk left) {
        SimulatedDisk readable = left.kill(1);
        try {
            return tags(readable, "f").toString();
        } catch (AssertionError badSector) {
            return badSector.getMessage();
        }
    }

    @Test
    void shouldLeaveTheSameForTheSameCrash() {
        try (DeviceFile file = syncedFile("f", 1, 2, 3, 4)) {
            write(file, 0, 11, 12, 13, 14, 15, 16).assertDone();
            Set<List<Integer>> left = new HashSet<>();
            for (long seed = 1; seed <= 20; seed++) {
                assertEquals(tags(disk.crash(seed), "f"), tags(disk.crash(seed), "f"));
                left.add(tags(disk.crash(seed), "f"));
            }
            assertNotEquals(1, left.size());
        }
    }

    // --- mistakes ---

    @Test
    void shouldRefuseACloseInsideOfACompletion() {
        try (DeviceFile file = disk.create("f")) {
            file.sync(new IoRequest() {
                @Override
                protected void completed(StoreFault fault) {
                    disk.close();
                }
            });
            assertEquals(1, disk.bugs().size());
            assertInstanceOf(IllegalStateException.class, disk.bugs().getFirst());
        }
        disk = new SimulatedDisk(Options.DEFAULT);
        assertEquals(List.of(), disk.bugs());
    }

    @Test
    void shouldRefuseWhatIsNotAligned() {
        disk = new SimulatedDisk(Options.DEFAULT.alignmentBytes(512));
        try (DeviceFile file = disk.create("f")) {
            Transfer transfer = new Transfer();
            assertThrows(IllegalArgumentException.class, () -> file.write(transfer, 1, memory.address(), 512));
            assertThrows(IllegalArgumentException.class, () -> file.write(transfer, 0, memory.address() + 8, 512));
            assertThrows(IllegalArgumentException.class, () -> file.write(transfer, 0, memory.address(), 511));
            assertFalse(transfer.isUnderWay());
        }
        assertThrows(IllegalArgumentException.class, () -> Options.DEFAULT.sectorBytes(500));
        assertThrows(IllegalArgumentException.class, () -> Options.DEFAULT.sectorBytes(256));
        assertThrows(IllegalArgumentException.class, () -> Options.DEFAULT.alignmentBytes(0));
    }

    @Test
    void shouldKeepLargerSectorsWhole() {
        disk = new SimulatedDisk(Options.DEFAULT.sectorBytes(4096));
        try (DeviceFile file = syncedFile("f", 1, 1, 1, 1, 1, 1, 1, 1, 2)) {
            write(file, 2, 9, 9, 9).assertDone();
            assertEquals(Set.of(List.of(1, 1, 1, 1, 1, 1, 1, 1, 2), List.of(1, 1, 9, 9, 9, 1, 1, 1, 2)), leftOf("f"));
        }
    }
}
