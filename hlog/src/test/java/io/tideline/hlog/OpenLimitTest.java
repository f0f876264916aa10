package io.tideline.hlog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class OpenLimitTest {
    private final AtomicLong room = new AtomicLong(Long.MAX_VALUE);

    private int most(long roomForFiles, int shares) {
        return new OpenLimit(256, () -> roomForFiles, shares).most();
    }

    @Test
    void shouldTakeHalfOfWhatIsLeftAtMost() {
        assertEquals(256, most(Long.MAX_VALUE, 1));
        assertEquals(256, most(512, 1));
        assertEquals(90, most(180, 1));
        assertEquals(30, most(180, 3));
        assertEquals(1, most(1, 3));
        assertEquals(1, most(0, 1));
    }

    @Test
    void shouldStayLowForAWhileBehindARefusal() {
        OpenLimit limit = new OpenLimit(256, room::get, 1);
        assertTrue(limit.lower(100));
        assertFalse(limit.lower(120), "what is lower already is not raised");
        assertEquals(100, limit.most());
        room.set(20);
        for (int i = 1; i < OpenLimit.OPENINGS_UNTIL_LOOK; i++) {
            limit.opened(100);
        }
        assertEquals(100, limit.most());
        limit.opened(100);
        assertEquals(60, limit.most(), "its own 100 and 20 more, of which it takes half");
        assertTrue(limit.lower(0));
        assertEquals(1, limit.most());
        room.set(Long.MAX_VALUE);
        for (int i = 0; i < OpenLimit.OPENINGS_UNTIL_LOOK; i++) {
            limit.opened(1);
        }
        assertEquals(256, limit.most());
    }
}
