package io.tideline.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.J_Result;
import org.openjdk.jcstress.infra.results.L_Result;

/**
 * Operations of a whole store on a key whose record is just leaving the memory, or has left it, while another one's appends push the head on.
 * The store's own threads flush and evict.
 */
public final class EvictionStress {
    private static final long BALLAST_KEYS = 1L << 40;
    /** What a state appends when it is made: so much that the states under way take twice the store's memory. */
    private static final byte[] BALLAST = new byte[96];
    private static final byte[] PUSH = new byte[480];

    private EvictionStress() {
    }

    private static FreshKeys.Cell put(FreshKeys keys, long value) {
        FreshKeys.Cell cell = keys.next();
        cell.store().put(cell.key(), value);
        cell.store().put(cell.key() | BALLAST_KEYS, BALLAST);
        return cell;
    }

    private static void push(FreshKeys.Cell cell) {
        cell.store().put(cell.key() | 2 * BALLAST_KEYS, PUSH);
    }

    /** A read, which compares the record's address with the head and then reads it, here or on the device. */
    @JCStressTest
    @State
    @Outcome(id = "old", expect = ACCEPTABLE, desc = "The reader has the value.")
    @Outcome(id = "absent", expect = FORBIDDEN, desc = "The record was neither in memory nor on the device.")
    @Outcome(expect = FORBIDDEN, desc = "The reader took the bytes of another page for the record's.")
    public static class L8GetAgainstHeadShift {
        private static final FreshKeys KEYS = FreshKeys.spilling();

        final FreshKeys.Cell cell = put(KEYS, Pattern.OLD_WORD);

        @Actor
        public void reader(L_Result result) {
            result.r1 = Pattern.nameOf(cell.store().get(cell.key(), Pattern.ABSENT));
        }

        @Actor
        public void writer() {
            push(cell);
        }
    }

    /** Two add, each at the key's newest record wherever it is by then. */
    @JCStressTest
    @State
    @Outcome(id = "111", expect = ACCEPTABLE, desc = "Both additions are in the sum.")
    @Outcome(id = {"101", "110"}, expect = FORBIDDEN, desc = "One took an entry for the one it had seen before it went to the device, and the other's addition is lost.")
    @Outcome(expect = FORBIDDEN, desc = "The sum is one that nobody wrote.")
    public static class I7AddAgainstAddAndEviction {
        private static final FreshKeys KEYS = FreshKeys.spilling();

        final FreshKeys.Cell cell = put(KEYS, 100);

        @Actor
        public void add() {
            cell.store().add(cell.key(), 1);
        }

        @Actor
        public void addAndPush() {
            cell.store().add(cell.key(), 10);
            push(cell);
        }

        @Arbiter
        public void sum(J_Result result) {
            result.r1 = cell.store().get(cell.key(), Pattern.ABSENT);
        }
    }
}
