package io.tideline.hlog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.memory.Probe;
import io.tideline.memory.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TailAllocatorTest {
    private static final int PAGE_BITS = 12;
    private static final long PAGE_BYTES = 1L << PAGE_BITS;

    private record Reservation(long address, long sizeBytes) {
    }

    /** A ring and the allocator over it, with the page turns that happened. */
    private static final class Tail implements AutoCloseable {
        final long pages;
        final PageRing ring;
        final ConcurrentLinkedQueue<Long> turned = new ConcurrentLinkedQueue<>();
        final TailAllocator allocator;

        Tail(long pages) {
            this.pages = pages;
            this.ring = new PageRing(PAGE_BITS, pages, false);
            this.allocator = new TailAllocator(ring, PAGE_BITS, LogAddress.FIRST, new TailAllocator.Pages() {
                @Override
                public boolean open(long page) {
                    return page < pages && ring.open(page);
                }

                @Override
                public void turned(long page) {
                    turned.add(page);
                }
            });
            assertTrue(ring.open(0));
        }

        /** Every byte below the tail is framed; frames that nobody reserved are filler to the end of their page. */
        void verify(List<Reservation> reservations, String replay) {
            verify(reservations, List.of(), replay);
        }

        void verify(List<Reservation> reservations, List<Long> paddedTo, String replay) {
            TreeMap<Long, Long> reserved = new TreeMap<>();
            for (Reservation reservation : reservations) {
                assertEquals(null, reserved.put(reservation.address, reservation.sizeBytes), "two owners of one address, " + replay);
            }
            long address = LogAddress.FIRST;
            while (address < allocator.tail()) {
                long record = ring.physical(address);
                assertTrue((Words.get(record) & RecordLayout.FILLER) != 0, "hole at " + address + ", " + replay);
                long frame = RecordLayout.sizeBytes(record, Words.get(record), Words.get(record + RecordLayout.STATE_OFFSET));
                Long owned = reserved.remove(address);
                if (owned != null) {
                    assertEquals(owned, frame, "frame at " + address + ", " + replay);
                    assertEquals(address >>> PAGE_BITS, address + owned - 1 >>> PAGE_BITS, "a record spans pages, " + replay);
                } else {
                    assertTrue((address + frame & PAGE_BYTES - 1) == 0 || paddedTo.contains(address + frame),
                            "filler at " + address + " ends neither its page nor a padding, " + replay);
                }
                address += frame;
            }
            assertEquals(allocator.tail(), address, "the frames overshoot the tail, " + replay);
            assertEquals(new TreeMap<>(), reserved, "reservations that no frame begins at, " + replay);
            List<Long> expected = new ArrayList<>();
            for (long page = 1; page <= allocator.tail() - 1 >>> PAGE_BITS; page++) {
                expected.add(page);
            }
            assertEquals(expected, turned.stream().sorted().toList(), "each page is turned to once, " + replay);
        }

        @Override
        public void close() {
            allocator.close();
            ring.close();
        }
    }

    @Test
    void shouldPadBesideOthersSoThatEverythingReservedBeforeLiesBelow() throws Exception {
        for (long seed = 1; seed <= 20; seed++) {
            try (Tail tail = new Tail(64)) {
                ConcurrentLinkedQueue<Reservation> all = new ConcurrentLinkedQueue<>();
                List<Long> boundaries = new ArrayList<>();
                SplittableRandom random = new SplittableRandom(seed);
                List<Thread> threads = new ArrayList<>();
                for (int t = 0; t < 2; t++) {
                    SplittableRandom sizes = random.split();
                    threads.add(Thread.ofPlatform().start(() -> {
                        for (int i = 0; i < 300; i++) {
                            long size = 16L * sizes.nextInt(2, 12);
                            long address = tail.allocator.reserve(size);
                            if (address >= 0) {
                                all.add(new Reservation(address, size));
                            }
                        }
                    }));
                }
                for (int i = 0; i < 10; i++) {
                    long before = tail.allocator.tail();
                    long boundary = tail.allocator.padBesideOthers(512);
                    assertTrue(boundary >= before && boundary % 512 == 0, "seed " + seed);
                    boundaries.add(boundary);
                }
                for (Thread thread : threads) {
                    thread.join();
                }
                List<Reservation> reserved = List.copyOf(all);
                tail.verify(reserved, boundaries, "seed " + seed);
                for (long boundary : boundaries) {
                    assertTrue(reserved.stream().noneMatch(each -> each.address < boundary && each.address + each.sizeBytes > boundary),
                            "a record lies across " + boundary + ", seed " + seed);
                }
            }
        }
    }

    @AfterEach
    void removeHook() {
        Probe.install(null);
    }

    @Test
    void shouldHandOutSpaceInOrderAndFillPageEnds() {
        try (Tail tail = new Tail(8)) {
            assertEquals(64, tail.allocator.tail());
            assertEquals(64, tail.allocator.reserve(4000));
            assertEquals(4064, tail.allocator.tail());
            assertEquals(4096, tail.allocator.reserve(48), "48 bytes do not fit the 32 left: they go to the next page");
            assertEquals(4096 + 48, tail.allocator.reserve(4048));
            assertEquals(8192, tail.allocator.tail());
            assertEquals(8192, tail.allocator.reserve(4096), "a record may be a page");
            assertEquals(12_288, tail.allocator.reserve(16));
            tail.verify(List.of(new Reservation(64, 4000), new Reservation(4096, 48), new Reservation(4144, 4048), new Reservation(8192, 4096),
                new Reservation(12_288, 16)), "by hand");
        }
    }

    @Test
    void shouldAnswerFullAndStayWhereItIs() {
        try (Tail tail = new Tail(2)) {
            List<Reservation> reservations = new ArrayList<>();
            for (long address = tail.allocator.reserve(2000); address != TailAllocator.FULL; address = tail.allocator.reserve(2000)) {
                reservations.add(new Reservation(address, 2000));
            }
            assertEquals(4, reservations.size());
            long full = tail.allocator.tail();
            for (int i = 0; i < 100_000; i++) {
                assertEquals(TailAllocator.FULL, tail.allocator.reserve(4096));
            }
            assertEquals(full, tail.allocator.tail());
            assertEquals(2 * PAGE_BYTES, full, "what does not fit ends the last page");
            tail.verify(reservations, "by hand");
        }
    }

    @Test
    void shouldSkipToTheNextPageFromAnywhere() {
        for (long used : new long[] {0, 16, 4032 - 16, 4032}) {
            try (Tail tail = new Tail(8)) {
                List<Reservation> reservations = new ArrayList<>();
                if (used > 0) {
                    reservations.add(new Reservation(tail.allocator.reserve(used), used));
                }
                assertEquals(PAGE_BYTES, tail.allocator.skipToNextPage());
                assertEquals(PAGE_BYTES, tail.allocator.tail());
                tail.verify(reservations, "used " + used);
                tail.ring.open(1);
                assertEquals(PAGE_BYTES, tail.allocator.reserve(32));
            }
        }
    }

    @Test
    void shouldStopAtTheEndOfTheAddressSpace() {
        long lastPage = (1L << LogAddress.BITS - PAGE_BITS) - 1;
        try (PageRing ring = new PageRing(PAGE_BITS, 8, false);
                TailAllocator allocator = new TailAllocator(ring, PAGE_BITS, lastPage << PAGE_BITS, new TailAllocator.Pages() {
                    @Override
                    public boolean open(long page) {
                        return true;
                    }

                    @Override
                    public void turned(long page) {
                        throw new AssertionError("turned to page " + page);
                    }
                })) {
            ring.open(lastPage);
            assertEquals(lastPage << PAGE_BITS, allocator.reserve(4080));
            assertEquals(TailAllocator.FULL, allocator.reserve(32));
            assertEquals(1L << LogAddress.BITS, allocator.tail());
            assertEquals(TailAllocator.FULL, allocator.reserve(16));
        }
    }

    @Test
    void shouldNeitherOverlapNorLeaveHolesUnderManyThreads() throws Exception {
        for (long seed = 1; seed <= 60; seed++) {
            hammer(seed, 8, 64);
        }
    }

    @Test
    void shouldTellEveryThreadThatItIsFull() throws Exception {
        for (long seed = 101; seed <= 130; seed++) {
            hammer(seed, 16, 3);
        }
    }

    /** Threads reserve until the log is full, yielding at random where the allocator is most delicate. */
    private static void hammer(long seed, int threads, long pages) throws Exception {
        String replay = "seed " + seed;
        Hammer.yieldAtProbes(seed);
        try (Tail tail = new Tail(pages)) {
            List<List<Reservation>> found = Hammer.run(seed, threads, random -> {
                List<Reservation> own = new ArrayList<>();
                long bound = random.nextInt(3) == 0 ? 256 : 4;
                for (;;) {
                    long sizeBytes = 16 * (1 + random.nextLong(bound));
                    long address = tail.allocator.reserve(sizeBytes);
                    if (address == TailAllocator.FULL) {
                        return own;
                    }
                    own.add(new Reservation(address, sizeBytes));
                }
            });
            assertEquals(pages << PAGE_BITS, tail.allocator.tail(), replay);
            tail.verify(found.stream().flatMap(List::stream).toList(), replay);
        }
    }

    @Test
    void shouldNotCarryIntoThePageNumberWhereManyOvershoot() throws Exception {
        int threads = 64;
        for (long seed = 1; seed <= 20; seed++) {
            String replay = "seed " + seed;
            Hammer.yieldAtProbes(seed);
            try (Tail tail = new Tail(200)) {
                List<Reservation> found = Hammer.run(seed, threads, random -> new Reservation(tail.allocator.reserve(PAGE_BYTES), PAGE_BYTES));
                tail.verify(found, replay);
                assertEquals(threads + 1L << PAGE_BITS, tail.allocator.tail(), "no page is skipped, " + replay);
            }
        }
    }

    @Test
    void shouldCatchAnAllocatorWithoutFiller() {
        try (Tail tail = new Tail(8)) {
            long address = tail.allocator.reserve(64);
            Words.set(tail.ring.physical(address), 0); // as if the reserver had not framed its place
            assertThrows(AssertionError.class, () -> tail.verify(List.of(new Reservation(address, 64)), "planted"));
        }
    }
}
