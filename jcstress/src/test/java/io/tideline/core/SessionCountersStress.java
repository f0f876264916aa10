package io.tideline.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tideline.jcstress.Ring;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJ_Result;
import org.openjdk.jcstress.infra.results.ZJ_Result;

/**
 * The counters behind {@link Store#stats()}: words that only who is inside the session writes, by a load and a store. That loses no count as long as
 * nobody else is inside, and a number of created keys may be read before it is final, but never before the keys are there.
 */
public final class SessionCountersStress {
    private SessionCountersStress() {
    }

    /** A session, and two keys that only its states use. */
    private static final class Counted {
        private static final Store STORE = Store.open(StoreConfig.builder().pageSize(1 << 20).memory(4L << 30).buckets(4 * Ring.SIZE).hashSeed(1)
                .hugePages(false).build());
        private static final Ring<Counted> SESSIONS = new Ring<>(Counted::new);
        private static long keys;

        private final Session session = STORE.openSession();
        private final long firstKey = keys++;
        private final long secondKey = keys++;
        private long createdBefore;
        private long serialBefore;

        static Counted take() {
            Counted counted = SESSIONS.next();
            counted.createdBefore = counted.session.counted(Counter.CREATED);
            counted.serialBefore = counted.session.serial();
            return counted;
        }

        long created() {
            return session.counted(Counter.CREATED) - createdBefore;
        }

        void forgetKeys() {
            STORE.delete(firstKey);
            STORE.delete(secondKey);
        }
    }

    /** Two threads use one session, one after the other: the later one is refused until the earlier one left, and takes its counters over. */
    @JCStressTest
    @State
    @Outcome(id = "2, 2", expect = ACCEPTABLE, desc = "Both keys and both operations were counted.")
    @Outcome(expect = FORBIDDEN, desc = "A count was lost or made up: two were inside, or one did not see what the other left.")
    public static class S7CountersPassedOn {
        final Counted counted = Counted.take();

        private void create(long key) {
            for (boolean done = false; !done;) {
                try {
                    counted.session.put(key, 1);
                    done = true;
                } catch (IllegalStateException otherIsInside) {
                    Thread.onSpinWait();
                }
            }
        }

        @Actor
        public void one() {
            create(counted.firstKey);
        }

        @Actor
        public void other() {
            create(counted.secondKey);
        }

        @Arbiter
        public void count(JJ_Result result) {
            result.r1 = counted.created();
            result.r2 = counted.session.serial() - counted.serialBefore;
            counted.forgetKeys();
        }
    }

    /** A look at the counter while its session creates two keys. */
    @JCStressTest
    @State
    @Outcome(id = "true, 2", expect = ACCEPTABLE, desc = "The count only grew, its keys were there, and in the end it is exact.")
    @Outcome(id = "false, .*", expect = FORBIDDEN, desc = "The count fell, or a key was counted that is not there yet.")
    @Outcome(expect = FORBIDDEN, desc = "A count was lost or made up.")
    public static class S7CountersLookedAt {
        final Counted counted = Counted.take();

        @Actor
        public void session() {
            counted.session.put(counted.firstKey, 1);
            counted.session.put(counted.secondKey, 1);
        }

        @Actor
        public void looker(ZJ_Result result) {
            long before = counted.created();
            long after = counted.created();
            boolean areThere = (after < 1 || Counted.STORE.contains(counted.firstKey)) && (after < 2 || Counted.STORE.contains(counted.secondKey));
            result.r1 = before <= after && areThere;
        }

        @Arbiter
        public void count(ZJ_Result result) {
            result.r2 = counted.created();
            counted.forgetKeys();
        }
    }
}
