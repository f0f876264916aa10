package io.tideline.cli.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.core.DeviceModel;
import io.tideline.core.Session;
import io.tideline.core.Store;
import io.tideline.core.StoreConfig;
import io.tideline.core.StoreStats;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MemoryBudgetTest {

    private static final long MEBIBYTE = 1L << 20;

    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource({"1,1,128", "1,2,128", "4,2,128", "16,4,128", "32,2,128", "1024,2,128", "1024,256,128", "64,2,65560"})
    void shouldStayWithinWhatIsGiven(long mebibytes, int sessions, int recordBytes) {
        StoreConfig.Builder builder = StoreConfig.builder();
        MemoryBudget.divide(builder, mebibytes * MEBIBYTE, sessions, recordBytes);
        StoreConfig config = builder.build();
        long buffers = config.readBufferBytes(sessions, recordBytes);
        assertTrue(config.memory() + buffers <= mebibytes * MEBIBYTE, config.memory() + " and " + buffers);
        assertTrue(config.memory() >= mebibytes * MEBIBYTE / 3 * 2, config.memory() + " bytes are left for the log");
        assertTrue(config.maxPendingPerSession() >= 1);
    }

    @Test
    void shouldNotHoldReadsBackWhereThereIsMemory() {
        StoreConfig.Builder builder = StoreConfig.builder();
        MemoryBudget.divide(builder, 1024 * MEBIBYTE, 2, 128);
        assertEquals(128, builder.build().maxPendingPerSession());
    }

    @Test
    void shouldSayWhatTheBuffersTakeOfTooLittle() {
        String message = assertThrows(IllegalArgumentException.class, () -> MemoryBudget.divide(StoreConfig.builder(), 512 << 10, 2, 128)).getMessage();
        assertTrue(message.matches("without the \\d+ bytes for the buffers of reads, memory is \\d+; it takes at least 524288 bytes.*"), message);
        message = assertThrows(IllegalArgumentException.class, () -> MemoryBudget.divide(StoreConfig.builder(), 1 << 20, 256, 128)).getMessage();
        assertTrue(message.startsWith("the buffers for reads of 256 threads alone take "), message);
    }

    /** Every session has as many reads under way as it may, of both sorts, and a walk goes over all of it. */
    @Test
    void shouldHoldForAStoreThatIsReadAsMuchAsItMayBe() {
        int sessions = 3;
        int values = 200;
        StoreConfig.Builder builder = StoreConfig.builder().buckets(1 << 15).directory(directory.resolve("store")).device(DeviceModel.DIRECT)
                .keepFiles(false);
        MemoryBudget.divide(builder, 4 * MEBIBYTE, sessions, 24 + values);
        StoreConfig config = builder.build();
        assertTrue(config.maxPendingPerSession() > 1);
        try (Store store = Store.open(config)) {
            long keys = 8 * MEBIBYTE / values;
            for (long key = 0; key < keys; key++) {
                byte[] name = ("key" + key).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
                store.put(key, key);
                store.put(name, new byte[values]);
            }
            List<Session> opened = new ArrayList<>();
            int[] told = new int[1];
            for (int i = 0; i < sessions; i++) {
                Session session = store.openSession();
                opened.add(session);
                long[] group = new long[2 * config.maxPendingPerSession()];
                for (int each = 0; each < group.length; each++) {
                    group[each] = each * 7;
                    byte[] name = ("key" + each * 7).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
                    session.submitGet(name, 0, name.length, each, (_, _, _) -> told[0]++);
                }
                session.completePending(true);
                assertEquals(group.length, session.getAll(group, new long[group.length], 0, group.length, -1));
            }
            assertEquals(sessions * 2 * config.maxPendingPerSession(), told[0]);
            StoreStats stats = store.stats();
            assertTrue(stats.deviceReads() >= 2L * told[0] * 9 / 10, stats.toString());
            assertTrue(stats.readBufferBytes() >= 2L * sessions * config.maxPendingPerSession() * 4096, stats.toString());
            assertTrue(stats.logMemoryBytes() + stats.readBufferBytes() <= 4 * MEBIBYTE - 2 * config.pageSize(), stats.toString());
            opened.forEach(Session::close);
            assertEquals(0, store.stats().readBufferBytes());
        }
    }
}
