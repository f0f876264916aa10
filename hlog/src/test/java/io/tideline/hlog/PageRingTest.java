package io.tideline.hlog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tideline.memory.Region;
import io.tideline.memory.Words;
import java.io.IOException;
import java.io.RandomAccessFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

    @ParameterizedTest
    @ValueSource(ints = {12, 16, 21})
    void shouldHandTheMemoryOfAPageOnToTheOneThatTakesItsTurn(int bits) {
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

    /** What is moved stays resident; what is discarded would have to be taken from the kernel again. */
    @ParameterizedTest
    @ValueSource(ints = {12, 16, 21})
    @EnabledOnOs(OS.LINUX)
    void shouldHoldTheMemoryOfAllItsPagesThroughEveryTurn(int bits) throws IOException {
        long part = 1L << bits;
        try (Region region = Region.allocate(2 * part, false)) {
            assumeTrue(region.move(0, part, part), "a kernel that moves memory");
        }
        try (PageRing ring = new PageRing(bits, 3, false)) {
            for (long page = 0; page < 40; page++) {
                assertTrue(ring.open(page));
                for (long at = 0; at < part; at += 4096) {
                    Words.set(ring.physical((page << bits) + at), page);
                }
                if (page >= 2) {
                    ring.recycle(page - 2);
                    assertEquals(3 * part, residentBytes(ring.base, 4 * part), "behind the turn to page " + page);
                }
            }
        }
    }

    /** A mapping for each of so many frames would be too many for a process. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void shouldGiveBackTheSmallPagesOfALargeRing() throws IOException {
        try (PageRing ring = new PageRing(12, 4097, false)) {
            assertTrue(ring.open(0));
            Words.set(ring.physical(8), 7);
            assertEquals(4096, residentBytes(ring.base, 4096));
            ring.recycle(0);
            long given = residentBytes(ring.base, 4096);
            assumeTrue(given == 0, "pages of the kernel of 4 KiB");
            assertEquals(0, residentBytes(ring.physical(4097L << 12), 4096), "nor is the memory where the page went whose turn is next");
            assertTrue(ring.open(8192));
            assertEquals(0, Words.get(ring.physical((8192L << 12) + 8)));
        }
    }

    /** By the kernel's own table: a word for each page of 4 KiB, whose highest bit says that it is there. */
    private static long residentBytes(long address, long lengthBytes) throws IOException {
        try (RandomAccessFile table = new RandomAccessFile("/proc/self/pagemap", "r")) {
            byte[] words = new byte[(int) (lengthBytes / 4096 * 8)];
            table.seek(address / 4096 * 8);
            table.readFully(words);
            long pages = 0;
            for (int at = 7; at < words.length; at += 8) {
                pages += words[at] < 0 ? 1 : 0;
            }
            return pages * 4096;
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
