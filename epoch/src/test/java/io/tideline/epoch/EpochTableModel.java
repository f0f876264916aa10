package io.tideline.epoch;

import static io.tideline.epoch.EpochSlotLayout.IDLE;

import io.tideline.memory.Region;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import java.util.ArrayDeque;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Test;

/** Claim, enter, exit and release of a few slots by whoever comes. */
class EpochTableModel {
    private static final int SLOTS = 2;

    /** The operations; slots are known by number, those of the table's first chunk. */
    @Param(name = "slot", gen = IntGen.class, conf = "0:1")
    public static class Slots {
        private final Epoch epoch = new Epoch(Waits.SYSTEM, SLOTS, 2);
        private final long[] slots = new long[SLOTS];

        public Slots() {
            for (int i = 0; i < SLOTS; i++) {
                slots[i] = epoch.claim("first");
            }
        }

        @Operation
        public boolean tryEnter(@Param(name = "slot") int slot) {
            return epoch.tryEnter(slots[slot]);
        }

        /** One thread leaves on behalf of all: two who leave one slot at once would be a bug of theirs. */
        @Operation(nonParallelGroup = "leaving")
        public boolean exit(@Param(name = "slot") int slot) {
            if (!epoch.isInside(slots[slot])) {
                return false;
            }
            epoch.exit(slots[slot]);
            return true;
        }

        @Operation
        public boolean release(@Param(name = "slot") int slot) {
            try {
                epoch.release(slots[slot]);
                return true;
            } catch (IllegalStateException insideOrUnowned) {
                return false;
            }
        }

        /** The number of the slot, or -1 if the table had to grow for it. */
        @Operation
        public int claim() {
            long slot = epoch.claim("next");
            return slot == slots[0] ? 0 : slot == slots[1] ? 1 : -1;
        }

        @Operation
        public boolean isInside(@Param(name = "slot") int slot) {
            return epoch.isInside(slots[slot]);
        }

        @Operation
        public int owned() {
            return epoch.ownedSlots();
        }
    }

    /** Planted: a slot is given back by looking and then acting, and the next owner begins by wiping it. */
    @Param(name = "slot", gen = IntGen.class, conf = "0:1")
    public static class WipedSlots {
        private final Region region = Region.allocate(4096, false);
        private final boolean[] owned = {true, true};
        private final ArrayDeque<Integer> free = new ArrayDeque<>();

        private long word(int slot) {
            return region.address() + (long) slot * EpochSlotLayout.SIZE_BYTES;
        }

        @Operation
        public boolean tryEnter(@Param(name = "slot") int slot) {
            return Words.announce(word(slot), IDLE, 1);
        }

        @Operation
        public synchronized boolean release(@Param(name = "slot") int slot) {
            if (!owned[slot] || Words.getVolatile(word(slot)) != IDLE) {
                return false;
            }
            owned[slot] = false;
            free.addFirst(slot);
            return true;
        }

        @Operation
        public synchronized int claim() {
            if (free.isEmpty()) {
                return -1;
            }
            int slot = free.poll();
            Words.setVolatile(word(slot), IDLE);
            owned[slot] = true;
            return slot;
        }

        @Operation
        public boolean isInside(@Param(name = "slot") int slot) {
            return Words.getVolatile(word(slot)) != IDLE;
        }
    }

    @Test
    void shouldHoldInEveryInterleaving() {
        Models.assertHoldsInEveryInterleaving(Slots.class);
    }

    @Test
    void shouldHoldUnderStress() {
        Models.assertHoldsUnderStress(Slots.class);
    }

    @Test
    void shouldCatchASlotThatIsWipedUnderALateUser() {
        Models.assertCaught(WipedSlots.class);
    }
}
