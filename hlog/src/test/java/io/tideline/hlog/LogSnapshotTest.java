package io.tideline.hlog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.epoch.Epoch;
import io.tideline.fault.CorruptionFault;
import io.tideline.fault.FormatFault;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.device.BlockingIo;
import io.tideline.hlog.device.BytesDevice;
import io.tideline.hlog.device.Device;
import io.tideline.hlog.device.DeviceFile;
import io.tideline.hlog.device.Fault;
import io.tideline.hlog.device.FaultPlan;
import io.tideline.hlog.device.SimulatedDisk;
import io.tideline.hlog.format.BlockLayout;
import io.tideline.memory.Checksum;
import io.tideline.memory.NativeBuffer;
import io.tideline.memory.Probe;
import io.tideline.memory.Region;
import io.tideline.memory.TakenMemory;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * The end of a log, copied aside: all that the log's files lack, byte for byte, or a named fault. {@code -Dtideline.every=true} takes every bit also of
 * the records.
 */
class LogSnapshotTest {
    private static final long STORE = 77;
    private static final int PAGE = 4096;
    private static final boolean EVERY = Boolean.getBoolean("tideline.every");

    private final Epoch epoch = new Epoch(Waits.SYSTEM);
    private final SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(1));
    private final HybridLog log = new HybridLog(epoch, 12, 16, MutabilityPolicy.ofFraction(0.5), false,
            new LogDevice(disk, disk, disk, 14, STORE, 4), Waits.SYSTEM);
    private final long slot = epoch.claim("test");
    private final List<Long> appended = new ArrayList<>();

    @AfterEach
    void close() {
        Probe.install(null);
        epoch.release(slot);
        epoch.close();
        log.close();
        disk.close();
    }

    /** Records of 48 bytes with their own number as value. */
    private void append(int count) {
        for (int i = 0; i < count; i++) {
            assertTrue(epoch.tryEnter(slot));
            long address = log.reserve(48);
            if (address >= 0) {
                long record = log.physical(address);
                long stateWord = RecordLayout.begin(record, 8, 24);
                Words.set(RecordLayout.keyAddress(record, stateWord), appended.size());
                RecordLayout.finish(record, stateWord, LogAddress.CHAIN_END, 0);
                appended.add(address);
            } else {
                i--;
            }
            epoch.exit(slot);
            epoch.drain();
        }
    }

    private Optional<LogSnapshot> write(String name, long end) {
        return LogSnapshot.write(log, disk, Waits.SYSTEM, name, STORE, 5, end, true);
    }

    private static List<Long> read(LogSnapshot snapshot, Device from, long storeId, long sequence) {
        List<Long> found = new ArrayList<>();
        long[] next = {snapshot.from()};
        snapshot.read(from, Waits.SYSTEM, "S", storeId, sequence, PAGE, (address, record, sizeBytes) -> {
            assertEquals(next[0], address, "no byte is left out");
            next[0] += sizeBytes;
            if ((Words.get(record) & RecordLayout.FILLER) == 0) {
                found.add(address);
                assertEquals(48, sizeBytes);
            }
        });
        assertEquals(snapshot.end(), next[0]);
        return found;
    }

    private List<Long> appendedFrom(long from, long end) {
        return appended.stream().filter(address -> address >= from && address < end).toList();
    }

    @Test
    void shouldHoldWhatTheFilesLack() {
        for (int count : new int[] {1, 85, 86, 300, 700}) {
            append(count);
            long end = log.padStretch();
            append(3);
            long readOnly = log.readOnly();
            LogSnapshot snapshot = write("S", end).orElseThrow();
            assertEquals(readOnly, log.readOnly(), "nothing was made read-only");
            assertEquals(end, snapshot.end());
            assertTrue(snapshot.from() <= log.flushed() && (snapshot.from() == 64 || snapshot.from() % PAGE == 0), snapshot::toString);
            assertEquals(appendedFrom(snapshot.from(), end), read(snapshot, disk, STORE, 5));
            try (DeviceFile file = disk.open("S")) {
                assertEquals(snapshot.fileBytes(PAGE), file.sizeBytes());
            }
            disk.delete("S");
        }
    }

    @Test
    void shouldWriteNothingWhereNothingIsMissing() {
        append(100);
        long end = log.closeStretch();
        epoch.drain();
        log.awaitFlushed(end, 60_000_000_000L);
        assertTrue(write("S", end).isEmpty());
        assertFalse(disk.exists("S"));
    }

    /** While pages are copied the log goes on so far that all of them are flushed and leave the memory. */
    @Test
    void shouldStopWhereTheFlusherHasBeen() {
        append(600);
        long end = log.padStretch();
        boolean[] once = {false};
        Probe.install(point -> {
            if (point.equals("snapshot.page") && !once[0]) {
                once[0] = true;
                append(2_000);
                while (log.head() < end) {
                    epoch.drain();
                    Thread.onSpinWait();
                }
            }
        });
        LogSnapshot snapshot = write("S", end).orElseThrow();
        assertTrue(once[0]);
        assertTrue(snapshot.from() >= end - PAGE, "one page: " + snapshot);
        assertEquals(appendedFrom(snapshot.from(), end), read(snapshot, disk, STORE, 5));
    }

    @Test
    void shouldRefuseWhatIsNotAsItWasWritten() {
        append(200);
        long end = log.padStretch();
        LogSnapshot snapshot = write("S", end).orElseThrow();
        byte[] bytes = bytes(snapshot);
        BytesDevice memory = new BytesDevice("S");
        for (int bit = 0; bit < bytes.length * 8; bit += EVERY || isOfAHeader(snapshot, bit / 8) ? 1 : 7) {
            bytes[bit >> 3] ^= (byte) (1 << (bit & 7));
            requireRefused(snapshot, memory.holding(bytes, bytes.length), bytes.length, "bit " + bit);
            bytes[bit >> 3] ^= (byte) (1 << (bit & 7));
        }
        byte[] longer = Arrays.copyOf(bytes, bytes.length + 2 * PAGE);
        for (int size = 0; size <= longer.length; size++) {
            if (size != bytes.length) {
                requireRefused(snapshot, memory.holding(longer, size), size, "cut off behind " + size);
            }
        }
        assertEquals(appendedFrom(snapshot.from(), end), read(snapshot, memory.holding(bytes, bytes.length), STORE, 5));
        assertThrows(CorruptionFault.class, () -> read(snapshot, disk, STORE + 1, 5));
        assertThrows(CorruptionFault.class, () -> read(snapshot, disk, STORE, 6));
        assertThrows(CorruptionFault.class, () -> read(new LogSnapshot(snapshot.from(), end - PAGE), disk, STORE, 5));
        assertThrows(CorruptionFault.class, () -> read(new LogSnapshot(snapshot.from() + 16, end), disk, STORE, 5));
    }

    /** The file of a snapshot. */
    private byte[] bytes(LogSnapshot snapshot) {
        byte[] bytes = new byte[(int) snapshot.fileBytes(PAGE)];
        try (Region memory = Region.allocate(bytes.length, false); DeviceFile file = disk.open("S")) {
            assertEquals(bytes.length, file.sizeBytes());
            new BlockingIo(Waits.SYSTEM).read(file, 0, memory.address(), bytes.length);
            Words.copyOut(memory.address(), bytes, 0, bytes.length);
        }
        return bytes;
    }

    /** Whether a byte is of the head, or of the header of a page. */
    private static boolean isOfAHeader(LogSnapshot snapshot, long offset) {
        return offset < SnapshotLayout.HEAD_BYTES || offsets(snapshot).stream().anyMatch(block -> offset >= block && offset < block + SnapshotLayout.HEADER_BYTES);
    }

    /** Where its blocks begin, the head first. */
    private static List<Long> offsets(LogSnapshot snapshot) {
        List<Long> offsets = new ArrayList<>(List.of(0L));
        for (long page = SnapshotLayout.lastPage(snapshot.end(), PAGE); page >= snapshot.from() / PAGE; page--) {
            offsets.add(SnapshotLayout.offset(page, snapshot.end(), PAGE));
        }
        return offsets;
    }

    /** Nothing of it is believed, and that takes no more memory than the file is long, and 1 MiB. */
    private static void requireRefused(LogSnapshot snapshot, Device device, int sizeBytes, String what) {
        assertThrows(CorruptionFault.class, () -> TakenMemory.requireForFile(sizeBytes, () -> read(snapshot, device, STORE, 5)), what);
    }

    /** Headers that say anything, with right checksums, and a manifest that does. */
    @Test
    void shouldTakeNoMemoryForNumbersThatAreNotTrue() {
        append(200);
        LogSnapshot snapshot = write("S", log.padStretch()).orElseThrow();
        byte[] bytes = bytes(snapshot);
        BytesDevice memory = new BytesDevice("S").holding(bytes, bytes.length);
        List<Long> offsets = offsets(snapshot);
        long[] words = {0, 1, PAGE, 2 * PAGE, 1 << 20, 1 << 30, Integer.MAX_VALUE, 1L << 31, 1L << 32, 1L << 46, 1L << 48, Long.MAX_VALUE, Long.MIN_VALUE, -1};
        for (int number = 0; number < offsets.size(); number++) {
            int offset = offsets.get(number).intValue();
            int end = number + 1 < offsets.size() ? offsets.get(number + 1).intValue() : bytes.length;
            ByteBuffer block = ByteBuffer.wrap(bytes, offset, end - offset).slice().order(ByteOrder.LITTLE_ENDIAN);
            byte[] whole = bytes.clone();
            for (int at = BlockLayout.STORE_ID_OFFSET; at < SnapshotLayout.HEADER_BYTES; at += Long.BYTES) {
                for (long word : words) {
                    if (block.getLong(at) != word) {
                        block.putLong(at, word);
                        block.putInt(BlockLayout.CRC_OFFSET, new Checksum(STORE).of(offset, SnapshotLayout.MAGIC, SnapshotLayout.VERSION,
                                block.slice(BlockLayout.CHECKED_OFFSET, end - offset - BlockLayout.CHECKED_OFFSET)));
                        requireRefused(snapshot, memory, bytes.length, "block " + number + ", " + word + " at " + at);
                        System.arraycopy(whole, 0, bytes, 0, bytes.length);
                    }
                }
            }
        }
        for (long end = snapshot.end() + PAGE; end < 1L << 48; end *= 2) {
            requireRefused(new LogSnapshot(snapshot.from(), end / PAGE * PAGE), memory, bytes.length, "up to " + end);
        }
    }

    /** Whoever has pages of a gibibyte, and a record. */
    @Test
    void shouldTakeNoMemoryForPagesThatTheFileHasNotRoomFor() {
        append(10);
        LogSnapshot snapshot = write("S", log.padStretch()).orElseThrow();
        byte[] bytes = bytes(snapshot);
        assertEquals(2 * PAGE, bytes.length, "a head and a page");
        for (int pageBytes = PAGE; pageBytes > 0; pageBytes <<= 1) {
            for (long offset : offsets(snapshot)) {
                ByteBuffer block = ByteBuffer.wrap(bytes, (int) offset, PAGE).slice().order(ByteOrder.LITTLE_ENDIAN);
                new SnapshotSeal("S", STORE, 5, pageBytes).seal(block, offset, offset / PAGE, snapshot.from(), snapshot.end());
            }
            BytesDevice memory = new BytesDevice("S").holding(bytes, bytes.length);
            int pages = pageBytes;
            List<Long> found = new ArrayList<>();
            TakenMemory.requireForFile(bytes.length, () -> {
                found.clear();
                snapshot.read(memory, Waits.SYSTEM, "S", STORE, 5, pages, (address, record, _) -> {
                    if ((Words.get(record) & RecordLayout.FILLER) == 0) {
                        found.add(address);
                    }
                });
            });
            assertEquals(appended, found);
        }
    }

    /** A version that this one does not know, with a right checksum. */
    @Test
    void shouldRefuseANewerFormat() {
        append(10);
        LogSnapshot snapshot = write("S", log.padStretch()).orElseThrow();
        try (Region memory = Region.allocate(PAGE, false); DeviceFile file = disk.open("S")) {
            BlockingIo io = new BlockingIo(Waits.SYSTEM);
            io.read(file, 0, memory.address(), PAGE);
            ByteBuffer head = NativeBuffer.of(memory.address(), PAGE);
            head.putInt(BlockLayout.VERSION_OFFSET, 2);
            int crc = new Checksum(STORE).of(0, SnapshotLayout.MAGIC, 2, head.slice(BlockLayout.CHECKED_OFFSET,
                    PAGE - BlockLayout.CHECKED_OFFSET));
            head.putInt(BlockLayout.CRC_OFFSET, crc);
            io.write(file, 0, memory.address(), PAGE);
        }
        FormatFault newer = assertThrows(FormatFault.class, () -> read(snapshot, disk, STORE, 5));
        assertTrue(newer.getMessage().contains("in format 2; this one knows up to 1"), newer::toString);
    }

    @Test
    void shouldRemoveWhatItCouldNotFinish() {
        SimulatedDisk sound = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(1));
        append(200);
        long end = log.padStretch();
        LogSnapshot.write(log, sound, Waits.SYSTEM, "S", STORE, 5, end, true);
        int steps = sound.steps().size();
        sound.close();
        for (int step = 1; step < steps - 1; step++) {
            try (SimulatedDisk failing = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(1), FaultPlan.ofSeed(1).failAt(step, Fault.EIO))) {
                assertThrows(StoreFault.class, () -> LogSnapshot.write(log, failing, Waits.SYSTEM, "S", STORE, 5, end, true), "step " + step);
                assertFalse(failing.exists("S"));
                assertEquals(0, failing.openFiles());
            }
        }
    }
}
