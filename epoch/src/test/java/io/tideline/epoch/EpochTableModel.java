package io.tideline.epoch;

import io.tideline.memory.Models;
import io.tideline.memory.Region;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Claim, enter, exit and release of a few slots by whoever comes. */
@Tag("lincheck")
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

    /** The same without any other thread. */
    public static class Specification {
        private final boolean[] owned = {true, true};
        private final boolean[] inside = new boolean[SLOTS];
        private final ArrayDeque<Integer> free = new ArrayDeque<>();
        private int slots = SLOTS;

        public boolean tryEnter(int slot) {
            boolean enters = owned[slot] && !inside[slot];
            inside[slot] |= enters;
            return enters;
        }

        public boolean exit(int slot) {
            boolean leaves = inside[slot];
            inside[slot] = false;
            return leaves;
        }

        public boolean release(int slot) {
            if (!owned[slot] || inside[slot]) {
                return false;
            }
            owned[slot] = false;
            free.addFirst(slot);
            return true;
        }

        public int claim() {
            if (free.isEmpty()) {
                for (int i = 0; i < SLOTS; i++) {
                    free.add(slots++);
                }
            }
            int slot = free.poll();
            if (slot >= SLOTS) {
                return -1;
            }
            owned[slot] = true;
            return slot;
        }

        public boolean isInside(int slot) {
            return inside[slot];
        }

        public int owned() {
            return slots - free.size();
        }
    }

    /** Planted: whether a slot is owned stands beside its word, so a late user enters between the look at the one and the CAS of the other. */
    @Param(name = "slot", gen = IntGen.class, conf = "0:1")
    public static class SlotsOwnedBesideTheirWord {
        private static final long IDLE = 0;

        private final Region region = Region.allocate(4096, false);
        private final AtomicIntegerArray owned = new AtomicIntegerArray(new int[] {1, 1});

        private long word(int slot) {
            return region.address() + (long) slot * EpochSlotLayout.SIZE_BYTES;
        }

        @Operation
        public boolean tryEnter(@Param(name = "slot") int slot) {
            return owned.get(slot) == 1 && Words.announce(word(slot), IDLE, 1);
        }

        @Operation
        public boolean release(@Param(name = "slot") int slot) {
            return Words.getVolatile(word(slot)) == IDLE && owned.compareAndSet(slot, 1, 0);
        }

        @Operation
        public boolean isInside(@Param(name = "slot") int slot) {
            return Words.getVolatile(word(slot)) != IDLE;
        }
    }

    @Test
    void shouldHoldInEveryInterleaving() {
        Models.assertHoldsInEveryInterleaving(Slots.class, Specification.class);
    }

    @Test
    void shouldHoldUnderStress() {
        Models.assertHoldsUnderStress(Slots.class, Specification.class);
    }

    @Test
    void shouldCatchASlotGivenBackUnderALateUser() {
        Models.assertCaught(SlotsOwnedBesideTheirWord.class, Specification.class);
    }
}
