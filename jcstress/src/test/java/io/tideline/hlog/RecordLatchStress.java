package io.tideline.hlog;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tideline.jcstress.Ring;
import io.tideline.memory.Words;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJ_Result;
import org.openjdk.jcstress.infra.results.ZZJ_Result;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * The latch of a record. Lock and seal are states of one word, each taken by a compare-and-set from the free word that was read before:
 * so a change and a change, a change and a copy, and a copy and a copy exclude each other, and what was decided on a free word is void
 * once anybody else was there.
 */
public final class RecordLatchStress {
    private static final long VALUE_OFFSET = RecordLayout.LONG_TO_LONG_VALUE_OFFSET;
    private static final long FREE_WORD = RecordLayout.FREE | RecordLayout.LONG_TO_LONG;

    private RecordLatchStress() {
    }

    private static long freeRecord(Ring<Long> memory) {
        long record = memory.next();
        Words.set(record + VALUE_OFFSET, 0);
        Words.setVolatile(record + RecordLayout.STATE_OFFSET, FREE_WORD);
        return record;
    }

    /** Two add under the lock, each as often as it takes. */
    @JCStressTest
    @State
    @Outcome(id = "11, 2", expect = ACCEPTABLE, desc = "Both additions are there, and the record counted two changes.")
    @Outcome(id = ".*, 2", expect = FORBIDDEN, desc = "An addition was lost: two were under the lock at once.")
    @Outcome(expect = FORBIDDEN, desc = "The record counted a change that did not happen, or missed one.")
    public static class I6LockAgainstLock {
        private static final Ring<Long> MEMORY = Ring.ofMemory(RecordLayout.LONG_TO_LONG_BYTES);

        final long record = freeRecord(MEMORY);

        private void add(long delta) {
            for (;;) {
                long freeWord = Words.getAcquire(record + RecordLayout.STATE_OFFSET);
                if (RecordLayout.state(freeWord) == RecordLayout.FREE && RecordLatch.tryLock(record, freeWord)) {
                    Words.set(record + VALUE_OFFSET, Words.get(record + VALUE_OFFSET) + delta);
                    RecordLatch.unlock(record, freeWord);
                    return;
                }
                Thread.onSpinWait();
            }
        }

        @Actor
        public void one() {
            add(1);
        }

        @Actor
        public void other() {
            add(10);
        }

        @Arbiter
        public void sum(JJ_Result result) {
            result.r1 = Words.get(record + VALUE_OFFSET);
            result.r2 = Words.get(record + RecordLayout.STATE_OFFSET) - FREE_WORD;
        }
    }

    /** A change in place against a copy to elsewhere, both decided on the same free word. */
    @JCStressTest
    @State
    @Outcome(id = "true, false, -1", expect = ACCEPTABLE, desc = "The change won; the copy must be decided anew.")
    @Outcome(id = "false, true, 0", expect = ACCEPTABLE, desc = "The seal won, and what was copied is what stays.")
    @Outcome(id = "true, true, .*", expect = FORBIDDEN, desc = "Changed and copied: the change is lost with the old record.")
    @Outcome(expect = FORBIDDEN, desc = "Nobody won, or the copy is of a change that was refused.")
    public static class I6LockAgainstSeal {
        private static final Ring<Long> MEMORY = Ring.ofMemory(RecordLayout.LONG_TO_LONG_BYTES);

        final long record = freeRecord(MEMORY);

        @Actor
        public void change(ZZJ_Result result) {
            result.r1 = RecordLatch.tryLock(record, FREE_WORD);
            if (result.r1) {
                Words.setRelease(record + VALUE_OFFSET, 1);
                RecordLatch.unlock(record, FREE_WORD);
            }
        }

        @Actor
        public void copy(ZZJ_Result result) {
            result.r2 = RecordLatch.trySeal(record, FREE_WORD);
            result.r3 = result.r2 ? Words.getAcquire(record + VALUE_OFFSET) : -1;
        }
    }

    /** Two copies. */
    @JCStressTest
    @State
    @Outcome(id = {"true, false", "false, true"}, expect = ACCEPTABLE, desc = "One of them sealed the record.")
    @Outcome(id = "true, true", expect = FORBIDDEN, desc = "Both sealed the record, so both would publish a copy of it.")
    @Outcome(id = "false, false", expect = FORBIDDEN, desc = "Neither sealed a free record.")
    public static class I6SealAgainstSeal {
        private static final Ring<Long> MEMORY = Ring.ofMemory(RecordLayout.LONG_TO_LONG_BYTES);

        final long record = freeRecord(MEMORY);

        @Actor
        public void one(ZZ_Result result) {
            result.r1 = RecordLatch.trySeal(record, FREE_WORD);
        }

        @Actor
        public void other(ZZ_Result result) {
            result.r2 = RecordLatch.trySeal(record, FREE_WORD);
        }
    }
}
