package io.tideline.epoch;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tideline.jcstress.Ring;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * The life of a slot: claimed, entered, left, given back, claimed again. Owning it and being inside are told by one word, so a slot with
 * somebody inside cannot be given back, and one that was given back lets nobody in and comes clean to its next owner.
 */
public final class EpochTableStress {
    private static final int COUNTER = EpochSlotLayout.OWNER_WORDS_OFFSET;

    private EpochTableStress() {
    }

    /** Whether the table took the slot back. */
    private static boolean release(EpochTable table, long slot) {
        try {
            table.release(slot);
            return true;
        } catch (IllegalStateException somebodyInside) {
            return false;
        }
    }

    /** A late user of a slot against the owner who gives it back. */
    @JCStressTest
    @State
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "The user is inside, and giving the slot back was refused.")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The slot was given back and let nobody in.")
    @Outcome(id = "true, true", expect = FORBIDDEN, desc = "A slot was given back with somebody inside: its next owner would share it.")
    @Outcome(id = "false, false", expect = FORBIDDEN, desc = "Both were refused, by nobody.")
    public static class E4EnterAgainstRelease {
        private static final Ring<EpochTable> TABLES = new Ring<>(() -> new EpochTable(Waits.SYSTEM, 2));

        final EpochTable table = TABLES.next();
        final long slot = table.claim("owner");
        private final long idle = EpochTable.idleWord(slot);

        @Actor
        public void enter(ZZ_Result result) {
            result.r1 = Words.announce(slot, idle, 1);
        }

        @Actor
        public void release(ZZ_Result result) {
            result.r2 = EpochTableStress.release(table, slot);
        }

        @Arbiter
        public void giveBack(ZZ_Result result) {
            if (!result.r2) {
                Words.setRelease(slot, EpochTable.idleWord(slot));
                table.release(slot);
            }
        }
    }

    /** The owner gives a slot back in which it counted, while another claims one: maybe this very slot. */
    @JCStressTest
    @State
    @Outcome(id = "clean", expect = ACCEPTABLE, desc = "The slot is idle, and its counters are zero.")
    @Outcome(id = "stale", expect = FORBIDDEN, desc = "The next owner found counters of the last one.")
    @Outcome(id = "shut", expect = FORBIDDEN, desc = "The next owner cannot enter the slot.")
    public static class E4ReleaseAgainstClaim {
        private static final Ring<EpochTable> TABLES = new Ring<>(() -> new EpochTable(Waits.SYSTEM, 2));

        final EpochTable table = TABLES.next();
        final long slot = table.claim("owner");
        private long claimed;

        public E4ReleaseAgainstClaim() {
            Words.set(slot + COUNTER, 7);
        }

        @Actor
        public void release() {
            table.release(slot);
        }

        @Actor
        public void claim(L_Result result) {
            claimed = table.claim("next owner");
            result.r1 = Words.get(claimed + COUNTER) != 0 ? "stale" : Words.announce(claimed, EpochTable.idleWord(claimed), 1) ? "clean" : "shut";
        }

        @Arbiter
        public void giveBack(L_Result result) {
            Words.setRelease(claimed, EpochTable.idleWord(claimed));
            table.release(claimed);
        }
    }

    /** A late user of the first owner, while that gives the slot back from inside and the next one takes it. */
    @JCStressTest
    @State
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The late user was refused, and the next owner entered.")
    @Outcome(id = "true, .*", expect = FORBIDDEN, desc = "The late user got into a slot that its owner had left for good.")
    @Outcome(id = "false, false", expect = FORBIDDEN, desc = "The next owner was disturbed.")
    public static class E4LateUserAgainstNextOwner {
        private static final Ring<EpochTable> TABLES = new Ring<>(() -> new EpochTable(Waits.SYSTEM, 1));

        final EpochTable table = TABLES.next();
        final long slot = table.claim("first owner");
        private final long idle = EpochTable.idleWord(slot);

        public E4LateUserAgainstNextOwner() {
            Words.announce(slot, idle, 1);
        }

        @Actor
        public void lateUser(ZZ_Result result) {
            result.r1 = Words.announce(slot, idle, 2);
        }

        @Actor
        public void owners(ZZ_Result result) {
            Words.setRelease(slot, EpochSlotLayout.UNOWNED);
            table.release(slot);
            result.r2 = table.claim("next owner") == slot && Words.announce(slot, EpochTable.idleWord(slot), 3);
        }

        @Arbiter
        public void giveBack(ZZ_Result result) {
            Words.setRelease(slot, EpochSlotLayout.UNOWNED);
            table.release(slot);
        }
    }

    /** Two claim at once. */
    @JCStressTest
    @State
    @Outcome(id = "two", expect = ACCEPTABLE, desc = "Each has a slot of its own, and both can be inside.")
    @Outcome(id = "one", expect = FORBIDDEN, desc = "One slot was handed out twice.")
    public static class E4TwoClaims {
        private static final Ring<EpochTable> TABLES = new Ring<>(() -> new EpochTable(Waits.SYSTEM, 2));

        final EpochTable table = TABLES.next();
        private long one;
        private long other;

        @Actor
        public void one() {
            one = table.claim("one");
            Words.announce(one, EpochTable.idleWord(one), 1);
        }

        @Actor
        public void other() {
            other = table.claim("other");
            Words.announce(other, EpochTable.idleWord(other), 2);
        }

        @Arbiter
        public void giveBack(L_Result result) {
            result.r1 = one != other && Words.get(one) == 1 && Words.get(other) == 2 ? "two" : "one";
            Words.setRelease(one, EpochTable.idleWord(one));
            table.release(one);
            if (one != other) {
                Words.setRelease(other, EpochTable.idleWord(other));
                table.release(other);
            }
        }
    }
}
