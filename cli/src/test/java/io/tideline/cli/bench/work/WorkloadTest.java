package io.tideline.cli.bench.work;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WorkloadTest {

    @Test
    void shouldHaveTheNamesOfTheCommandLine() {
        assertEquals(List.of("read", "upsert", "rmw", "mixed", "ycsb-a", "ycsb-b", "ycsb-c", "ycsb-d", "ycsb-f"),
                Arrays.stream(Workload.values()).map(Workload::toString).toList());
    }

    @ParameterizedTest
    @EnumSource
    void shouldBeFoundByItsName(Workload workload) {
        assertEquals(workload, Workload.parse(workload.toString()));
    }

    @ParameterizedTest
    @EnumSource
    void shouldFindDistributionsByTheirNames(Distribution distribution) {
        assertEquals(distribution, Distribution.parse(distribution.toString()));
    }

    @Test
    void shouldNameWhatIsKnownWhenANameIsNot() {
        String unknown = assertThrows(IllegalArgumentException.class, () -> Workload.parse("ycsb-e")).getMessage();
        assertTrue(unknown.startsWith("'ycsb-e' is not a workload; choose one of read, upsert, "), unknown);
        unknown = assertThrows(IllegalArgumentException.class, () -> Distribution.parse("ZIPF")).getMessage();
        assertEquals("'ZIPF' is not a distribution; choose one of uniform, zipf, latest", unknown);
    }
}
