package io.tideline.hlog;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.epoch.Epoch;
import io.tideline.memory.Probe;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HybridLogTest {
    private final Epoch epoch = new Epoch(Waits.SYSTEM);

    @AfterEach
    void removeHook() {
        Probe.install(null);
    }

    private HybridLog open(long pages, double mutableFraction) {
        return new HybridLog(epoch, 12, pages, MutabilityPolicy.ofFraction(mutableFraction), false);
    }

    /** Begin, head, safeReadOnly, readOnly, tail: each read after those it may not fall behind. */
    private static long[] frontiers(HybridLog log) {
        return new long[] {log.begin(), log.head(), log.safeReadOnly(), log.readOnly(), log.tail()};
    }

    private static void assertInOrder(long[] frontiers, String replay) {
        for (int i = 1; i < frontiers.length; i++) {
            assertTrue(frontiers[i - 1] <= frontiers[i], () -> Arrays.toString(frontiers) + ", " + replay);
        }
    }

    @Test
    void shouldBeginBehindTheFirstCacheLine() {
        try (HybridLog log = open(8, 0.5)) {
            assertArrayEquals(new long[] {64, 64, 64, 64, 64}, frontiers(log));
            assertEquals(0, log.usedBytes());
            assertEquals(8 * 4096, log.memoryBytes());
            assertEquals(4096, log.pageBytes());
            assertEquals(4096, log.maxRecordBytes());
            assertEquals(64, log.reserve(32));
            assertEquals(32, log.usedBytes());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 11, 26, 31, 64})
    void shouldRefusePagesThatAreTooSmallOrTooLarge(int pageBits) {
        String message = assertThrows(IllegalArgumentException.class,
            () -> new HybridLog(epoch, pageBits, 8, MutabilityPolicy.ofFraction(0.5), false)).getMessage();
        assertTrue(message.contains("2^" + pageBits) && message.contains("2^12") && message.contains("2^25"), message);
    }

    @ParameterizedTest
    @ValueSource(longs = {7, 0, -1, Long.MIN_VALUE})
    void shouldRefuseTooFewPages(long pages) {
        String message = assertThrows(IllegalArgumentException.class, () -> open(pages, 0.5)).getMessage();
        assertTrue(message.contains(pages + " pages") && message.contains("at least 8"), message);
    }

    @Test
    void shouldMoveReadOnlyByPolicyAtEachPageTurn() {
        for (double fraction : new double[] {0.1, 0.5, 0.9, 1.0}) {
            try (HybridLog log = open(16, fraction)) {
                long mutable = MutabilityPolicy.ofFraction(fraction).mutablePages(16);
                for (long page = 0; page < 16; page++) {
                    assertEquals(Math.max(64, Math.max(page + 1 - mutable, 0) << 12), log.readOnly(), "page " + page + ", fraction " + fraction);
                    assertEquals(log.readOnly(), safeAfterDrain(log), "nobody is inside, so what was announced is safe");
                    while (log.tail() < page + 1 << 12) {
                        log.reserve(64);
                    }
                    log.reserve(64);
                    if (page < 15) {
                        assertEquals(page + 1, log.tail() - 1 >>> 12);
                    }
                }
                assertEquals(64, log.head(), "head never moves");
                assertEquals(64, log.begin());
            }
        }
    }

    private long safeAfterDrain(HybridLog log) {
        epoch.drain();
        return log.safeReadOnly();
    }

    @Test
    void shouldKeepRecordsMutableForThoseWhoSawThemSo() {
        try (HybridLog log = open(8, 0.125)) {
            long slot = epoch.claim("reader");
            assertTrue(epoch.tryEnter(slot));
            long seen = log.readOnly();
            for (int i = 0; i < 5; i++) {
                log.reserve(4096);
                epoch.drain();
            }
            assertTrue(log.readOnly() > seen, "read-only was announced");
            assertEquals(seen, log.safeReadOnly(), "but is not safe while somebody inside may still write there");
            epoch.refresh(slot);
            epoch.drain();
            assertEquals(log.readOnly(), log.safeReadOnly());
            epoch.exit(slot);
            epoch.release(slot);
        }
    }

    @Test
    void shouldNotShiftReadOnlyBackOrBeyondTheTail() {
        try (HybridLog log = open(8, 1.0)) {
            log.reserve(1024);
            log.shiftReadOnly(Long.MAX_VALUE);
            epoch.drain();
            assertEquals(1088, log.readOnly());
            assertEquals(1088, log.safeReadOnly());
            log.shiftReadOnly(64);
            log.shiftReadOnly(-1);
            epoch.drain();
            assertEquals(1088, log.readOnly());
            assertEquals(1088, log.safeReadOnly());
            assertInOrder(frontiers(log), "by hand");
        }
    }

    @Test
    void shouldAnswerFullAndKeepWhatItHas() {
        try (HybridLog log = open(8, 0.5)) {
            List<Long> addresses = fill(log, 100);
            assertEquals(HybridLog.FULL, log.reserve(128));
            assertEquals(HybridLog.FULL, log.reserve(4096));
            assertEquals(8 * 4096, log.tail());
            assertEquals(8 * 4096 - 64, log.usedBytes());
            for (int key = 0; key < addresses.size(); key++) {
                assertEquals(key, LogRecords.key(log, addresses.get(key)));
            }
            assertTrue(LogRecords.resize(log, addresses.getLast(), 90, 7), "in-place changes go on");
        }
    }

    @Test
    void shouldTakeNoMorePagesThanConfiguredEvenIfTheRingHasMore() {
        try (HybridLog log = open(9, 0.5)) {
            fill(log, 4000);
            assertEquals(9 * 4096, log.tail());
        }
    }

    /** Appends records with the keys 0, 1, … until the log is full. */
    private static List<Long> fill(HybridLog log, int valueBytes) {
        List<Long> addresses = new ArrayList<>();
        for (;;) {
            long address = log.reserve(RecordLayout.sizeBytes(8, valueBytes));
            if (address == HybridLog.FULL) {
                return addresses;
            }
            LogRecords.finish(log, address, addresses.size(), valueBytes, 1);
            addresses.add(address);
        }
    }

    @Test
    void shouldStartOnZeroedPagesAfterEachClear() {
        try (HybridLog log = open(8, 0.5)) {
            int first = fill(log, 100).size();
            for (int round = 1; round <= 20; round++) {
                long before = log.tail();
                log.clear();
                assertTrue(log.tail() >= before, "addresses are used once");
                assertEquals(0, log.usedBytes());
                assertEquals(0, log.tail() & 4095);
                long[] frontiers = frontiers(log);
                for (long frontier : frontiers) {
                    assertEquals(log.tail(), frontier);
                }
                for (long at = 0; at < 4096; at += 8) {
                    assertEquals(0, Words.get(log.physical(log.tail() + at)));
                }
                assertTrue(fill(log, 100).size() >= first, "a cleared log holds as much as a new one");
                epoch.drain();
                assertInOrder(frontiers(log), "round " + round);
            }
        }
    }

    @Test
    void shouldClearAnEmptyAndAnUnfullLogAsOftenAsAsked() {
        try (HybridLog log = open(8, 0.1)) {
            for (int round = 0; round < 30; round++) {
                log.clear();
                log.clear();
                assertEquals(0, log.usedBytes());
                for (int i = 0; i <= round; i++) {
                    LogRecords.append(log, i, round * 25, 3);
                }
                epoch.drain();
                assertInOrder(frontiers(log), "round " + round);
            }
        }
    }

    @Test
    void shouldNotLetALateSafeFrontierFallBackBehindAClear() {
        try (HybridLog log = open(8, 0.125)) {
            long slot = epoch.claim("late");
            epoch.tryEnter(slot);
            for (int i = 0; i < 5; i++) {
                log.reserve(4096);
            }
            epoch.exit(slot);
            log.clear();
            epoch.drain();
            assertInOrder(frontiers(log), "by hand");
            assertEquals(log.tail(), log.safeReadOnly());
        }
    }

    @Test
    void shouldShowMonotonicFrontiersInOrderUnderManyThreads() throws Exception {
        for (long seed = 1; seed <= 8; seed++) {
            String replay = "seed " + seed;
            Hammer.yieldAtProbes(seed);
            try (HybridLog log = open(128, 0.1)) {
                int writers = 3;
                AtomicInteger left = new AtomicInteger(writers);
                AtomicInteger role = new AtomicInteger();
                Set<Long> addresses = new HashSet<>();
                Hammer.run(seed, writers + 1, random -> {
                    if (role.getAndIncrement() < writers) {
                        List<Long> own = appendUntilFull(log, random.nextInt(1 << 20));
                        left.decrementAndGet();
                        synchronized (addresses) {
                            for (long address : own) {
                                assertTrue(addresses.add(address), "address " + address + " was given out twice, " + replay);
                            }
                        }
                    } else {
                        watch(log, left, replay);
                    }
                    return null;
                });
                epoch.drain();
                assertInOrder(frontiers(log), replay);
                assertEquals(addresses, scan(log), replay);
            }
        }
    }

    private List<Long> appendUntilFull(HybridLog log, int firstKey) {
        long slot = epoch.claim("writer");
        List<Long> own = new ArrayList<>();
        try {
            for (int key = firstKey; ; key++) {
                assertTrue(epoch.tryEnter(slot));
                long address = log.reserve(RecordLayout.sizeBytes(8, key % 300));
                if (address != HybridLog.FULL) {
                    LogRecords.finish(log, address, key, key % 300, key);
                    own.add(address);
                }
                epoch.exit(slot);
                if (address == HybridLog.FULL) {
                    return own;
                }
            }
        } finally {
            epoch.release(slot);
        }
    }

    private static void watch(HybridLog log, AtomicInteger left, String replay) {
        long[] before = frontiers(log);
        while (left.get() > 0) {
            Thread.yield();
            long[] now = frontiers(log);
            assertInOrder(now, replay);
            for (int i = 0; i < now.length; i++) {
                assertTrue(now[i] >= before[i], "frontier " + i + " went back from " + before[i] + " to " + now[i] + ", " + replay);
            }
            before = now;
        }
    }

    private static Set<Long> scan(HybridLog log) {
        LogScan scan = new LogScan(log, Waits.SYSTEM, log.tail());
        Set<Long> addresses = new HashSet<>();
        for (LogScan.Step step = scan.advance(); step != LogScan.Step.END; step = scan.advance()) {
            assertEquals(LogScan.Step.RECORD, step);
            assertTrue(addresses.add(scan.address()));
        }
        return addresses;
    }

    @Test
    void shouldGiveAllMemoryBackOnClose() {
        HybridLog log = open(8, 0.5);
        assertFalse(log.hasHugePages());
        log.close();
        assertThrows(Throwable.class, log::tail, "the checked door names every access behind a close");
    }
}
