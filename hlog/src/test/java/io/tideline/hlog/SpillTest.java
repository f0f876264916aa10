package io.tideline.hlog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.epoch.Epoch;
import io.tideline.epoch.Housekeeper;
import io.tideline.fault.CorruptionFault;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.device.Device;
import io.tideline.hlog.device.DirectDevice;
import io.tideline.hlog.device.FileDevice;
import io.tideline.hlog.device.MappedDevice;
import io.tideline.hlog.device.UringDevice;
import io.tideline.memory.Region;
import io.tideline.memory.Probe;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** A log of eight tiny pages over a directory, driven until most of it is on the device, with each I/O model. */
@ParameterizedClass
@EnumSource
class SpillTest {
    enum Model { BUFFERED, DIRECT, URING, MAPPED }

    @Parameter
    private Model model;
    private static final int PAGE_BITS = 12;
    private static final long STORE_ID = 0x5EED;

    @TempDir
    private Path directory;
    private final Epoch epoch = new Epoch(Waits.SYSTEM);
    private final Housekeeper housekeeper = new Housekeeper(epoch, Waits.SYSTEM);
    private Device device;
    private HybridLog log;

    /** What was appended: address, key, length and fill of the value. */
    private record Appended(long address, long key, int valueBytes, int fill) {
    }

    @BeforeEach
    void open() {
        device = switch (model) {
            case BUFFERED -> new FileDevice(directory, 2);
            case DIRECT -> new DirectDevice(directory, 2);
            case URING -> UringDevice.open(directory, 2, 100_000);
            case MAPPED -> new MappedDevice(directory, 2, 1 << 14);
        };
        log = new HybridLog(epoch, PAGE_BITS, 8, MutabilityPolicy.ofFraction(0.9), false, new LogDevice(device, 14, STORE_ID, 2), Waits.SYSTEM);
    }

    @AfterEach
    void close() {
        epoch.close(); // before the log: an action that ran later would touch frontiers that are gone
        log.close();
        device.close();
        housekeeper.close();
    }

