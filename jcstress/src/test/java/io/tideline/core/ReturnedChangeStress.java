package io.tideline.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.function.Consumer;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJ_Result;

/**
 * Each of two threads changes one key in place and then reads the other's key, inside a batch, where nothing but the end of the change stands between the two.
 * In any order of the four operations the read that comes last finds the change of the other. The control shows what happens when a store may wait behind a load.
 */
public final class ReturnedChangeStress {
    private static final long SECOND_KEYS = 1L << 40;
    private static final long ABSENT = -1;

    private ReturnedChangeStress() {
    }

    /** A key for each of the two, both mutable and 0. */
    private static FreshKeys.Cell twoKeys(FreshKeys keys) {
        FreshKeys.Cell cell = keys.next();
        cell.store().put(cell.key(), 0);
        cell.store().put(cell.key() | SECOND_KEYS, 0);
        return cell;
    }

    /** What is found of {@code other} right behind a change, in one batch. */
    private static long changeThenGet(FreshKeys.Cell cell, Consumer<Session> change, long other) {
        long[] found = new long[1];
        cell.store().batch(session -> {
            change.accept(session);
            found[0] = session.get(other, ABSENT);
        });
        return found[0];
    }

    /** Puts of values of 8 bytes. */
    @JCStressTest
    @State
    @Outcome(id = {"1, 1", "0, 1", "1, 0"}, expect = ACCEPTABLE, desc = "One of the two reads came behind both changes.")
    @Outcome(expect = FORBIDDEN, desc = "Both reads missed the change of the other, which had returned before that one's own read.")
    public static class L9PutThenGetTheOther {
        private static final FreshKeys KEYS = new FreshKeys(2 * 32);

        final FreshKeys.Cell cell = twoKeys(KEYS);

        private long putThenGet(long mine, long other) {
            return changeThenGet(cell, session -> session.put(mine, 1), other);
        }

        @Actor
        public void first(JJ_Result result) {
            result.r1 = putThenGet(cell.key(), cell.key() | SECOND_KEYS);
        }

        @Actor
        public void second(JJ_Result result) {
            result.r2 = putThenGet(cell.key() | SECOND_KEYS, cell.key());
        }
    }

    /** Additions and deletes: a key that is gone counts as changed. */
    @JCStressTest
    @State
    @Outcome(id = {"1, -1", "0, -1", "1, 0"}, expect = ACCEPTABLE, desc = "One of the two reads came behind both changes.")
    @Outcome(expect = FORBIDDEN, desc = "Both reads missed the change of the other, which had returned before that one's own read.")
    public static class L9ChangeThenGetTheOther {
        private static final FreshKeys KEYS = new FreshKeys(2 * 32);

        final FreshKeys.Cell cell = twoKeys(KEYS);

        @Actor
        public void delete(JJ_Result result) {
            result.r1 = changeThenGet(cell, session -> session.delete(cell.key()), cell.key() | SECOND_KEYS);
        }

        @Actor
        public void add(JJ_Result result) {
            result.r2 = changeThenGet(cell, session -> session.rmw(cell.key() | SECOND_KEYS, Update.ADD, 1, null), cell.key());
        }
    }

    /** New keys of a group, whose records and entries are made side by side. */
    @JCStressTest
    @State
    @Outcome(id = {"1, 1", "-1, 1", "1, -1"}, expect = ACCEPTABLE, desc = "One of the two reads came behind both groups.")
    @Outcome(expect = FORBIDDEN, desc = "Both reads missed the last key of the other group, which had returned before that one's own read.")
    public static class L9PutAllThenGetTheOther {
        private static final FreshKeys KEYS = new FreshKeys(4 * 32);
        private static final long[] VALUES = {1, 1};

        final FreshKeys.Cell cell = KEYS.next();

        private long putAllThenGet(long mine, long other) {
            long[] keys = {mine | 2 * SECOND_KEYS, mine};
            return changeThenGet(cell, session -> session.putAll(keys, VALUES, 0, keys.length), other);
        }

        @Actor
        public void first(JJ_Result result) {
            result.r1 = putAllThenGet(cell.key(), cell.key() | SECOND_KEYS);
        }

        @Actor
        public void second(JJ_Result result) {
            result.r2 = putAllThenGet(cell.key() | SECOND_KEYS, cell.key());
        }
    }
}
