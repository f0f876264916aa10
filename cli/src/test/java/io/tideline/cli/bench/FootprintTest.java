package io.tideline.cli.bench;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tideline.cli.bench.work.Distribution;
import io.tideline.cli.bench.work.Spill;
import io.tideline.cli.bench.work.WorkSettings;
import io.tideline.cli.bench.work.Workload;
import io.tideline.cli.console.Failure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class FootprintTest {

    private static final long MEBIBYTE = 1L << 20;

    private static WorkSettings work(long keys, int valueSize) {
        return new WorkSettings(Workload.READ, Distribution.UNIFORM, keys, valueSize, 1, 1L << 10, 1, 16_000_000);
    }

    @Test
    void shouldGiveTheMapThreeTimesOfWhatLivesInIt() {
        long keys = 1 << 24;
        long operations = 16_000_000L * 9;
        assertTrue(Footprint.mapHeapBytes(work(keys, 8)) >= 3 * (keys * (32 + 24 + 24 + 8) + operations));
        assertTrue(Footprint.mapHeapBytes(work(keys, 100)) >= 3 * (keys * (32 + 24 + 120 + 8) + operations));
        assertEquals(0, Footprint.mapHeapBytes(work(keys, 8)) % MEBIBYTE);
    }

    @Test
    void shouldNeverChooseATinyHeap() {
        assertEquals(512 * MEBIBYTE, Footprint.mapHeapBytes(work(1, 8)));
    }

    @Test
    void shouldGiveAStoreOutsideTheHeapRoomForTheOperations() {
        assertEquals((16_000_000L * 9 + MEBIBYTE - 1) / MEBIBYTE * MEBIBYTE + 65 * MEBIBYTE, Footprint.plainHeapBytes(work(1 << 30, 8)));
        assertEquals(255 * MEBIBYTE, Footprint.plainHeapBytes(work(1 << 30, 8).by(256, 1)) - Footprint.plainHeapBytes(work(1 << 30, 8)), "each thread has histograms");
        assertEquals(128 * MEBIBYTE, Footprint.plainHeapBytes(work(1 << 30, 8).inSmall(1 << 30, 320_000)));
    }

    @Test
    void shouldRefuseWhatDoesNotFit() {
        assumeTrue(Files.isReadable(Path.of("/proc/meminfo")));
        String message = assertThrows(Failure.class,
                () -> Footprint.require(List.of(Contestant.TIDELINE), work(1L << 40, 8), null, 0)).getMessage();
        assertTrue(message.matches("This needs about 47\\.0 TiB of memory and .* are free; use fewer --keys, .*"), message);
    }

    @Test
    void shouldAcceptASmallStoreOfItsOwn() {
        assertDoesNotThrow(() -> Footprint.require(List.of(Contestant.C), work(1_000, 8), null, 0));
    }

    @Test
    void shouldCountTheMemoryOfAPeerOnDiskHoweverMuchDataThereAre() {
        long memory = 1024 * MEBIBYTE;
        assertEquals(memory + Footprint.processBytes(work(1 << 30, 100)), Footprint.of(Contestant.LMDB, work(1 << 30, 100), null, memory));
        Spill spill = new Spill(memory, Path.of("there"), "direct", false);
        assertEquals(Footprint.of(Contestant.LMDB, work(1 << 30, 100), spill, memory), Footprint.of(Contestant.TIDELINE, work(1 << 30, 100), spill, memory));
        assertEquals(1_000 * 128, Footprint.loadedRecordsBytes(work(1_000, 100)));
        assertEquals(1_000 * 32, Footprint.loadedRecordsBytes(work(1_000, 8)));
        assertTrue(Footprint.allDataBytes(work(1 << 20, 100)) >= 2 * (1 << 20) * 108L);
    }
}