    private List<Appended> append(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<Appended> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int valueBytes = random.nextInt(random.nextInt(20) == 0 ? 4000 : 200);
            Appended next = new Appended(reserve(RecordLayout.sizeBytes(8, valueBytes)), i, valueBytes, random.nextInt(1, 100));
            LogRecords.finish(log, next.address, next.key, next.valueBytes, next.fill);
            all.add(next);
        }
        return all;
    }

    private long reserve(long sizeBytes) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        for (int attempt = 0; ; attempt++) {
            long address = log.reserve(sizeBytes);
            if (address >= 0) {
                return address;
            }
            assertEquals(HybridLog.BEHIND, address);
            assertTrue(System.nanoTime() - deadline < 0, "no room was made");
            log.requireSound();
            Waits.SYSTEM.pause(attempt);
        }
    }

    /** A frontier may stand anywhere, and the device takes whole blocks: no record is sealed or written in halves. */
    @Test
    void shouldNotSplitARecordWhereTheFrontierIsNoBoundaryOfTheDevice() throws Exception {
        List<Appended> all = new ArrayList<>();
        for (int round = 0; round < 60; round++) {
            all.addAll(append(1 + round % 13, round));
            log.shiftReadOnly(Long.MAX_VALUE);
        }
        assertNull(log.failure());
        assertTrue(log.head() > 0, "nothing left the memory");
        try (Read read = new Read()) {
            for (Appended each : all) {
                if (each.address < log.head()) {
                    assertNull(read.read(each.address), each.toString());
                }
            }
        }
        assertNull(log.failure());
    }

    /** Reads one record and waits for it. */
    private final class Read extends RecordRead implements AutoCloseable {
        private Region region;
        private StoreFault fault;
        private volatile boolean done;

        Read() {
            super(log);
        }

        @Override
        protected long buffer(int bytes) {
            close();
            region = Region.allocate(bytes, false);
            return region.address();
        }

        @Override
        protected void done(StoreFault outcome) {
            fault = outcome;
            done = true;
        }

        StoreFault read(long address) {
            done = false;
            start(address);
            for (int attempt = 0; !done; attempt++) {
                Waits.SYSTEM.pause(attempt);
            }
            return fault;
        }

        @Override
        public void close() {
            if (region != null) {
                region.close();
                region = null;
            }
        }
    }

    private static void assertIs(Appended expected, long record) {
        long stateWord = Words.get(record + RecordLayout.STATE_OFFSET);
        assertEquals(expected.key, Words.get(RecordLayout.keyAddress(record, stateWord)));
        assertEquals(expected.valueBytes, RecordLayout.valueBytes(record, stateWord));
        for (int at = 0; at < expected.valueBytes; at += 8) {
            assertEquals(expected.fill * 0x0101010101010101L, Words.get(RecordLayout.valueAddress(record, stateWord) + at), "value byte " + at);
        }
    }

    @Test
    void shouldReadBackWhateverLeftTheMemory() {
        List<Appended> all = append(5000, 1);
        assertTrue(log.head() > 20 << PAGE_BITS, "the head is at " + log.head());
        assertTrue(log.openFiles() <= 2);
        int onDevice = 0;
        try (Read read = new Read()) {
            for (Appended each : all) {
                if (each.address < log.head()) {
                    assertNull(read.read(each.address));
                    assertIs(each, read.record());
                    onDevice++;
                }
            }
        }
        assertTrue(onDevice > 2000, onDevice + " of 5000 are on the device");
    }

    @Test
    void shouldScanDeviceAndMemoryInOrder() {
        List<Appended> all = append(3000, 2);
        try (LogScan scan = new LogScan(log, Waits.SYSTEM, log.tail())) {
            assertEquals(all.size(), scanned(scan, all, 0));
        }
    }

    /** None, some, and more than there are: the records are the same, from wherever they are asked for. */
    @Test
    void shouldScanWithPagesReadAhead() {
        List<Appended> all = append(3000, 2);
        for (int pages : new int[] {0, 1, 3, 1000}) {
            for (int first : new int[] {0, 777, 2999}) {
                try (LogScan scan = new LogScan(log, Waits.SYSTEM, all.get(first).address, log.tail(), (long) pages << PAGE_BITS)) {
                    scan.readAhead();
                    assertEquals(all.size(), scanned(scan, all, first), pages + " pages, from " + first);
                }
            }
        }
    }

    /** How far it comes from the record of that number on, each as it was appended. */
    private static int scanned(LogScan scan, List<Appended> all, int first) {
        int at = first;
        for (LogScan.Step step = scan.advance(); step != LogScan.Step.END; step = scan.advance()) {
            if (step == LogScan.Step.ON_DEVICE) {
                scan.load();
            } else {
                assertEquals(LogScan.Step.RECORD, step);
                assertEquals(all.get(at).address, scan.address());
                assertIs(all.get(at++), scan.record());
            }
        }
        return at;
    }

    /** What cannot be read is told of in its turn. */
    @Test
    void shouldScanUpToAPageReadAheadThatIsGone() throws IOException {
        List<Appended> all = append(3000, 2);
        Files.delete(directory.resolve("log/%012d".formatted(2))); // four pages, closed long ago
        try (LogScan scan = new LogScan(log, Waits.SYSTEM, 0, log.tail(), 100L << PAGE_BITS)) {
            scan.readAhead();
            long[] seen = new long[1];
            assertThrows(StoreFault.class, () -> {
                for (LogScan.Step step = scan.advance(); step != LogScan.Step.END; step = scan.advance()) {
                    if (step == LogScan.Step.ON_DEVICE) {
                        scan.load();
                    } else {
                        assertEquals(all.get((int) seen[0]++).address, scan.address());
                    }
                }
            });
            assertEquals(all.stream().filter(each -> each.address < 2 << 14).count(), seen[0]);
            assertThrows(StoreFault.class, scan::load, "as long as it is gone");
        }
    }

    @Test
    void shouldRefuseEveryFlippedBitOfARecord() throws IOException {
        List<Appended> all = append(2000, 3);
        log.flushAll();
        Appended victim = all.get(100);
        assertTrue(victim.address < log.head());
        long sizeBytes = RecordLayout.sizeBytes(8, victim.valueBytes);
        Path segment = directory.resolve("log/%012d".formatted(victim.address >>> 14));
        int refused = 0;
        try (RandomAccessFile file = new RandomAccessFile(segment.toFile(), "rw"); Read read = new Read()) {
            for (long bit = 0; bit < sizeBytes * 8; bit++) {
                long offset = (victim.address & (1 << 14) - 1) + bit / 8;
                flip(file, offset, bit);
                StoreFault fault = read.read(victim.address);
                CorruptionFault corruption = assertInstanceOf(CorruptionFault.class, fault, "bit " + bit + " of " + victim);
                assertTrue(corruption.getMessage().contains(segment.toString()), corruption.getMessage());
                refused++;
                flip(file, offset, bit);
            }
            assertNull(read.read(victim.address));
        }
        assertEquals(sizeBytes * 8, refused);
    }

    private static void flip(RandomAccessFile file, long offset, long bit) throws IOException {
        file.seek(offset);
        int value = file.read();
        file.seek(offset);
        file.write(value ^ 1 << bit % 8);
    }

    @Test
    void shouldRefuseARecordFromAnotherPlace() throws IOException {
        List<Appended> all = append(2000, 4);
        Appended from = all.stream().filter(each -> each.valueBytes == 40).findFirst().orElseThrow();
        Appended to = all.stream().skip(from.key + 1).filter(other -> other.valueBytes == from.valueBytes).findFirst().orElseThrow();
        assertTrue(to.address < log.head());
        byte[] bytes = new byte[(int) RecordLayout.sizeBytes(8, from.valueBytes)];
        try (RandomAccessFile source = new RandomAccessFile(directory.resolve("log/%012d".formatted(from.address >>> 14)).toFile(), "r");
                RandomAccessFile target = new RandomAccessFile(directory.resolve("log/%012d".formatted(to.address >>> 14)).toFile(), "rw");
                Read read = new Read()) {
            source.seek(from.address & (1 << 14) - 1);
            source.readFully(bytes);
            target.seek(to.address & (1 << 14) - 1);
            target.write(bytes);
            assertInstanceOf(CorruptionFault.class, read.read(to.address));
            assertNull(read.read(from.address));
        }
    }

    @Test
    void shouldBringEverythingToTheDeviceUpToASectorAtTheEnd() throws IOException {
        append(10, 5);
        long written = log.tail();
        log.flushAll();
        assertEquals(log.tail(), log.flushed());
        assertEquals(0, log.tail() % 4096);
        assertTrue(log.tail() - written < 4096);
        assertEquals(log.tail(), Files.size(directory.resolve("log/000000000000")));
    }

    @Test
    void shouldForgetTheDeviceWithAClearAndGoOn() {
        append(2000, 6);
        assertTrue(Files.exists(directory.resolve("log/000000000000")));
        log.clear();
        assertTrue(Files.exists(directory.resolve("log/000000000000")), "somebody may have to go back to it");
        log.deleteBelow(log.begin());
        assertFalse(Files.exists(directory.resolve("log/000000000000")));
        assertEquals(0, log.pendingDeleteBytes());
        List<Appended> all = append(3000, 7);
        try (Read read = new Read()) {
            assertNull(read.read(all.getFirst().address));
            assertIs(all.getFirst(), read.record());
        }
    }

    @Test
    void shouldGoOnWhereAnEarlierLifeEnded() {
        List<Appended> kept = append(700, 8);
        long end = log.closeStretch();
        List<Appended> lost = append(50, 9);
        log.awaitFlushed(end, TimeUnit.SECONDS.toNanos(60));
        log.sync();
        assertTrue(lost.getFirst().address >= end);
        log.close();

        long goesOn = (lost.getLast().address | (1 << PAGE_BITS) - 1) + 1;
        LogGaps gaps = new LogGaps(List.of(new LogGaps.Skip(end, goesOn)), List.of());
        log = new HybridLog(epoch, PAGE_BITS, 8, MutabilityPolicy.ofFraction(0.9), false, new LogDevice(device, 14, STORE_ID, 2),
                new LogExtent(LogAddress.FIRST, goesOn, gaps), Waits.SYSTEM);
        assertEquals(goesOn, log.head());
        List<Appended> more = append(900, 10);
        assertEquals(goesOn, more.getFirst().address);
        assertScanShows(Stream.concat(kept.stream(), more.stream()).toList());
        try (Read read = new Read()) {
            for (Appended each : kept) {
                assertNull(read.read(each.address));
                assertIs(each, read.record());
            }
        }
    }

    /** Others go on behind the padding before it is framed: nothing may take the frontier beyond it until it is. */
    @Test
    void shouldNotWriteAPaddingThatIsNotFramed() {
        append(1, 11);
        long before = log.tail();
        Probe.install(point -> {
            if (point.equals("tail.padded")) {
                for (int i = 0; i < 100 && log.readOnly() <= before; i++) {
                    assertTrue(log.reserve(2048) >= 0);
                }
                assertTrue(log.readOnly() > before);
                epoch.drain();
                assertTrue(log.safeReadOnly() <= before, "safe up to " + log.safeReadOnly() + ", and the padding begins at " + before);
            }
        });
        try {
            log.closeStretch();
        } finally {
            Probe.install(null);
        }
    }

    private void assertScanShows(List<Appended> expected) {
        try (LogScan scan = new LogScan(log, Waits.SYSTEM, log.tail())) {
            for (Appended each : expected) {
                LogScan.Step step = scan.advance();
                while (step == LogScan.Step.ON_DEVICE) {
                    scan.load();
                    step = scan.advance();
                }
                assertEquals(LogScan.Step.RECORD, step);
                assertEquals(each.address, scan.address());
                assertIs(each, scan.record());
            }
        }
    }

    @Test
    void shouldStepOverRecordsThatAreUndone() {
        List<Appended> all = append(100, 11);
        long from = all.get(40).address;
        long to = all.get(60).address;
        for (int i = 0; i < 100; i += 2) {
            long record = log.physical(all.get(i).address);
            Words.set(record, Words.get(record) | RecordLayout.PARITY);
        }
        LogGaps gaps = new LogGaps(List.of(), List.of(new LogGaps.Undone(from, to, RecordLayout.PARITY)));
        for (int i = 0; i < 100; i++) {
            assertEquals(i >= 40 && i < 60 && i % 2 == 0, gaps.isUndone(all.get(i).address, Words.get(log.physical(all.get(i).address))), "record " + i);
        }
    }

    @Test
    void shouldRefuseSegmentsThatHoldNoPage() {
        String message = assertThrows(IllegalArgumentException.class, () -> new HybridLog(epoch, 14, 8, MutabilityPolicy.ofFraction(0.9), false,
                new LogDevice(device, 13, STORE_ID, 2), Waits.SYSTEM)).getMessage();
        assertTrue(message.contains("2^13") && message.contains("2^14"), message);
    }
}
