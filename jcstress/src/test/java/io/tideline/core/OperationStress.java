package io.tideline.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.J_Result;
import org.openjdk.jcstress.infra.results.LLJ_Result;
import org.openjdk.jcstress.infra.results.LLL_Result;

/** Two writing operations of the whole store on one key: what each was told and what is there in the end fit one order of the two. */
public final class OperationStress {
    private static final long ABSENT = -1;

    private OperationStress() {
    }

    /** An addition that takes its time, a different one each time, between reading the old value and writing the new one. */
    private static final class SlowAdd implements LongRmw {
        private final int maxTurns;
        private int turns;

        SlowAdd(int maxTurns) {
            this.maxTurns = maxTurns;
        }

        @Override
        public long onAbsent(long operand) {
            throw new AssertionError("the key is there from the begin");
        }

        @Override
        public long onPresent(long old, long operand) {
            turns = (turns + 1) % maxTurns;
            for (int turn = 0; turn < turns; turn++) {
                Thread.onSpinWait();
            }
            return old + operand;
        }
    }

    /**
     * One adds in place, if it still takes the record for mutable; the other makes the record read-only, and adds to a copy. The copy is made
     * under a seal, and the addition in place under the lock of the same word, so either the copy has it or it fails and comes again.
     */
    @JCStressTest
    @State
    @Outcome(id = "111", expect = ACCEPTABLE, desc = "Both additions are in the sum.")
    @Outcome(id = "110", expect = FORBIDDEN, desc = "The addition in place was lost: it came behind the copy, in the old place.")
    @Outcome(id = "101", expect = FORBIDDEN, desc = "The addition to the copy was lost.")
    @Outcome(expect = FORBIDDEN, desc = "The sum is one that nobody wrote.")
    public static class L4AddInPlaceAgainstReadOnlyShift {
        private static final FreshKeys KEYS = new FreshKeys(3 * 32);

        private static final SlowAdd IN_PLACE = new SlowAdd(127);
        private static final SlowAdd TO_COPY = new SlowAdd(61);

        final FreshKeys.Cell cell = KEYS.next();
        final long behindTheRecord;

        public L4AddInPlaceAgainstReadOnlyShift() {
            cell.store().put(cell.key(), 100);
            behindTheRecord = cell.store().kernel().log.tail();
        }

        @Actor
        public void addInPlace() {
            cell.store().rmw(cell.key(), IN_PLACE, 1, null);
        }

        @Actor
        public void shiftAndAddToCopy() {
            cell.store().kernel().log.shiftReadOnly(behindTheRecord);
            cell.store().rmw(cell.key(), TO_COPY, 10, null);
        }

        @Arbiter
        public void sum(J_Result result) {
            result.r1 = cell.store().get(cell.key(), ABSENT);
        }
    }

    /**
     * A group adds to two keys whose records are read-only, by copies that it prepares side by side; another adds to one of them meanwhile. The group
     * publishes its copy of that one only in the place of the record that it was made of.
     */
    @JCStressTest
    @State
    @Outcome(id = "111", expect = ACCEPTABLE, desc = "Both additions are in the sum.")
    @Outcome(id = "101", expect = FORBIDDEN, desc = "The group published a copy in front of a record that it had not seen.")
    @Outcome(id = "110", expect = FORBIDDEN, desc = "The other published a copy in front of one that it had not seen.")
    @Outcome(expect = FORBIDDEN, desc = "The sum is one that nobody wrote.")
    public static class L4GroupOfCopiesAgainstAdd {
        private static final long SECOND_KEYS = 1L << 40;
        private static final FreshKeys KEYS = new FreshKeys(6 * 32);

        final FreshKeys.Cell cell = KEYS.next();

        public L4GroupOfCopiesAgainstAdd() {
            cell.store().put(cell.key(), 100);
            cell.store().put(cell.key() | SECOND_KEYS, 100);
            cell.store().kernel().log.shiftReadOnly(cell.store().kernel().log.tail());
        }

        @Actor
        public void addToBoth() {
            cell.store().rmwAll(new long[] {cell.key() | SECOND_KEYS, cell.key()}, 0, 2, Update.ADD, 1);
        }

        @Actor
        public void addToOne() {
            cell.store().add(cell.key(), 10);
        }

