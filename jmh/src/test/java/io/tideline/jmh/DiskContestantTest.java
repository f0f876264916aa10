package io.tideline.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import io.tideline.cli.bench.contestant.ByteValue;
import io.tideline.cli.bench.contestant.ContestantLoop;
import io.tideline.cli.bench.contestant.HeldBytes;
import io.tideline.cli.bench.contestant.Replayer;
import io.tideline.cli.bench.contestant.Subject;
import io.tideline.cli.bench.work.Distribution;
import io.tideline.cli.bench.work.Keys;
import io.tideline.cli.bench.work.OperationStream;
import io.tideline.cli.bench.work.WorkSettings;
import io.tideline.cli.bench.work.Workload;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lmdbjava.Meta;
import org.lmdbjava.Txn;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/** Every peer that keeps its data on disk does the same work and loses nothing. */
@ParameterizedClass
@ValueSource(strings = {"rocksdb", "lmdb", "mvstore"})
@Timeout(300)
class DiskContestantTest {

    private static final int KEYS = 5_000;
    private static final long MEMORY_BYTES = 16L << 20;
    private static final long SUM_OF_LOADED_VALUES = KEYS * (KEYS - 1L) / 2;

    @Parameter
    private String peer;

    @TempDir
    private Path folder;

    private long sumAtEnd;

    private OperationStream stream(Workload workload, int valueSize, int batch) {
        return new OperationStream(new WorkSettings(workload, Distribution.ZIPF, KEYS, valueSize, 2, 64, batch, 6_400));
    }

    @BeforeEach
    void requireNativeLibrary() {
        try {
            switch (peer) {
                case "rocksdb" -> RocksDB.loadLibrary();
                case "lmdb" -> Meta.version();
                default -> { }
            }
        } catch (LinkageError | RuntimeException noLibrary) {
            System.out.println("The native library of " + peer + " does not load here: " + noLibrary);
            abort("the native library of " + peer + " does not load here: " + noLibrary);
        }
    }

    private Subject open(WorkSettings settings) {
        return DiskContestant.open(peer, settings, new DiskSettings(folder, MEMORY_BYTES));
    }

    /** The same, but it adds up all values before it closes. */
    private Subject summing(Subject subject) {
        return new Subject() {

            @Override
            public void load() {
                subject.load();
            }

            @Override
            public Replayer newReplayer(OperationStream stream) {
                return subject.newReplayer(stream);
            }

            @Override
            public HeldBytes heldBytes() {
                return subject.heldBytes();
            }

            @Override
            public void close() {
                sumAtEnd = LongStream.range(0, KEYS).map(index -> value(subject, Keys.keyOf(index))).sum();
                subject.close();
            }
        };
    }

    private static long value(Subject subject, long key) {
        return switch (subject) {
            case RocksSubject rocks -> {
                try {
                    byte[] value = rocks.database.get(ByteBuffer.allocate(Long.BYTES).putLong(key).array());
                    yield ByteValue.firstWord(value);
                } catch (RocksDBException refused) {
                    throw new IllegalStateException(refused);
                }
            }
            case LmdbSubject lmdb -> {
                try (Txn<ByteBuffer> reading = lmdb.environment.txnRead()) {
                    ByteBuffer keyBytes = ByteBuffer.allocateDirect(Long.BYTES).order(ByteOrder.nativeOrder()).putLong(0, key);
                    yield lmdb.table.get(reading, keyBytes).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
                }
            }
            case MvStoreSubject<?> mvStore -> mvStore.map.get(key) instanceof byte[] bytes ? ByteValue.firstWord(bytes)
                    : (Long) mvStore.map.get(key);
            default -> throw new IllegalArgumentException(subject.toString());
        };
    }

    private List<String> replies(OperationStream stream, String commands) throws IOException, InterruptedException {
        Subject measured = summing(open(stream.settings()));
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        new ContestantLoop(stream, given -> given == stream.settings() ? measured : open(given)).serve(
                new BufferedReader(new StringReader(commands)), new PrintStream(output, true, StandardCharsets.UTF_8));
        return output.toString(StandardCharsets.UTF_8).lines().toList();
    }

    private static long operations(String reply) {
        return Long.parseLong(reply.replaceAll(".*operations=(\\d+).*", "$1"));
    }

    @ParameterizedTest
    @CsvSource({"READ,8,1", "READ,100,32", "UPSERT,8,32", "MIXED,100,32", "YCSB_D,100,1"})
    void shouldDoTheWorkAndLeaveNothingBehind(Workload workload, int valueSize, int batch) throws IOException, InterruptedException {
        List<String> replies = replies(stream(workload, valueSize, batch), "rehearse\nload\nwindow 0.05\nlatency 0.05\nmemory\n");
        assertEquals("ok rehearsed=1", replies.get(0));
        assertTrue(replies.get(2).matches("ok operations=[1-9]\\d* nanos=\\d+ allocatedBytes=\\d+ absent=\\d+"), replies.get(2));
        assertTrue(workload.isInserting() || replies.get(2).endsWith(" absent=0"), replies.get(2));
        assertTrue(replies.get(4).startsWith("ok index=0 overflow=0 usedLog=0 liveHeap="), replies.get(4));
        if (workload == Workload.READ) {
            assertEquals(SUM_OF_LOADED_VALUES, sumAtEnd);
        }
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(List.of(), left.toList());
        }
    }

    /** More turns than LMDB has places for readers. */
    @Test
    void shouldTurnToOtherWorkOnTheSameKeys() throws IOException, InterruptedException {
        OperationStream stream = stream(Workload.RMW, 100, 32);
        String turns = "work " + String.join(" ", stream.settings().by(100, 32).toArguments()) + "\nwindow 0.01\n";
        String single = "work " + String.join(" ", stream.settings().by(1, 1).toArguments()) + "\nwindow 0.01\n";
        List<String> replies = replies(stream, "load\n" + turns.repeat(4) + single + turns);
        long additions = replies.stream().filter(reply -> reply.startsWith("ok operations=")).mapToLong(DiskContestantTest::operations).sum();
        assertEquals(13, replies.size(), replies.toString());
        assertEquals(additions * OperationStream.RMW_OPERAND + SUM_OF_LOADED_VALUES, sumAtEnd);
    }

    @ParameterizedTest
    @CsvSource({"8,1", "8,32", "100,32"})
    void shouldLoseNoAddition(int valueSize, int batch) throws IOException, InterruptedException {
        List<String> replies = replies(stream(Workload.RMW, valueSize, batch), "load\nwindow 0.05\n");
        assertEquals(operations(replies.getLast()) * OperationStream.RMW_OPERAND + SUM_OF_LOADED_VALUES, sumAtEnd);
    }
}
