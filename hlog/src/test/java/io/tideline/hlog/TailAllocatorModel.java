package io.tideline.hlog;

import io.tideline.memory.Models;
import io.tideline.memory.Region;
import io.tideline.memory.Words;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Reservations of several sizes just before the end of a page, so that most of them overshoot, race for the turn, or find it done. Which
 * address a reservation gets depends on how far others overshot, so no order of whole operations explains it; what counts is the account at
 * the end: the places do not overlap, and what nobody owns ends its page.
 */
@Tag("lincheck")
class TailAllocatorModel {
    private static final int PAGE_BITS = 12;
    private static final int PAGE_BYTES = 1 << PAGE_BITS;
    private static final int PAGES = 16;
    /** What the first page has left. */
    private static final int LEFT_BYTES = 64;
    private static final int[] SIZES = {16, 48, 80, PAGE_BYTES};
    private static final int THREADS = 6;
    private static final int RESERVATIONS = 8;

    /** Nothing is answered. */
    public static class Specification {
        public void reserve(int thread, int size) {
        }
    }

    /** Somebody's tail. */
    interface Tail {
        long reserve(long sizeBytes);

        long tail();
    }

    /** The reservations on any tail, and the account of them. */
    @Param(name = "thread", gen = ThreadIdGen.class)
    @Param(name = "size", gen = IntGen.class, conf = "0:3")
    public abstract static class Reserving {
        private final PageRing ring = new PageRing(PAGE_BITS, PAGES, false);
        private final AtomicIntegerArray turns = new AtomicIntegerArray(PAGES);
        /** By thread: where and how much, and how many times. */
        private final long[][] addresses = new long[THREADS][RESERVATIONS];
        private final int[][] sizes = new int[THREADS][RESERVATIONS];
        private final int[] reserved = new int[THREADS];
        private final Tail tail;

        Reserving() {
            ring.open(0);
            tail = open(ring, PAGE_BYTES - LEFT_BYTES, new TailAllocator.Pages() {
                @Override
                public boolean open(long page) {
                    return page < PAGES && ring.open(page);
                }

                @Override
                public void turned(long page) {
                    turns.incrementAndGet((int) page);
                }
            });
        }

        abstract Tail open(PageRing pageRing, long first, TailAllocator.Pages pages);

        @Operation
        public void reserve(@Param(name = "thread") int thread, @Param(name = "size") int size) {
            int sizeBytes = SIZES[size];
            long address = tail.reserve(sizeBytes);
            if (address == TailAllocator.FULL) {
                throw new AssertionError("full");
            }
            addresses[thread][reserved[thread]] = address;
            sizes[thread][reserved[thread]] = sizeBytes;
            reserved[thread]++;
            if (tail.tail() < address + sizeBytes) {
                throw new AssertionError("the tail is below what was reserved");
            }
        }

        /** From frame to frame up to the tail: each is one reservation, or nobody's and ends its page. */
        @Validate
        public void shouldHaveHandedOutEachPlaceOnce() {
            long[][] owned = new long[THREADS * RESERVATIONS][];
            int count = 0;
            for (int thread = 0; thread < THREADS; thread++) {
                for (int i = 0; i < reserved[thread]; i++) {
                    owned[count++] = new long[] {addresses[thread][i], sizes[thread][i]};
                }
            }
            long[][] places = Arrays.copyOf(owned, count);
            Arrays.sort(places, (a, b) -> Long.compare(a[0], b[0]));
            long at = PAGE_BYTES - LEFT_BYTES;
            for (long[] place : places) {
                if (at != place[0]) {
                    at = stepOverFiller(at);
                }
                if (at != place[0] || frameBytes(at) != place[1] || at >>> PAGE_BITS != at + place[1] - 1 >>> PAGE_BITS) {
                    throw new AssertionError("a place of " + place[1] + " bytes at " + place[0] + " where the frame of " + frameBytes(at)
                            + " bytes at " + at + " was to come");
                }
                at += place[1];
            }
            if (at != tail.tail() && stepOverFiller(at) != tail.tail()) {
                throw new AssertionError("the tail is at " + tail.tail() + " and the last place ends at " + at);
            }
            for (int page = 1; page < PAGES; page++) {
                if (turns.get(page) != (page <= tail.tail() - 1 >>> PAGE_BITS ? 1 : 0)) {
                    throw new AssertionError("page " + page + " was turned to " + turns.get(page) + " times");
                }
            }
        }

