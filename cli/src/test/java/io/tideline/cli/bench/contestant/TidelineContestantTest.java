package io.tideline.cli.bench.contestant;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tideline.cli.bench.work.Distribution;
import io.tideline.cli.bench.work.OperationStream;
import io.tideline.cli.bench.work.Spill;
import io.tideline.cli.bench.work.WorkSettings;
import io.tideline.cli.bench.work.Workload;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TidelineContestantTest {
    private static final long MIB = 1 << 20;

    @ParameterizedTest
    @CsvSource({
        "40000000,100,1024, 10000000,256",
        "40000000,100,2048, 10000000,512",
        "40000000,8,512, 10000000,128",
        "4000000,100,64, 1000000,32",
        "1000000,100,1024, 1000000,1024",
        "4194304,100,4194304, 1048576,1048576",
        "1000000000000,8,33554432, 250000000000,8388608",
        "40000000,100,1024, 16384,32",
        "20000,131072,1024, 16384,32",
        "10000,100,1024, 10000,32",
        "40000000,100,16, 10000000,16"})
    void shouldRehearseTheLoadingInMemoryInProportion(long keys, int valueSize, long memoryMebibytes, long rehearsedKeys, long expectedMebibytes) {
        WorkSettings whole = new WorkSettings(Workload.READ, Distribution.UNIFORM, keys, valueSize, 2, 64, 256, 2 * OperationStream.CHUNK);
        Spill all = new Spill(memoryMebibytes * MIB, Path.of("anywhere"), "uring", false);
        assertEquals(all, TidelineContestant.of(all, whole, whole));
        assertEquals(expectedMebibytes, TidelineContestant.of(all, whole.inSmall(rehearsedKeys, OperationStream.CHUNK), whole).memoryBytes() / MIB);
    }
}
