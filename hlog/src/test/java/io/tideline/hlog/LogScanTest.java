package io.tideline.hlog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.epoch.Epoch;
import io.tideline.fault.CorruptionFault;
import io.tideline.fault.FormatFault;
import io.tideline.memory.Probe;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogScanTest {
    private final Epoch epoch = new Epoch(Waits.SYSTEM);
    private final HybridLog log = new HybridLog(epoch, 12, 64, MutabilityPolicy.ofFraction(1.0), false);

    @AfterEach
    void close() {
        Probe.install(null);
        log.close();
    }

    private List<Long> scan() {
        LogScan scan = new LogScan(log, Waits.SYSTEM, log.tail());
        List<Long> addresses = new ArrayList<>();
        for (LogScan.Step step = scan.advance(); step != LogScan.Step.END; step = scan.advance()) {
            assertEquals(LogScan.Step.RECORD, step);
            addresses.add(scan.address());
        }
        assertEquals(LogScan.Step.END, scan.advance(), "the end stays the end");
        return addresses;
    }

    @Test
    void shouldFindNothingInAnEmptyLog() {
        assertEquals(List.of(), scan());
    }

    @Test
    void shouldStepOverFillerAndInvalidRecordsOfEverySize() {
        for (long seed = 1; seed <= 200; seed++) {
            log.clear();
            SplittableRandom random = new SplittableRandom(seed);
            List<Long> expected = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                switch (random.nextInt(4)) {
                    case 0 -> assertTrue(log.reserve(16 * (1 + random.nextInt(64))) > 0); // reserved and abandoned
                    case 1 -> RecordLayout.invalidate(log.physical(LogRecords.append(log, i, random.nextInt(900), i)));
                    default -> expected.add(LogRecords.append(log, i, random.nextInt(900), i));
                }
            }
            assertEquals(expected, scan(), "seed " + seed);
        }
    }

    @Test
    void shouldStopAtTheEndItWasGiven() {
        long first = LogRecords.append(log, 1, 8, 1);
        LogScan scan = new LogScan(log, Waits.SYSTEM, log.tail());
        LogRecords.append(log, 2, 8, 1);
        assertEquals(LogScan.Step.RECORD, scan.advance());
        assertEquals(first, scan.address());
        assertEquals(LogScan.Step.END, scan.advance());
    }

    @Test
    void shouldEndWhereAClearTookItsRecords() {
        for (int i = 0; i < 1000; i++) {
            LogRecords.append(log, i, 8, 1);
        }
        LogScan scan = new LogScan(log, Waits.SYSTEM, log.tail());
        assertEquals(LogScan.Step.RECORD, scan.advance());
        log.clear();
        LogRecords.append(log, 7, 8, 1);
        assertEquals(LogScan.Step.END, scan.advance());
    }

    @Test
    void shouldSayBusyAtALockedRecordAndGoOnLater() {
        long address = LogRecords.append(log, 1, 20, 1);
        long record = log.physical(address);
        long stateWord = Words.get(record + RecordLayout.STATE_OFFSET);
        RecordLatch.tryLock(record, stateWord);
        LogScan scan = new LogScan(log, Waits.SYSTEM, log.tail());
        assertEquals(LogScan.Step.BUSY, scan.advance());
        RecordLatch.unlock(record, stateWord);
        assertEquals(LogScan.Step.RECORD, scan.advance());
        assertEquals(address, scan.address());
    }

    @ParameterizedTest
    @ValueSource(longs = {RecordLayout.EXPIRY, RecordLayout.TABLE_ID, RecordLayout.SUBSET_POINTERS})
    void shouldRefuseUnknownFlagsAndNotIgnoreThem(long flag) {
        LogRecords.append(log, 1, 8, 1);
        long strange = LogRecords.append(log, 2, 8, 1);
        Words.set(log.physical(strange), Words.get(log.physical(strange)) | flag);
        FormatFault fault = assertThrows(FormatFault.class, this::scan);
        assertTrue(fault.getMessage().contains(Long.toString(strange)), fault.getMessage());
    }

    @Test
    void shouldNameTheAddressOfAHole() {
        LogRecords.append(log, 1, 8, 1);
        long hole = LogRecords.append(log, 2, 8, 1);
        Words.set(log.physical(hole), 0);
        CorruptionFault fault = assertThrows(CorruptionFault.class, this::scan);
        assertTrue(fault.getMessage().contains("log address " + hole), fault.getMessage());
    }

    @Test
    void shouldNameTheAddressOfALengthThatLeavesItsPage() {
        long address = LogRecords.append(log, 1, 8, 1);
        long record = log.physical(address);
        Words.set(record + RecordLayout.STATE_OFFSET, RecordLayout.lengthBits(8, 5000));
        CorruptionFault fault = assertThrows(CorruptionFault.class, this::scan);
        assertTrue(fault.getMessage().contains("log address " + address) && fault.getMessage().contains("4032"), fault.getMessage());
    }

    @Test
    void shouldSeeEachRecordOnceWhileItsLengthChangesInPlace() throws Exception {
        for (long seed = 1; seed <= 5; seed++) {
            String replay = "seed " + seed;
            log.clear();
            List<Long> addresses = new ArrayList<>();
            SplittableRandom sizes = new SplittableRandom(seed);
            for (int i = 0; i < 150; i++) {
                addresses.add(LogRecords.append(log, i, 200 + sizes.nextInt(800), i));
            }
            AtomicBoolean done = new AtomicBoolean();
            AtomicInteger role = new AtomicInteger();
            Hammer.run(seed, 3, random -> {
                if (role.getAndIncrement() > 0) {
                    for (int i = 0; !done.get(); i++) {
                        LogRecords.resize(log, addresses.get(random.nextInt(addresses.size())), 9 + random.nextInt(900), i);
                    }
                    return null;
                }
                try {
                    for (int round = 0; round < 40; round++) {
                        assertEquals(addresses, scanWhileChanging(), replay);
                    }
                } finally {
                    done.set(true);
                }
                return null;
            });
        }
    }

    private List<Long> scanWhileChanging() {
        LogScan scan = new LogScan(log, Waits.SYSTEM, log.tail());
        List<Long> addresses = new ArrayList<>();
        for (int attempt = 0; ; ) {
            switch (scan.advance()) {
                case RECORD -> {
                    addresses.add(scan.address());
                    attempt = 0;
                }
                case BUSY -> Waits.SYSTEM.pause(attempt++);
                case END -> {
                    return addresses;
                }
            }
        }
    }
}
