package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.fault.FormatFault;
import io.tideline.fault.IoFault;
import io.tideline.hlog.Identity;
import io.tideline.hlog.LogAddress;
import io.tideline.hlog.LogAudit;
import io.tideline.hlog.RecordLayout;
import io.tideline.hlog.device.FileDevice;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that loads a store is killed at a random moment: while it opens, while it loads, while it closes. What it leaves is no obstacle,
 * says what it is, and holds everything that had left the memory. {@code -Dtideline.kills=N} says how often, {@code -Dtideline.kill.seed=N}
 * begins with another moment.
 */
class KillTest {
    private static final int KILLS = Integer.getInteger("tideline.kills", 8);
    private static final long FIRST_SEED = Long.getLong("tideline.kill.seed", 1);
    private static final long WAIT_NANOS = TimeUnit.SECONDS.toNanos(60);

    /** What the child says beside how many records were acknowledged. */
    private static final long OPENING = -1;
    private static final long CLOSING = -2;

    @TempDir
    private Path parent;

    /** How to load, and how far until the kill. */
    private record Moment(long seed, int pageSize, long memory, DeviceModel device, int records, boolean opening, boolean closing) {
        static Moment of(long seed) {
            SplittableRandom random = new SplittableRandom(seed);
            int pageSize = random.nextBoolean() ? 4 << 10 : 64 << 10;
            long memory = (8L << random.nextInt(4)) * pageSize;
            // of all orders of magnitude, up to a few times what fits the memory
            int records = 1 + (int) (Math.pow(random.nextDouble(), 2) * Math.min(200_000, 4 * memory / 64));
            return new Moment(seed, pageSize, memory, seed % 2 == 0 ? DeviceModel.DIRECT : DeviceModel.BUFFERED, records, seed % 8 == 7, seed % 8 >= 5);
        }

        StoreConfig config(Path directory) {
            return StoreConfig.builder().pageSize(pageSize).memory(memory).segmentSize(4L * pageSize).buckets(1 << 14).hashSeed(7).ioThreads(4)
                    .hugePages(false).device(device).directory(directory).build();
        }
    }

    private static byte[] value(long key) {
        byte[] value = new byte[(int) (key * 37 % 120)];
        for (int i = 0; i < value.length; i++) {
            value[i] = (byte) (key + i * 3);
        }
        return value;
    }

    /** Bytes of log up to the record of this key. */
    private static long loggedBytes(long keys) {
        long bytes = 0;
        for (long key = 0; key < keys; key++) {
            bytes += RecordLayout.sizeBytes(Long.BYTES, value(key).length);
        }
        return bytes;
    }

