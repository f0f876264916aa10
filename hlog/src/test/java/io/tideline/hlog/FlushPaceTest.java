package io.tideline.hlog;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.epoch.Epoch;
import io.tideline.hlog.device.FileDevice;
import io.tideline.memory.Waits;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FlushPaceTest {
    private static final int PROCESSORS = 2;
    private static final long DUE = 1 << 20;
    private static final long MILLISECOND = TimeUnit.MILLISECONDS.toNanos(1);

    /** A clock that is near its end, as one of any origin may be. */
    private long now = Long.MAX_VALUE - MILLISECOND;
    private final Waits waits = new Waits() {
        @Override
        public long nanoTime() {
            return now;
        }

        @Override
        public int processors() {
            return PROCESSORS;
        }
    };
    private Epoch epoch;
    private long[] slots;
    private FlushPace pace;

    @BeforeEach
    void open() {
        epoch = new Epoch(waits);
        slots = new long[] {epoch.claim("one"), epoch.claim("two"), epoch.claim("three")};
        pace = new FlushPace(epoch, () -> DUE, waits);
    }

    @AfterEach
    void close() {
        epoch.close();
    }

    private void enter(int count) {
        for (int i = 0; i < count; i++) {
            assertTrue(epoch.tryEnter(slots[i]));
        }
    }

    @Test
    void shouldRestThreeTimesAsLongAsItWorkedWhileOperationsHaveAllProcessors() {
        enter(PROCESSORS);
        assertFalse(pace.isResting(DUE), "it has done nothing yet");
        pace.worked(MILLISECOND);
        assertTrue(pace.isResting(DUE));
        now += 3 * MILLISECOND - 1;
        assertTrue(pace.isResting(DUE));
        now++;
        assertFalse(pace.isResting(DUE));
    }

    @Test
    void shouldNotRestLongerThanOperationsHaveAllProcessors() {
        enter(PROCESSORS);
        pace.worked(MILLISECOND);
        assertTrue(pace.isResting(DUE));
        epoch.exit(slots[0]);
        assertFalse(pace.isResting(DUE));
    }

    @Test
    void shouldNotRestBeforeWhatMemoryIsWaitedFor() {
        enter(PROCESSORS + 1);
        pace.worked(MILLISECOND);
        assertTrue(pace.isResting(DUE));
        assertFalse(pace.isResting(DUE - 1));
    }

    /** Who rests is woken by nobody, and must come back by himself. */
    @Test
    void shouldWriteEverythingThoughItRestsAfterEachPage(@TempDir Path directory) {
        Waits crowded = new Waits() {
            private final AtomicLong busy = new AtomicLong();

            @Override
            public int processors() {
                return 0;
            }

            @Override
            public long busyNanos() {
                return busy.addAndGet(MILLISECOND);
            }
        };
        Epoch nobody = new Epoch(crowded);
        try (FileDevice device = new FileDevice(directory, 2); HybridLog log = new HybridLog(nobody, HybridLog.MIN_PAGE_BITS, 512, MutabilityPolicy.ofFraction(0.9), false,
                new LogDevice(device, 14, 1, 2), crowded)) {
            for (int round = 0; round < 50; round++) {
                for (int i = 0; i < 16; i++) {
                    long address = log.reserve(RecordLayout.sizeBytes(8, 1000));
                    assertTrue(address >= 0, "there is room for all of them");
                    LogRecords.finish(log, address, i, 1000, 1);
                }
                log.awaitFlushed(log.closeStretch(), TimeUnit.SECONDS.toNanos(60));
            }
        } finally {
            nobody.close();
        }
    }

    /** Of pages that take a tenth of a millisecond: it pauses a millisecond at a time, which would be ten times as long as each took. */
    @Test
    void shouldRestForSeveralSmallPagesAtOnce() {
        enter(PROCESSORS);
        for (int page = 1; page < 4; page++) {
            pace.worked(MILLISECOND / 10);
            assertFalse(pace.isResting(DUE), "behind " + page);
        }
        pace.worked(MILLISECOND / 10);
        now += 12 * MILLISECOND / 10 - 1;
        assertTrue(pace.isResting(DUE));
        now++;
        assertFalse(pace.isResting(DUE));
        pace.worked(MILLISECOND / 10);
        assertFalse(pace.isResting(DUE), "what it has rested for is not owed any more");
    }

    @Test
    void shouldNotRestLongBehindALongPage() {
        enter(PROCESSORS);
        pace.worked(TimeUnit.SECONDS.toNanos(1));
        now += TimeUnit.MILLISECONDS.toNanos(50) - 1;
        assertTrue(pace.isResting(DUE));
        now++;
        assertFalse(pace.isResting(DUE));
    }
}
