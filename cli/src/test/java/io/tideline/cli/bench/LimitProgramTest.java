package io.tideline.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.cli.bench.work.Distribution;
import io.tideline.cli.bench.work.OperationStream;
import io.tideline.cli.bench.work.WorkSettings;
import io.tideline.cli.bench.work.Workload;
import io.tideline.cli.console.Failure;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

/** The program in C does the work that the others do in Java, to the last bit. */
class LimitProgramTest {

    private static final int OPERATIONS = 64_000;
    private static final int DUMPED = 20_000;
    static final List<Workload> WORKLOADS = Arrays.asList(Workload.values());

    private static ContestantProcess start(WorkSettings work) {
        List<String> command = new ArrayList<>(List.of(LimitProgram.built().toString()));
        command.addAll(work.toArguments());
        return ContestantProcess.start("c", command, () -> { });
    }

    @ParameterizedTest
    @FieldSource("WORKLOADS")
    void shouldGenerateTheVeryOperationsOfTheOthers(Workload workload) {
        for (Distribution distribution : Distribution.values()) {
            for (long keys : new long[] {1, 3, 1_000, 16_777_216, 1L << 33}) {
                WorkSettings work = new WorkSettings(workload, distribution, keys, 8, 1, 64, 1, OPERATIONS);
                try (ContestantProcess program = start(work)) {
                    assertEquals(new OperationStream(work).dump(DUMPED), program.request("dump " + DUMPED).text(),
                            () -> work.toString());
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"READ,8,1", "UPSERT,8,2", "RMW,8,2", "MIXED,8,1", "YCSB_D,8,1", "READ,9,1", "UPSERT,100,2", "RMW,100,1", "YCSB_F,100,2",
        "YCSB_D,1000,1"})
    void shouldFindEveryKeyThatItLoaded(Workload workload, int valueSize, int threads) {
        WorkSettings work = new WorkSettings(workload, workload.usualDistribution(), 10_000, valueSize, threads, 2_048, 1, OPERATIONS);
        try (ContestantProcess program = start(work)) {
            program.rehearse();
            program.load();
            Throughput window = program.window(0.05);
            assertEquals(0, window.absent());
            assertEquals(0, window.operations() % OperationStream.CHUNK);
            // Less than the 0.05 s where a busy machine lets its threads begin late: it counts from their first start.
            assertTrue(window.operations() > 0 && window.nanos() > 0, window.toString());
            Latency latency = program.latency(0.05);
            assertTrue(latency.p50() > 0 && latency.p50() <= latency.p99() && latency.p99() <= latency.p999()
                    && latency.p999() <= latency.max(), latency.toString());
            MemoryUse memory = program.memory();
            assertEquals(2_048 * 64, memory.index());
            long records = memory.usedLog() / ((24 + valueSize + 15) / 16 * 16);
            assertTrue(workload.isInserting() ? records > 10_000 && records <= 20_000 : records == 10_000, memory.toString());
            assertEquals(0, memory.liveHeap());
        }
    }

    @Test
    void shouldSayWhichArgumentIsWrong() {
        List<String> command = List.of(LimitProgram.built().toString(), "keys=0");
        try (ContestantProcess program = ContestantProcess.start("c", command, () -> { })) {
            String message = assertThrows(Failure.class, program::load).getMessage();
            assertTrue(message.startsWith("The contestant c cannot go on: The argument keys=0 must be a number from 1 to "), message);
        }
    }

    @Test
    void shouldRefuseAWindowBeforeTheKeysAreLoaded() {
        WorkSettings work = new WorkSettings(Workload.READ, Distribution.UNIFORM, 10, 8, 1, 64, 1, OPERATIONS);
        try (ContestantProcess program = start(work)) {
            String message = assertThrows(Failure.class, () -> program.window(0.1)).getMessage();
            assertTrue(message.contains("load comes first"), message);
        }
    }
}
