package io.tideline.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlockDeviceTest {

    private static final String DISKS = """
               7       0 loop0 1 0 0 0 0 0 0 0 0 0 0
             254       0 vda 8393177 36840 114548836 9668417 789236 150486 1000 535867 0 342628 10261452 165693 53 92885528 40889 102362 16278
             254       1 vda1 4711 0 5 6 7 8 9 10 11 12 13
            """;

    @TempDir
    private Path temporary;

    private Path root;
    private Path data;

    @BeforeEach
    void makeRoot() throws IOException {
        root = Files.createDirectories(temporary.toRealPath().resolve("root"));
        data = Files.createDirectories(temporary.toRealPath().resolve("data folder/store"));
        Files.createDirectories(root.resolve("proc/self"));
    }

    private void write(String disks, String... mounts) throws IOException {
        if (disks != null) {
            Files.writeString(root.resolve("proc/diskstats"), disks);
        }
        Files.write(root.resolve("proc/self/mountinfo"), List.of(mounts));
    }

    private String place() {
        return data.getParent().toString().replace(" ", "\\040");
    }

    private Optional<String> name() {
        return BlockDevice.holding(data, root).map(BlockDevice::name);
    }

    @Test
    void shouldFindTheInnermostMountByItsNumber() throws IOException {
        write(DISKS, "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw", "28 27 254:1 / " + place() + " rw - ext4 /dev/root rw",
                "29 27 7:0 / " + place() + "more rw - ext4 /dev/loop0 rw", "30 27 0:5 / /elsewhere rw - tmpfs tmpfs rw");
        assertEquals(Optional.of("vda1"), name());
        assertEquals(Optional.of(new BlockDevice.Counts(4711, 0, 9 * 512)), BlockDevice.holding(data, root).orElseThrow().counts());
    }

    @Test
    void shouldFollowTheSourceOfAFileSystemWithANumberOfItsOwn() throws IOException {
        write(DISKS, "27 1 0:33 / / rw - btrfs /dev/vda rw,subvol=/");
        assertEquals(Optional.of(new BlockDevice.Counts(8393177, 36840, 1000 * 512)), BlockDevice.holding(data, root).orElseThrow().counts());
    }

    @Test
    void shouldLookBelowAnOverlay() throws IOException {
        write(DISKS, "27 1 0:40 / / rw - overlay overlay rw,lowerdir=/a,upperdir=/var/upper,workdir=/w", "28 27 254:0 / /var rw - ext4 /dev/vda rw");
        assertEquals(Optional.of("vda"), name());
    }

    @Test
    void shouldKnowNoneOfAnOverlayThatHidesWhereItIs() throws IOException {
        write(DISKS, "27 1 0:40 / / rw - overlay overlay rw,lowerdir=/a,upperdir=/hidden/upper,workdir=/w");
        assertEquals(Optional.empty(), name());
    }

    @Test
    void shouldAskTheTreeOfDevicesWhereThereIsNoTable() throws IOException {
        write(null, "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw");
        Path device = Files.createDirectories(root.resolve("sys/devices/virtio/vda"));
        Files.writeString(device.resolve("stat"), "  5  0  40  1  6  0  48  2  0  3  4\n");
        Files.createDirectories(root.resolve("sys/dev/block"));
        Files.createSymbolicLink(root.resolve("sys/dev/block/254:0"), device);
        assertEquals(Optional.of("vda"), name());
        assertEquals(Optional.of(new BlockDevice.Counts(5, 0, 48 * 512)), BlockDevice.holding(data, root).orElseThrow().counts());
    }

    @Test
    void shouldKnowNoneOfAFolderInMemory() throws IOException {
        write(DISKS, "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw", "28 27 0:28 / " + place() + " rw - tmpfs tmpfs rw");
        assertEquals(Optional.empty(), name());
    }

    @Test
    void shouldKnowNoneWhereTheSystemDoesNotTell() {
        assertEquals(Optional.empty(), name());
    }

    @Test
    void shouldCountOnThisMachineWhatIsThere() throws IOException {
        Optional<BlockDevice> device = BlockDevice.holding(data);
        System.out.println("the test's folder is on " + device.map(BlockDevice::name).orElse("no block device"));
        if (device.isPresent()) {
            BlockDevice.Counts before = device.get().counts().orElseThrow();
            BlockDevice.Counts after = device.get().counts().orElseThrow();
            assertTrue(after.reads() >= before.reads() && after.mergedReads() >= before.mergedReads() && after.writtenBytes() >= before.writtenBytes(), before + " and then " + after);
        }
    }
}
