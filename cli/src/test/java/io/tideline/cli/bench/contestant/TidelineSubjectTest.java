package io.tideline.cli.bench.contestant;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.cli.bench.work.Distribution;
import io.tideline.cli.bench.work.Keys;
import io.tideline.cli.bench.work.OperationStream;
import io.tideline.cli.bench.work.Spill;
import io.tideline.cli.bench.work.WorkSettings;
import io.tideline.cli.bench.work.Workload;
import io.tideline.core.ValueHolder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TidelineSubjectTest {

    private static final int KEYS = 1_000;
    private static final int OPERATIONS = 32_000;

    @TempDir
    private Path directory;

    private static WorkSettings work(Workload workload, int valueSize, int threads, int batch) {
        return new WorkSettings(workload, workload.usualDistribution(), KEYS, valueSize, threads, 256, batch, OPERATIONS);
    }

    static List<WorkSettings> variants() {
        List<WorkSettings> variants = new ArrayList<>();
        for (Workload workload : Workload.values()) {
            for (int valueSize : new int[] {8, 9, 100}) {
                for (int batch : new int[] {1, 2, 256, 5_000}) {
                    variants.add(work(workload, valueSize, 1, batch));
                }
            }
        }
        return variants;
    }

    @ParameterizedTest
    @MethodSource("variants")
    void shouldReadAndHoldWhatAMapDoes(WorkSettings work) {
        OperationStream stream = new OperationStream(work);
        MapSubject map = new MapSubject(stream.settings());
        map.load();
        Replayer expected = map.newReplayer(stream);
        try (TidelineSubject subject = new TidelineSubject(stream.settings())) {
            subject.load();
            Replayer replayer = subject.newReplayer(stream);
            for (long position = 0; position < 2L * OPERATIONS; position += OperationStream.CHUNK) {
                int from = stream.chunkStart(position);
                replayer.replayChunk(from, from + OperationStream.CHUNK, stream.shift(position));
                expected.replayChunk(from, from + OperationStream.CHUNK, stream.shift(position));
            }
            assertEquals(expected.sum(), replayer.sum());
            assertEquals(0, replayer.absent());
            assertEquals(map.map.size(), subject.store.approximateSize());
            ValueHolder holder = ValueHolder.growing();
            map.map.forEach((key, value) -> {
                subject.store.get(key, holder);
                assertEquals(work.valueSize(), holder.length());
                assertEquals(value, ByteValue.firstWord(holder.array()));
            });
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 256})
    void shouldDoOnDiskWhatAMapDoes(int batch) {
        for (Workload workload : List.of(Workload.READ, Workload.RMW, Workload.UPSERT, Workload.MIXED)) {
            for (int valueSize : new int[] {8, 100}) {
                OperationStream stream = new OperationStream(
                        new WorkSettings(workload, workload.usualDistribution(), 60 * KEYS, valueSize, 1, 8_192, batch, OPERATIONS));
                MapSubject map = new MapSubject(stream.settings());
                map.load();
                Replayer expected = map.newReplayer(stream);
                Spill spill = new Spill(1 << 20, directory, "buffered", false);
                assertEquals(Optional.of(spill), Spill.parse(spill.toArguments()));
                try (TidelineSubject subject = new TidelineSubject(stream.settings(), spill)) {
                    subject.load();
                    Replayer replayer = subject.newReplayer(stream);
                    for (int from = 0; from < OPERATIONS; from += OperationStream.CHUNK) {
                        replayer.replayChunk(from, from + OperationStream.CHUNK, 0);
                        expected.replayChunk(from, from + OperationStream.CHUNK, 0);
                    }
                    replayer.end();
                    // A read that waits for the disk may see an upsert that was submitted after it.
                    if (workload.isOfOneKind() || batch == 1) {
                        assertEquals(expected.sum(), replayer.sum(), workload + " of " + valueSize);
                    }
                    assertEquals(0, replayer.absent());
                    assertTrue(subject.store.stats().deviceWrittenBytes() > 0);
                    assertTrue(workload == Workload.UPSERT || subject.deviceCounts().orElseThrow().reads() > 0, workload + " of " + valueSize);
                    ValueHolder holder = ValueHolder.growing();
                    map.map.forEach((key, value) -> {
                        subject.store.get(key, holder);
                        assertEquals(value, ByteValue.firstWord(holder.array()));
                    });
                }
            }
        }
    }

    /** Every 32nd is timed, and reads, additions and upserts are done as often as without the clock. */
    @ParameterizedTest
    @CsvSource({"READ,8", "READ,100", "RMW,8", "RMW,100", "MIXED,8", "MIXED,100", "YCSB_F,8", "YCSB_F,100"})
    void shouldTimeWhatWaitsForTheDisk(Workload workload, int valueSize) throws InterruptedException {
        OperationStream stream = new OperationStream(
                new WorkSettings(workload, Distribution.UNIFORM, 60 * KEYS, valueSize, 1, 8_192, 64, OPERATIONS));
        try (TidelineSubject subject = new TidelineSubject(stream.settings(), new Spill(1 << 20, directory, "buffered", false))) {
            subject.load();
            Window.Outcome outcome = new Window(stream, List.of(subject.newReplayer(stream)), new AtomicLong()).run(1, true);
            assertEquals(0, outcome.absent());
            assertEquals(outcome.operations() / 32, outcome.latencies().getTotalCount());
            assertTrue(outcome.latencies().getMinValue() > 0);
            if (workload == Workload.RMW) {
                ValueHolder holder = ValueHolder.growing();
                long sum = 0;
                for (long index = 0; index < 60 * KEYS; index++) {
                    subject.store.get(Keys.keyOf(index), holder);
                    sum += ByteValue.firstWord(holder.array()) - index;
                }
                assertEquals(outcome.operations() * OperationStream.RMW_OPERAND, sum);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 256})
    void shouldAllocateNothingPerOperation(int batch) throws InterruptedException {
        for (Workload workload : Workload.values()) {
            WorkSettings work = work(workload, 8, 1, batch);
            OperationStream stream = new OperationStream(work);
            try (TidelineSubject subject = new TidelineSubject(stream.settings())) {
                subject.load();
                List<Replayer> replayers = List.of(subject.newReplayer(stream));
                AtomicLong position = new AtomicLong();
                new Window(stream, replayers, position).run(TimeUnit.MILLISECONDS.toNanos(20), false);
                Window.Outcome outcome = new Window(stream, replayers, position).run(TimeUnit.MILLISECONDS.toNanos(50), false);
                assertTrue(outcome.operations() > 0);
                double each = (double) outcome.allocatedBytes() / outcome.operations();
                assertTrue(each < 0.1, () -> workload + " allocates " + each + " bytes an operation");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 16})
    void shouldLoseNoAdditionOfTwoThreads(int batch) throws InterruptedException {
        for (int valueSize : new int[] {8, 24}) {
            WorkSettings work = work(Workload.RMW, valueSize, 2, batch);
            OperationStream stream = new OperationStream(work);
            try (TidelineSubject subject = new TidelineSubject(stream.settings())) {
                subject.load();
                List<Replayer> replayers = List.of(subject.newReplayer(stream), subject.newReplayer(stream));
                Window.Outcome outcome = new Window(stream, replayers, new AtomicLong()).run(TimeUnit.MILLISECONDS.toNanos(50), false);
                ValueHolder holder = ValueHolder.growing();
                long sum = 0;
                for (long index = 0; index < KEYS; index++) {
                    subject.store.get(Keys.keyOf(index), holder);
                    sum += ByteValue.firstWord(holder.array()) - index;
                }
                assertEquals(outcome.operations() * OperationStream.RMW_OPERAND, sum);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 1_000, 65_536})
    void shouldKeepEveryRecordWhereItCanBeChangedInPlace(int valueSize) {
        OperationStream stream = new OperationStream(work(Workload.YCSB_D, valueSize, 1, 64));
        try (TidelineSubject subject = new TidelineSubject(stream.settings())) {
            subject.load();
            Replayer replayer = subject.newReplayer(stream);
            for (long position = 0; position < 2L * OPERATIONS; position += OperationStream.CHUNK) {
                int from = stream.chunkStart(position);
                replayer.replayChunk(from, from + OperationStream.CHUNK, stream.shift(position));
            }
            assertEquals(2 * KEYS, subject.store.approximateSize());
            assertEquals(0, subject.store.stats().copied());
            HeldBytes held = subject.heldBytes();
            assertEquals(256 * 64, held.index());
            assertTrue(held.overflow() > 0 && held.overflow() % 64 == 0, held.toString());
            assertTrue(held.usedLog() >= 2L * KEYS * (24 + valueSize), held.toString());
        }
    }
}
