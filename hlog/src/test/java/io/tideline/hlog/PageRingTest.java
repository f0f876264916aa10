package io.tideline.hlog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.memory.Words;
import org.junit.jupiter.api.Test;

class PageRingTest {
    @Test
    void shouldGiveAFrameToOnePageAtATime() {
        try (PageRing ring = new PageRing(12, 8, false)) {
            assertTrue(ring.open(3));
            assertTrue(ring.open(3), "whoever asks for the page that has the frame is told so");
            assertFalse(ring.open(11), "the frame of page 11 still holds page 3");
            ring.recycle(3);
            assertTrue(ring.open(11));
            assertFalse(ring.open(3));
        }
    }

    @Test
    void shouldKeepPagesApartUpToThePowerOfTwoAbove() {
        try (PageRing ring = new PageRing(12, 9, false)) {
            for (long page = 0; page < 16; page++) {
                assertTrue(ring.open(page), "page " + page);
                Words.set(ring.physical(page << 12), page + 1);
                Words.set(ring.physical((page << 12) + 4088), page + 101);
            }
            assertFalse(ring.open(16));
            for (long page = 0; page < 16; page++) {
                assertEquals(page + 1, Words.get(ring.physical(page << 12)));
                assertEquals(page + 101, Words.get(ring.physical((page << 12) + 4088)));
                assertEquals(ring.physical(page << 12), ring.physical((page + 16) << 12));
                assertNotEquals(ring.physical(page << 12), ring.physical((page + 1) << 12));
            }
        }
    }

    @Test
    void shouldEmptyToZeros() {
        try (PageRing ring = new PageRing(12, 8, false)) {
            for (long page = 5; page < 10; page++) {
                assertTrue(ring.open(page));
                for (long at = 0; at < 4096; at += 8) {
                    Words.set(ring.physical((page << 12) + at), -1);
                }
            }
            for (long page = 6; page < 9; page++) {
                ring.recycle(page);
            }
            for (long page = 5; page < 10; page++) {
                long expected = page >= 6 && page < 9 ? 0 : -1;
                for (long at = 0; at < 4096; at += 8) {
                    assertEquals(expected, Words.get(ring.physical((page << 12) + at)), "page " + page);
                }
            }
            ring.emptyAll();
            for (long page = 13; page < 18; page++) {
                assertTrue(ring.open(page), "the frame of page " + page);
                for (long at = 0; at < 4096; at += 8) {
                    assertEquals(0, Words.get(ring.physical((page << 12) + at)), "page " + page);
                }
            }
        }
    }

    @Test
    void shouldHandTheMemoryOfAPageOnToTheOneThatTakesItsTurn() {
        int bits = 21;
        try (PageRing ring = new PageRing(bits, 3, false)) {
            ring.preTouch(6); // of four frames the last two and the first
            for (long page = 6; page < 40; page++) {
                assertTrue(ring.open(page));
                for (long at = 0; at < 1 << bits; at += 8) {
                    assertEquals(0, Words.get(ring.physical((page << bits) + at)), "page " + page + " before it is used");
                    Words.set(ring.physical((page << bits) + at), page);
                }
                if (page >= 8) {
                    ring.recycle(page - 2);
                    assertEquals(page, Words.get(ring.physical(page << bits)));
                    assertEquals(page - 1, Words.get(ring.physical((page << bits) - 8)));
                }
            }
        }
    }

    @Test
    void shouldNotMoveMemoryOntoAPageThatIsOpen() {
        int bits = 21;
        try (PageRing ring = new PageRing(bits, 3, false)) {
            for (long page = 0; page < 4; page++) {
                assertTrue(ring.open(page));
                Words.set(ring.physical(page << bits), page + 1);
            }
            ring.recycle(0);
            assertEquals(4, Words.get(ring.physical(3L << bits)));
            assertTrue(ring.open(4));
            assertEquals(0, Words.get(ring.physical(4L << bits)));
        }
    }

    @Test
    void shouldRefuseToEmptyAFrameOfAnotherPage() {
        try (PageRing ring = new PageRing(12, 8, false)) {
            ring.open(1);
            String message = assertThrows(AssertionError.class, () -> ring.recycle(9)).getMessage();
            assertTrue(message.contains("holds page 1") && message.contains("page 9"), message);
        }
    }
}