        /** The end of the page, to which the filler at {@code address} must reach. */
        private long stepOverFiller(long address) {
            long end = address + frameBytes(address);
            if ((end & PAGE_BYTES - 1) != 0) {
                throw new AssertionError("nobody owns the frame from " + address + " to " + end + " and it does not end its page");
            }
            return end;
        }

        private long frameBytes(long address) {
            long record = ring.physical(address);
            if ((Words.get(record) & RecordLayout.FILLER) == 0) {
                throw new AssertionError("a hole at " + address);
            }
            return RecordLayout.sizeBytes(record, Words.get(record), Words.get(record + RecordLayout.STATE_OFFSET));
        }
    }

    public static class Production extends Reserving {
        @Override
        Tail open(PageRing ring, long first, TailAllocator.Pages pages) {
            TailAllocator allocator = new TailAllocator(ring, PAGE_BITS, first, pages);
            return new Tail() {
                @Override
                public long reserve(long sizeBytes) {
                    return allocator.reserve(sizeBytes);
                }

                @Override
                public long tail() {
                    return allocator.tail();
                }
            };
        }
    }

    /** The tail as one word, page in the high half, with a bug planted in one of its steps. */
    private abstract static class PlantedTail implements Tail {
        private final Region region = Region.allocate(4096, false);
        final long word = region.address();
        private final PageRing ring;
        final TailAllocator.Pages pages;

        PlantedTail(PageRing ring, long first, TailAllocator.Pages pages) {
            this.ring = ring;
            this.pages = pages;
            Words.set(word, first);
        }

        @Override
        public long reserve(long sizeBytes) {
            for (;;) {
                long at = Words.getVolatile(word);
                if ((int) at <= PAGE_BYTES) {
                    at = add(sizeBytes);
                    if ((int) at + sizeBytes <= PAGE_BYTES) {
                        RecordLayout.writeFiller(ring.physical(address(at)), sizeBytes);
                        return address(at);
                    }
                    if ((int) at < PAGE_BYTES) {
                        RecordLayout.writeFiller(ring.physical(address(at)), PAGE_BYTES - (int) at);
                    }
                }
                long now = Words.getVolatile(word);
                if ((int) now > PAGE_BYTES) {
                    pages.open((now >>> 32) + 1);
                    turn(now, (now >>> 32) + 1 << 32);
                }
            }
        }

        private static long address(long word) {
            return (word >>> 32 << PAGE_BITS) + (int) word;
        }

        long add(long sizeBytes) {
            return Words.getAndAdd(word, sizeBytes);
        }

        void turn(long from, long to) {
            if (Words.compareAndSet(word, from, to)) {
                pages.turned(to >>> 32);
            }
        }

        @Override
        public long tail() {
            long now = Words.getVolatile(word);
            return (now >>> 32 << PAGE_BITS) + Math.min((int) now, PAGE_BYTES);
        }
    }

    /** Planted: who finds the page full turns it by a store, whoever else has turned it. */
    public static class TurnedByStore extends Reserving {
        @Override
        Tail open(PageRing ring, long first, TailAllocator.Pages pages) {
            return new PlantedTail(ring, first, pages) {
                @Override
                void turn(long from, long to) {
                    Words.setVolatile(word, to);
                    pages.turned(to >>> 32);
                }
            };
        }
    }

    /** Planted: claims by a load and a store. */
    public static class ClaimedByStore extends Reserving {
        @Override
        Tail open(PageRing ring, long first, TailAllocator.Pages pages) {
            return new PlantedTail(ring, first, pages) {
                @Override
                long add(long sizeBytes) {
                    long at = Words.getVolatile(word);
                    Words.setVolatile(word, at + sizeBytes);
                    return at;
                }
            };
        }
    }

    /** The tail of the planted bugs, without one. */
    public static class NothingPlanted extends Reserving {
        @Override
        Tail open(PageRing ring, long first, TailAllocator.Pages pages) {
            return new PlantedTail(ring, first, pages) { };
        }
    }

    @Test
    void shouldHandOutEachPlaceOnceInEveryInterleaving() {
        Models.assertHoldsInEveryInterleaving(Production.class, Specification.class);
    }

    @Test
    void shouldCatchAPageTurnedByStore() {
        Models.assertHoldsInEveryInterleaving(NothingPlanted.class, Specification.class);
        Models.assertCaught(TurnedByStore.class, Specification.class);
    }

    @Test
    void shouldCatchAPlaceClaimedByStore() {
        Models.assertCaught(ClaimedByStore.class, Specification.class);
    }
}
