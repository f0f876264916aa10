package io.tideline.hlog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.fault.IoFault;
import io.tideline.hlog.device.NullDevice;
import io.tideline.hlog.device.ScarceDevice;
import io.tideline.memory.Waits;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmentsTest {
    private static final int SEGMENT_BITS = 12;
    private static final int MAX_OPEN = 2;

    private final AtomicInteger told = new AtomicInteger();
    private final Segments segments = new Segments(new NullDevice(), true, SEGMENT_BITS, new OpenLimit(MAX_OPEN, () -> Long.MAX_VALUE, 1), Waits.SYSTEM, told::incrementAndGet);

    @TempDir
    private Path directory;

    private List<Segments.Lease> use(int count) {
        return use(segments, count);
    }

    private static List<Segments.Lease> use(Segments segments, int count) {
        return LongStream.range(0, count).mapToObj(number -> segments.use(number << SEGMENT_BITS, true)).toList();
    }

    /** Whoever opens the next file closes others; but there may never be a next one. */
    @Test
    void shouldCloseWhatIsTooMuchBehindItsLastUser() {
        List<Segments.Lease> all = use(5);
        assertEquals(5, segments.openFiles(), "those in use are not closed");
        segments.giveBack();
        assertEquals(5, segments.openFiles(), "those in use are not closed");
        all.forEach(Segments.Lease::release);
        assertTrue(told.get() > 0);
        segments.giveBack();
        assertEquals(MAX_OPEN, segments.openFiles());
        assertNull(segments.useIfOpen(2L << SEGMENT_BITS));
        for (long number = 3; number < 5; number++) { // those used last are kept
            segments.useIfOpen(number << SEGMENT_BITS).release();
        }
    }

    @Test
    void shouldTellNobodyOfFilesWithinTheLimit() {
        use(MAX_OPEN).forEach(Segments.Lease::release);
        assertEquals(0, told.get());
        assertEquals(MAX_OPEN, segments.openFiles());
    }

    private static Segments over(ScarceDevice device) {
        Segments scarce = new Segments(device, true, SEGMENT_BITS, new OpenLimit(100, device::roomForFiles, 1), Waits.SYSTEM, () -> { });
        device.onShortage(scarce::giveHalfBack);
        return scarce;
    }

    @Test
    void shouldKeepFewerFilesOpenOnceTheProcessMayOpenNoMore() {
        try (ScarceDevice device = new ScarceDevice(directory, 8)) {
            Segments scarce = over(device);
            for (long number = 0; number < 40; number++) {
                scarce.use(number << SEGMENT_BITS, true).release();
            }
            assertEquals(4, scarce.openFiles());
            assertEquals(1, device.refusals(), "one is enough to know it");
            Segments.Lease last = scarce.useIfOpen(39L << SEGMENT_BITS);
            assertNotNull(last, "those used last are kept");
            last.release();
            assertTrue(scarce.close(0));
        }
    }

    @Test
    void shouldCloseTheLastFileThatNobodyUsesForOneThatSomebodyWants() {
        try (ScarceDevice device = new ScarceDevice(directory, 1)) {
            Segments scarce = over(device);
            use(scarce, 1).forEach(Segments.Lease::release);
            scarce.use(1L << SEGMENT_BITS, true).release();
            assertEquals(1, scarce.openFiles());
        }
    }

    @Test
    void shouldMakeRoomForOtherFilesOfTheStore() {
        try (ScarceDevice device = new ScarceDevice(directory, 3)) {
            Segments scarce = over(device);
            use(scarce, 3).forEach(Segments.Lease::release);
            device.create("checkpoints/1-index").close();
            assertEquals(1, scarce.openFiles());
        }
    }

    @Test
    void shouldSayWhatToDoWhereAllAreInUse() {
        try (ScarceDevice device = new ScarceDevice(directory, 3)) {
            Segments scarce = over(device);
            List<Segments.Lease> all = use(scarce, 3);
            String message = assertThrows(IoFault.class, () -> scarce.use(3L << SEGMENT_BITS, true)).getMessage();
            assertTrue(message.startsWith("cannot create " + directory.resolve("log/000000000003") + ":"), message);
            assertTrue(message.contains("Too many open files; ") && message.contains("ulimit -n") && message.contains("maxOpenFiles"), message);
            assertEquals(1, device.refusals(), "nothing had changed for a second attempt");
            all.forEach(Segments.Lease::release);
            scarce.use(3L << SEGMENT_BITS, true).release();
        }
    }
}
