package io.tideline.hlog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.hlog.device.NullDevice;
import io.tideline.memory.Waits;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SegmentsTest {
    private static final int SEGMENT_BITS = 12;
    private static final int MAX_OPEN = 2;

    private final AtomicInteger told = new AtomicInteger();
    private final Segments segments = new Segments(new NullDevice(), true, SEGMENT_BITS, MAX_OPEN, Waits.SYSTEM, told::incrementAndGet);

    private List<Segments.Lease> use(int count) {
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
}