        @Arbiter
        public void sum(J_Result result) {
            result.r1 = cell.store().get(cell.key(), ABSENT);
        }
    }

    /**
     * A group adds to two keys that nobody has made, by records that it prepares side by side; another adds to one of them meanwhile. The group makes an entry
     * of that one only where there is none.
     */
    @JCStressTest
    @State
    @Outcome(id = "11", expect = ACCEPTABLE, desc = "Both additions are in the sum.")
    @Outcome(id = {"1", "10"}, expect = FORBIDDEN, desc = "Both made the key: one addition is lost.")
    @Outcome(expect = FORBIDDEN, desc = "The sum is one that nobody wrote.")
    public static class I1GroupOfNewKeysAgainstAdd {
        private static final long SECOND_KEYS = 1L << 40;
        private static final FreshKeys KEYS = new FreshKeys(4 * 32);

        final FreshKeys.Cell cell = KEYS.next();

        @Actor
        public void addToBoth() {
            cell.store().rmwAll(new long[] {cell.key() | SECOND_KEYS, cell.key()}, 0, 2, Update.ADD, 1);
        }

        @Actor
        public void addToOne() {
            cell.store().add(cell.key(), 10);
        }

        @Arbiter
        public void sum(J_Result result) {
            result.r1 = cell.store().get(cell.key(), ABSENT);
        }
    }

    /** Two insert the same key if it is absent, and one of them does. */
    @JCStressTest
    @State
    @Outcome(id = {"CREATED, FOUND, 1", "FOUND, CREATED, 2"}, expect = ACCEPTABLE, desc = "One created the key, and its value is there.")
    @Outcome(id = "CREATED, CREATED, .*", expect = FORBIDDEN, desc = "Both created the key: one value is lost.")
    @Outcome(expect = FORBIDDEN, desc = "The key was found before it was created, or has another value.")
    public static class I1TwoInsertsOfOneKey {
        private static final FreshKeys KEYS = new FreshKeys(2 * 32);

        final FreshKeys.Cell cell = KEYS.next();

        @Actor
        public void one(LLJ_Result result) {
            result.r1 = cell.store().putIfAbsent(cell.key(), 1);
        }

        @Actor
        public void other(LLJ_Result result) {
            result.r2 = cell.store().putIfAbsent(cell.key(), 2);
        }

        @Arbiter
        public void get(LLJ_Result result) {
            result.r3 = cell.store().get(cell.key(), ABSENT);
        }
    }

    /**
     * An insert against a delete. This version never takes an index entry back: a delete leaves a tombstone in the record, the entry goes on
     * leading to it, and an insert that meets it makes a new record in front. So what could go wrong is not the entry but the pair: a put that
     * goes into the deleted record and is lost with it, or that takes the tombstone away while it notes the new slack in the same word.
     */
    @JCStressTest
    @State
    @Outcome(id = "UPDATED_IN_PLACE, TOMBSTONED, absent", expect = ACCEPTABLE, desc = "The put came first, and the delete ended it.")
    @Outcome(id = "CREATED, TOMBSTONED, new", expect = ACCEPTABLE, desc = "The delete came first, and the put made the key anew.")
    @Outcome(id = "UPDATED_IN_PLACE, TOMBSTONED, new", expect = FORBIDDEN, desc = "The delete was lost.")
    @Outcome(id = "CREATED, TOMBSTONED, absent", expect = FORBIDDEN, desc = "The put was lost with the record that was deleted before.")
    @Outcome(expect = FORBIDDEN, desc = "What the two were told fits no order.")
    public static class I2PutAgainstDelete {
        private static final FreshKeys KEYS = new FreshKeys(3 * 64);
        private static final Pattern VALUE = new Pattern(24, 16);

        final FreshKeys.Cell cell = KEYS.next();

        public I2PutAgainstDelete() {
            VALUE.putOld(cell);
        }

        @Actor
        public void put(LLL_Result result) {
            result.r1 = VALUE.putNew(cell);
        }

        @Actor
        public void delete(LLL_Result result) {
            result.r2 = cell.store().delete(cell.key());
        }

        @Arbiter
        public void get(LLL_Result result) {
            result.r3 = new Pattern(24, 16).read(cell); // not VALUE: states are judged by two threads
        }
    }
}
