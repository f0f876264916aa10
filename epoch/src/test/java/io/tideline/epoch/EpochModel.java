package io.tideline.epoch;

import io.tideline.memory.Models;
import io.tideline.memory.Region;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What epochs are for: a register whose value lies in a page that is replaced by every write and spoiled as soon as the epoch allows. If
 * the register is linearizable, nobody read a page after its time.
 */
@Tag("lincheck")
class EpochModel {
    private static final long SPOILED = -1;

    /** A register that counts how often it was written. */
    public static class Specification {
        private long written;

        public void write() {
            written++;
        }

        /** Shows nothing to anybody. */
        public void drain() {
        }

        public long read(int thread) {
            return written;
        }
    }

    /** The register, with the reader left open. */
    @Param(name = "thread", gen = ThreadIdGen.class)
    public abstract static class Register {
        final Epoch epoch = new Epoch(Waits.SYSTEM, 6, 6);
        final Region region = Region.allocate(4096, false);
        final long pointer = region.address();
        /** By thread, before and after included. */
        final long[] slots = new long[6];
        private long written;

        Register() {
            for (int i = 0; i < slots.length; i++) {
                slots[i] = epoch.claim("thread-" + i);
            }
            Words.setVolatile(pointer, page());
        }

        /** The page of the value written last. */
        private long page() {
            return region.address() + 64 + 8 * written;
        }

        /** One writer, as an index entry has at a time: two would be another protocol. */
        @Operation(nonParallelGroup = "writing")
        public void write() {
            long old = page();
            written++;
            Words.set(page(), written);
            Words.setRelease(pointer, page());
            if (!epoch.bump(() -> Words.setVolatile(old, SPOILED))) {
                throw new AssertionError("no room in the drain list");
            }
        }

        @Operation
        public void drain() {
            epoch.drain();
        }

        @Operation
        public abstract long read(@Param(name = "thread") int thread);

        final long readProtected() {
            return Words.getVolatile(Words.getAcquire(pointer));
        }
    }

    /** Reads once per epoch. */
    public static class Entering extends Register {
        @Override
        @Operation
        public long read(@Param(name = "thread") int thread) {
            if (!epoch.tryEnter(slots[thread])) {
                throw new AssertionError("somebody is in the slot of thread " + thread);
            }
            try {
                return readProtected();
            } finally {
                epoch.exit(slots[thread]);
            }
        }
    }

    /** Reads again after a refresh, and returns what it then sees. */
    public static class Refreshing extends Register {
        @Override
        @Operation
        public long read(@Param(name = "thread") int thread) {
            if (!epoch.tryEnter(slots[thread])) {
                throw new AssertionError("somebody is in the slot of thread " + thread);
            }
            try {
                if (readProtected() == SPOILED) {
                    return SPOILED;
                }
                epoch.refresh(slots[thread]);
                return readProtected();
            } finally {
                epoch.exit(slots[thread]);
            }
        }
    }

    /** Planted: looks where the page is before it announces that it will read there. */
    public static class EnteringLate extends Register {
        @Override
        @Operation
        public long read(@Param(name = "thread") int thread) {
            long page = Words.getAcquire(pointer);
            epoch.tryEnter(slots[thread]);
            try {
                return Words.getVolatile(page);
            } finally {
                epoch.exit(slots[thread]);
            }
        }
    }

    /** Planted: keeps a pointer across a refresh. */
    public static class RefreshingCarelessly extends Register {
        @Override
        @Operation
        public long read(@Param(name = "thread") int thread) {
            epoch.tryEnter(slots[thread]);
            try {
                long page = Words.getAcquire(pointer);
                epoch.refresh(slots[thread]);
                return Words.getVolatile(page);
            } finally {
                epoch.exit(slots[thread]);
            }
        }
    }

    @Test
    void shouldHoldInEveryInterleaving() {
        Models.assertHoldsInEveryInterleaving(Entering.class, Specification.class);
    }

    @Test
    void shouldHoldInEveryInterleavingWithARefresh() {
        Models.assertHoldsInEveryInterleaving(Refreshing.class, Specification.class);
    }

    @Test
    void shouldHoldUnderStress() {
        Models.assertHoldsUnderStress(Refreshing.class, Specification.class);
    }

    @Test
    void shouldCatchAReaderThatAnnouncesLate() {
        Models.assertCaught(EnteringLate.class, Specification.class);
    }

    @Test
    void shouldCatchAReaderThatKeepsAPointerAcrossARefresh() {
        Models.assertCaught(RefreshingCarelessly.class, Specification.class);
    }
}