    private static MappedByteBuffer map(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return channel.map(FileChannel.MapMode.READ_WRITE, 0, Long.BYTES);
        }
    }

    @Test
    void shouldHoldWhatLeftTheMemoryAndSayWhatIsUnknownWheneverItIsKilled() throws Exception {
        int unopened = 0;
        int closed = 0;
        int unclosed = 0;
        for (long seed = FIRST_SEED; seed < FIRST_SEED + KILLS; seed++) {
            Moment moment = Moment.of(seed);
            Path directory = parent.resolve("store" + seed);
            long acknowledged = loadAndKill(moment, directory);
            if (!Files.exists(directory.resolve("IDENTITY"))) {
                assertTrue(moment.opening, moment + ": " + acknowledged + " records and no store");
                assertIsNone(moment, directory);
                unopened++;
            } else {
                boolean isClosed = assertAudit(moment, directory, acknowledged);
                assertRecovers(moment, directory, isClosed);
                if (isClosed) {
                    closed++;
                } else {
                    unclosed++;
                }
            }
        }
        System.out.println(KILLS + " kills from seed " + FIRST_SEED + ": " + unopened + " before there was a store, " + unclosed + " while it was open, " + closed + " behind its close");
        assertTrue(KILLS < 8 || unclosed >= KILLS / 2, unclosed + " kills of an open store");
    }

    /** How many records were acknowledged for certain; of one that was killed while opening or closing, what it says. */
    private long loadAndKill(Moment moment, Path directory) throws Exception {
        Path file = parent.resolve("progress" + moment.seed);
        MappedByteBuffer progress = map(file);
        Process child = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx64m", "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"), Loader.class.getName(),
                directory.toString(), file.toString(), Long.toString(moment.seed)).inheritIO().start();
        long end = moment.opening ? OPENING : moment.closing ? CLOSING : moment.records;
        try {
            long deadline = System.nanoTime() + WAIT_NANOS;
            while (end < 0 ? progress.getLong(0) != end : progress.getLong(0) < end) {
                assertTrue(child.isAlive(), moment + ": the child ended");
                assertTrue(System.nanoTime() - deadline < 0, moment + ": the child hangs");
                Waits.SYSTEM.pause(64); // yields: the moment is to be met well
            }
            // into the opening, or the close, which both take a while
            long begin = System.nanoTime();
            long into = moment.opening ? 300_000_000 : moment.closing ? 60_000_000 : 0;
            into = (long) (new SplittableRandom(~moment.seed).nextDouble() * into);
            while (System.nanoTime() - begin < into) {
                Thread.onSpinWait();
            }
        } finally {
            child.destroyForcibly().waitFor(); // SIGKILL
        }
        long last = progress.getLong(0);
        return last == OPENING ? 0 : last == CLOSING ? moment.records : last;
    }

    /** Nothing but what the next opening sweeps away. */
    private void assertIsNone(Moment moment, Path directory) {
        Exception none = assertThrows(Exception.class, () -> StoreAudit.of(directory), moment::toString);
        assertTrue(none instanceof FormatFault && none.getMessage().contains("it is not a store")
                || none instanceof IoFault && none.getMessage().contains("there is no directory"), none::toString);
        try (Store store = Store.open(moment.config(directory))) {
            store.put(1, 2);
            assertEquals(2, store.get(1, 0), moment::toString);
        }
    }

    /** All or nothing: the only checkpoint is that of the close, which may be there though the process died before the close ended. */
    private void assertRecovers(Moment moment, Path directory, boolean isClosed) {
        long kept = -1;
        for (int again = 0; again < 2; again++) {
            try (Store store = Store.open(moment.config(directory))) {
                long found = store.lastCommit().isPresent() && kept != 0 ? moment.records : 0;
                assertTrue(!isClosed || found == moment.records, moment::toString);
                assertEquals(found, store.approximateSize(), moment::toString);
                for (long key = 0; key < moment.records; key++) {
                    assertArrayEquals(found == 0 ? null : value(key), store.get(Bytes.ofLong(key)), moment + ", key " + key);
                }
                assertTrue(kept < 0 || kept == found, moment::toString);
                kept = found;
            }
        }
    }

    /** Whether it was closed. */
    private boolean assertAudit(Moment moment, Path directory, long acknowledged) {
        List<String> damages = new ArrayList<>();
        StoreAudit.Report report;
        try (StoreAudit audit = StoreAudit.of(directory)) {
            report = audit.run(damages::add, bytes -> { }, true);
        }
        assertTrue(report.isSound(), moment + ": " + damages);
        assertEquals(LogAddress.FIRST, report.begin());
        String what = moment + ", " + acknowledged + " acknowledged: " + report.content() + ", unknown " + report.unknown();
        if (report.closed() != null) {
            assertTrue(moment.closing && !moment.opening, what);
            assertEquals(List.of(), report.unknown(), what);
            assertEquals(moment.records, report.content().liveRecords(), what);
            assertPrefix(moment, directory, Optional.of(report), Long.MAX_VALUE);
            return true;
        }
        assertNull(report.closed());
        assertFalse(report.unknown().isEmpty(), what);
        assertTrue(report.unknown().getLast().isOpen(), what);
        long whole = report.unknown().getFirst().from();
        assertTrue(whole >= LogAddress.FIRST + loggedBytes(acknowledged) - moment.memory, () -> what + ": lost, though it had left the memory");
        assertTrue(assertPrefix(moment, directory, Optional.empty(), whole) >= acknowledged - moment.memory / RecordLayout.LONG_TO_LONG_BYTES, what);
        return false;
    }

    /** Up to where all is whole the log holds the keys in their order with their values; how many. */
    private static long assertPrefix(Moment moment, Path directory, Optional<StoreAudit.Report> closed, long whole) {
        long[] keys = new long[1];
        try (FileDevice device = new FileDevice(directory, 1)) {
            new LogAudit(device, Waits.SYSTEM, Identity.read(device, Waits.SYSTEM), closed.map(StoreAudit.Report::closed)).run(new LogAudit.Visitor() {
                @Override
                public void damaged(String sentence) {
                    throw new AssertionError(moment + ": " + sentence);
                }

                @Override
                public void unknown(long from, long to) {
                    assertTrue(from >= whole, () -> moment + ": unknown from " + from);
                }

                @Override
                public void whole(long address, long record, int sizeBytes) {
                    if (address < whole && (Words.get(record) & RecordLayout.FILLER) == 0) {
                        long stateWord = Words.get(record + RecordLayout.STATE_OFFSET);
                        assertEquals(keys[0], Words.get(RecordLayout.keyAddress(record, stateWord)), moment::toString);
                        byte[] value = new byte[RecordLayout.valueBytes(record, stateWord)];
                        Words.copyOut(RecordLayout.valueAddress(record, stateWord), value, 0, value.length);
                        assertArrayEquals(value(keys[0]), value, () -> moment + ", key " + keys[0]);
                        keys[0]++;
                    }
                }

                @Override
                public void progressed(long bytes) {
                    assertTrue(bytes >= 0);
                }
            });
        }
        return keys[0];
    }

    /** Loads a store key by key and says how many were acknowledged; closes it behind the last one where that is the moment to be killed in. */
    static final class Loader {
        private Loader() {
        }

        public static void main(String[] arguments) throws IOException {
            MappedByteBuffer progress = map(Path.of(arguments[1]));
            Moment moment = Moment.of(Long.parseLong(arguments[2]));
            progress.putLong(0, OPENING);
            Store store = Store.open(moment.config(Path.of(arguments[0])));
            for (long key = 0; !moment.closing || key < moment.records; key++) {
                store.put(key, value(key));
                progress.putLong(0, key + 1);
            }
            progress.putLong(0, CLOSING);
            store.close();
        }
    }
}
