package io.tideline.index;

import static io.tideline.index.Table.hash;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.epoch.Epoch;
import io.tideline.fault.CorruptionFault;
import io.tideline.fault.FormatFault;
import io.tideline.fault.FullFault;
import io.tideline.fault.IoFault;
import io.tideline.hlog.LogAddress;
import io.tideline.hlog.device.Device;
import io.tideline.hlog.device.DeviceFile;
import io.tideline.hlog.device.DirectDevice;
import io.tideline.hlog.device.FileDevice;
import io.tideline.hlog.device.SimulatedDisk;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IndexImageTest {
    private static final long STORE = 0x1122334455667788L;
    private static final long LIMIT = LogAddress.MASK;
    private static final LongConsumer QUIET = bytes -> { };
    /** 63 buckets a block. */
    private static final int SMALL = 4096;

    @TempDir
    private Path directory;
    private final Epoch epoch = new Epoch(Waits.SYSTEM);

    private HashIndex open(long buckets, long overflowBuckets) {
        return new HashIndex(epoch, buckets, overflowBuckets, false);
    }

    private static IndexImage write(HashIndex index, Device device, LongConsumer progress) {
        return IndexImage.write(index, device, Waits.SYSTEM, "checkpoints/A", STORE, 5, true, progress, SMALL);
    }

    private static IndexImage read(HashIndex into, Device device, LongConsumer progress) {
        return IndexImage.read(device, Waits.SYSTEM, "checkpoints/A", STORE, 5, into, LIMIT, progress);
    }

    // --- what comes back ---

    @Test
    void shouldReadWhatItWrote() {
        for (long seed = 1; seed <= 200; seed++) {
            String replay = "seed " + seed;
            SplittableRandom random = new SplittableRandom(seed);
            long buckets = 1L << random.nextInt(10);
            long capacity = random.nextInt(600);
            SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(seed).alignmentBytes(1 << random.nextInt(13)));
            try (HashIndex index = open(buckets, capacity); HashIndex restored = open(buckets, capacity + random.nextInt(2))) {
                Map<Long, Long> filled = Table.fill(index, random, random.nextInt(4000));
                List<Long> written = new ArrayList<>();
                IndexImage image = IndexImage.write(index, disk, Waits.SYSTEM, "checkpoints/A", STORE, 5, random.nextBoolean(), written::add,
                        SMALL << random.nextInt(3));
                List<Long> read = new ArrayList<>();
                IndexImage same = read(restored, disk, read::add);
                assertEquals(filled, Table.entries(restored, replay), replay);
                assertEquals(index.overflowBuckets(), restored.overflowBuckets(), replay);
                assertEquals(written, read, replay);
                assertEquals(image.sizeBytes(), read.getLast(), replay);
                assertEquals(List.of(buckets, index.overflow().handedOut(), image.sizeBytes()),
                        List.of(same.homeBuckets(), same.overflowBuckets(), same.sizeBytes()), replay);
                assertEquals(same.overflowBuckets(), image.overflowBuckets(), replay);
                try (DeviceFile file = disk.open("checkpoints/A")) {
                    assertEquals(image.sizeBytes(), file.sizeBytes(), replay);
                }
                goOn(restored, filled, random, replay);
            }
            assertEquals(0, disk.openFiles());
        }
    }

    /** 66 blocks: four are read at once, and two in the end, of which the last has one bucket. */
    @Test
    void shouldReadSeveralBlocksAtOnce() {
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(1));
        try (HashIndex index = open(1 << 12, 4); HashIndex restored = open(1 << 12, 4)) {
            for (long bucket = 0; bucket < 1 << 12; bucket++) {
                Table.put(index, hash(bucket % 11, bucket), 64 + bucket * 16);
            }
            List<Long> written = new ArrayList<>();
            write(index, disk, written::add);
            List<Long> read = new ArrayList<>();
            read(restored, disk, read::add);
            assertEquals(Table.entries(index, "written"), Table.entries(restored, "read"));
            assertEquals(written, read);
            assertEquals(66, read.size());
            assertEquals(1 + 17, disk.steps().stream().filter(step -> step.toString().startsWith("read")).count(), "the head, and the others by four");
        }
    }

    /** The restored index takes new entries until it is full, and no bucket that is in use is handed out again. */
    private static void goOn(HashIndex index, Map<Long, Long> filled, SplittableRandom random, String replay) {
        Map<Long, Long> expected = new TreeMap<>(filled);
        for (int i = 0; i < 20_000; i++) {
            long hash = hash(random.nextLong(1 << 14), random.nextLong(index.buckets()));
            long address = 64 + 16L * random.nextInt(1 << 20);
            switch (index.raise(hash, address)) {
                case NEWEST -> expected.put(hash, address);
                case NOT_NEWER -> assertTrue(expected.get(hash) >= address, replay);
                case FULL -> i = 20_000;
            }
        }
        assertEquals(expected, Table.entries(index, replay), replay);
    }

    @ParameterizedTest
    @ValueSource(strings = {"buffered", "direct"})
    void shouldReadWhatItWroteThroughRealFiles(String model) throws Exception {
        try (Device device = model.equals("direct") ? new DirectDevice(directory, 4) : new FileDevice(directory, 4);
                HashIndex index = open(1 << 14, 1 << 13); HashIndex restored = open(1 << 14, 1 << 13)) {
            for (long i = 0; i < 9 * 5000; i++) {
                Table.put(index, hash(i / 5000, i % 5000 * 3), 64 + i * 16);
            }
            Map<Long, Long> filled = Table.entries(index, model);
            IndexImage image = IndexImage.write(index, device, Waits.SYSTEM, "A", STORE, 5, true, QUIET);
            assertTrue(image.overflowBuckets() > 4096 && image.nanos() > 0);
            assertEquals(image.sizeBytes(), Files.size(directory.resolve("A")));
            assertTrue(image.sizeBytes() < (image.homeBuckets() + image.overflowBuckets()) * 64 * 1.01);
            IndexImage.read(device, Waits.SYSTEM, "A", STORE, 5, restored, LIMIT, QUIET);
            assertEquals(filled, Table.entries(restored, model));
        }
    }

    /** The bytes of docs/formats.md; a change here is a change of the format. */
    @Test
    void shouldLayBytesOutAsDocumented() throws Exception {
        try (FileDevice device = new FileDevice(directory, 1); HashIndex index = open(1, 4)) {
            for (long tag = 1; tag <= 8; tag++) {
                Table.put(index, hash(tag, 0), tag * 64);
            }
            assertEquals(8192, IndexImage.write(index, device, Waits.SYSTEM, "A", STORE, 5, false, QUIET).sizeBytes());
        }
        byte[] file = Files.readAllBytes(directory.resolve("A"));
        HexFormat hex = HexFormat.of();
        String ours = "544944454c494458" + "01000000";
        String of = "8877665544332211" + "0500000000000000";
        assertEquals(ours, hex.formatHex(file, 0, 12));
        assertEquals(of + "0000000000000000" + "0100000000000000" + "0100000000000000" + "00000000" + "00000400", hex.formatHex(file, 16, 64));
        assertEquals(ours, hex.formatHex(file, 4096, 4108));
        assertEquals(of + "0100000000000000" + "0100000000000000" + "0000000000000000" + "02000000" + "00000400", hex.formatHex(file, 4112, 4160));
        assertEquals("4000000000000100" + "8000000000000200", hex.formatHex(file, 4160, 4176));
        assertEquals("0100000000000000" + "0002000000000800" + "0000000000000000", hex.formatHex(file, 4216, 4240));
        for (int at : new int[] {0, 4096}) {
            ByteBuffer salted = ByteBuffer.allocate(32 + 4080).order(ByteOrder.LITTLE_ENDIAN);
            salted.putLong(STORE).putLong(at).put(file, at, 8).putLong(1).put(file, at + 16, 4080);
            assertEquals(bitwiseCrc32c(salted.array()), ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getInt(at + 12));
        }
    }

    /** CRC-32C by its definition: reflected polynomial 0x82F63B78. */
    private static int bitwiseCrc32c(byte[] bytes) {
        int crc = -1;
        for (byte b : bytes) {
            crc ^= b & 0xFF;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 1) != 0 ? crc >>> 1 ^ 0x82F63B78 : crc >>> 1;
            }
        }
        return ~crc;
    }

    // --- what is left out ---

    @Test
    void shouldLeaveOutCounts() {
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT);
        try (HashIndex index = open(2, 4); HashIndex restored = open(2, 4)) {
            for (long tag = 1; tag <= 9; tag++) {
                Table.put(index, hash(tag, 1), tag * 64);
            }
            Map<Long, Long> filled = Table.entries(index, "before");
            index.forEachBucket((home, bucket) -> {
                Words.set(bucket + BucketLayout.OVERFLOW_OFFSET, Words.get(bucket + BucketLayout.OVERFLOW_OFFSET) | 0xA5C3L << 48);
            });
            write(index, disk, QUIET);
            read(restored, disk, QUIET);
            assertEquals(filled, Table.entries(restored, "by hand"));
            restored.forEachBucket((home, bucket) -> assertEquals(0, Words.get(bucket + BucketLayout.OVERFLOW_OFFSET) >>> 48));
        }
    }

    /** Buckets that are handed out while the image is written, in front of the point that it has reached and behind it. */
    @Test
    void shouldCutLinksBeyondTheEndAndSpareBucketsThatNothingLeadsTo() {
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT);
        try (HashIndex index = open(128, 400); HashIndex restored = open(128, 400)) {
            Map<Long, Long> before = new TreeMap<>();
            for (long tag = 1; tag <= 7 * 201; tag++) {
                Table.put(index, hash(tag, 127), tag * 64);
                before.put(hash(tag, 127), tag * 64);
            }
            assertEquals(200, index.overflowBuckets());
            for (long tag = 1; tag <= 7; tag++) {
                Table.put(index, hash(tag, 0), tag * 64);
                before.put(hash(tag, 0), tag * 64);
            }
            List<Long> blocks = new ArrayList<>();
            IndexImage image = write(index, disk, bytes -> {
                blocks.add(bytes);
                long home = blocks.size() == 1 ? 0 : 127; // home bucket 0 is copied, then the last one, and 61 overflow buckets
                for (long tag = 5001; tag <= 5016 && (blocks.size() == 1 || blocks.size() == 3); tag++) {
                    Table.put(index, hash(tag, home), tag * 64);
                }
            });
            assertEquals(203, image.overflowBuckets());
            assertEquals(206, index.overflowBuckets());
            read(restored, disk, QUIET);
            assertEquals(before, Table.entries(restored, "by hand"));
            assertEquals(200, restored.overflowBuckets());
            for (long tag = 5001; tag <= 5016; tag++) {
                assertEquals(HashIndex.Raised.NEWEST, restored.raise(hash(tag, 0), tag * 64));
                assertEquals(HashIndex.Raised.NEWEST, restored.raise(hash(tag, 127), tag * 64));
            }
            assertEquals(Table.entries(index, "the original"), Table.entries(restored, "after the replay"));
            assertEquals(206, restored.overflowBuckets());
            assertEquals(206, restored.overflow().handedOut(), "the three spare ones were taken first");
        }
    }

    // --- what is refused ---

    @Test
    void shouldNeverOverwriteAFile() {
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT);
        try (HashIndex index = open(4, 4); HashIndex restored = open(4, 4)) {
            Table.put(index, hash(1, 1), 64);
            write(index, disk, QUIET);
            Table.put(index, hash(1, 1), 128);
            assertThrows(IoFault.class, () -> write(index, disk, QUIET));
            read(restored, disk, QUIET);
            assertEquals(64, restored.find(hash(1, 1)));
        }
    }

    @Test
    void shouldRemoveWhatItCouldNotFinish() {
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT);
        try (HashIndex index = open(256, 4)) {
            String message = assertThrows(IllegalStateException.class, () -> write(index, disk, bytes -> {
                throw new IllegalStateException("stop at " + bytes);
            })).getMessage();
            assertEquals("stop at 8192", message);
            assertFalse(disk.exists("checkpoints/A"));
            write(index, disk, QUIET);
        }
    }

    @Test
    void shouldBeEmptyWhenItsUserStopsTheReading() {
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT);
        try (HashIndex index = open(256, 400); HashIndex restored = open(256, 400)) {
            Map<Long, Long> filled = Table.fill(index, new SplittableRandom(5), 2500);
            write(index, disk, QUIET);
            assertThrows(IllegalStateException.class, () -> read(restored, disk, bytes -> {
                if (bytes > 20_000) {
                    throw new IllegalStateException("stop");
                }
            }));
            Table.assertEmpty(restored, "stopped");
            read(restored, disk, QUIET);
            assertEquals(filled, Table.entries(restored, "the second time"));
        }
    }

    @Test
    void shouldRefuseAnIndexThatDoesNotFit() {
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT);
        try (HashIndex index = open(4, 10); HashIndex larger = open(8, 10); HashIndex tight = open(4, 2); HashIndex used = open(4, 10)) {
            for (long tag = 1; tag <= 7 * 4; tag++) {
                Table.put(index, hash(tag, 2), tag * 64);
                Table.put(used, hash(tag, 2), tag * 64);
            }
            write(index, disk, QUIET);
            assertEquals("the index image simulated:/checkpoints/A is of 4 buckets and does not fit an index of 8; nothing of it was used. "
                    + "Open the store with as many buckets as it was made with",
                    assertThrows(FormatFault.class, () -> read(larger, disk, QUIET)).getMessage());
            assertEquals("the index image simulated:/checkpoints/A has 3 overflow buckets and the index has room for 2; nothing of it was used",
                    assertThrows(FullFault.class, () -> read(tight, disk, QUIET)).getMessage());
            Table.assertEmpty(tight, "tight");
            assertThrows(IllegalStateException.class, () -> read(used, disk, QUIET));
            assertEquals(28, Table.entries(used, "used").size(), "what was there stays");
            assertThrows(IoFault.class, () -> IndexImage.read(disk, Waits.SYSTEM, "B", STORE, 5, larger, LIMIT, QUIET));
        }
        assertEquals(0, disk.openFiles());
    }

    @Test
    void shouldRefuseAddressesBeyondTheLog() {
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT);
        try (HashIndex index = open(4, 4); HashIndex restored = open(4, 4)) {
            Table.put(index, hash(3, 1), 640);
            write(index, disk, QUIET);
            String message = assertThrows(CorruptionFault.class,
                    () -> IndexImage.read(disk, Waits.SYSTEM, "checkpoints/A", STORE, 5, restored, 640, QUIET)).getMessage();
            assertEquals("simulated:/checkpoints/A is damaged at offset 4224: the entry is 0x3000000000280, expected 0, or one of the address 1, "
                    + "or of a multiple of 16 from 64 to below 640; nothing of it was used", message);
            Table.assertEmpty(restored, "beyond");
            IndexImage.read(disk, Waits.SYSTEM, "checkpoints/A", STORE, 5, restored, 656, QUIET);
            assertEquals(640, restored.find(hash(3, 1)));
        }
    }

    @Test
    void shouldRefuseADeviceWithLargerPages() {
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.alignmentBytes(8192));
        try (HashIndex index = open(4, 4)) {
            assertThrows(IllegalArgumentException.class, () -> write(index, disk, QUIET));
            assertThrows(IllegalArgumentException.class, () -> read(index, disk, QUIET));
        }
        assertEquals(List.of(), disk.steps());
    }

    /** So that the device is kept busy: requests are completed by the test alone, and it completes none before several are under way. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldHaveSeveralTransfersUnderWay(boolean writing) throws Exception {
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.mode(SimulatedDisk.Mode.QUEUED));
        try (HashIndex index = open(1024, 4); HashIndex restored = open(1024, 4)) {
            int[] most = new int[2];
            most[0] = serve(disk, () -> write(index, disk, QUIET));
            most[1] = serve(disk, () -> read(restored, disk, QUIET));
            assertTrue(most[writing ? 0 : 1] >= (writing ? ImageWriter.UNDER_WAY : ImageReader.MOST_UNDER_WAY), () -> Arrays.toString(most));
        }
    }

    /** Runs the work on a thread, and what it asks of the disk here, when it asks for nothing more; how much waited at once. */
    private static int serve(SimulatedDisk disk, Runnable work) throws InterruptedException {
        Thread thread = Thread.ofPlatform().start(work);
        int most = 0;
        while (thread.isAlive()) {
            thread.join(1);
            if (thread.getState() == Thread.State.TIMED_WAITING) { // between two looks at what it waits for
                most = Math.max(most, disk.queued());
                disk.runOne();
            }
        }
        return most;
    }
}
