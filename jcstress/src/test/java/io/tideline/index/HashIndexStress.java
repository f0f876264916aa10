package io.tideline.index;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IIZ_Result;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.J_Result;
import org.openjdk.jcstress.infra.results.ZZJ_Result;

/** Two writers at one bucket: a tag has one entry, an entry has one next value, and a bucket has one successor. */
public final class HashIndexStress {
    private HashIndexStress() {
    }

    /**
     * Two insert the same tag, one of them behind another tag: so the first free place changes from look to look. Two entries of one tag would split its chain, and records of
     * the entry behind would be lost. That everybody takes the first place that he finds free keeps that from happening; in the control one does not.
     */
    @JCStressTest
    @State
    @Outcome(id = "1, 1, true", expect = ACCEPTABLE, desc = "The tag has one entry, and both were led to it.")
    @Outcome(id = "2, .*, .*", expect = FORBIDDEN, desc = "The tag has two entries.")
    @Outcome(expect = FORBIDDEN, desc = "An entry is missing or double, or the two were led to different places.")
    public static class I1TwoInsertsOfOneTag {
        private static final int TAG = 5;
        private static final int OTHER_TAG = 6;

        final OneBucket bucket = OneBucket.take();
        final Slot one = new Slot();
        final Slot other = new Slot();

        @Actor
        public void insertBehindAnother() {
            bucket.insert(OTHER_TAG, one);
            bucket.insert(TAG, one);
        }

        @Actor
        public void insertAsAGroupDoes() {
            bucket.insertFound(TAG, other);
        }

        @Arbiter
        public void count(IIZ_Result result) {
            result.r1 = bucket.entries(TAG);
            result.r2 = bucket.entries(OTHER_TAG);
            result.r3 = one.entryAddress == other.entryAddress;
        }
    }

    /** Two publish a record over the same entry: the one that comes second must learn of it, or the first one's record is lost. */
    @JCStressTest
    @State
    @Outcome(id = "true, false, 128", expect = ACCEPTABLE, desc = "The first won, and its record is published.")
    @Outcome(id = "false, true, 192", expect = ACCEPTABLE, desc = "The second won, and its record is published.")
    @Outcome(id = "true, true, .*", expect = FORBIDDEN, desc = "Both were told that they won: one record is lost.")
    @Outcome(expect = FORBIDDEN, desc = "The winner's record is not published, or nobody won.")
    public static class I3TwoUpdatesOfOneEntry {
        private static final int TAG = 5;

        final OneBucket bucket = OneBucket.take();
        final Slot one = new Slot();
        final Slot other = new Slot();

        public I3TwoUpdatesOfOneEntry() {
            bucket.insert(TAG, one);
            bucket.insert(TAG, other);
        }

        @Actor
        public void one(ZZJ_Result result) {
            result.r1 = bucket.index.compareAndSet(one, 128);
        }

        @Actor
        public void other(ZZJ_Result result) {
            result.r2 = bucket.index.compareAndSet(other, 192);
        }

        @Arbiter
        public void find(ZZJ_Result result) {
            result.r3 = bucket.index.find(OneBucket.hash(TAG));
        }
    }

    /** Two insert different tags into a full bucket: both lengthen the chain, and the link of one must not cover that of the other. */
    @JCStressTest
    @State
    @Outcome(id = "1, 1, 1", expect = ACCEPTABLE, desc = "Both entries are found, in one overflow bucket.")
    @Outcome(id = "1, 1, .*", expect = FORBIDDEN, desc = "An overflow bucket too many is in use: the loser did not give its own back.")
    @Outcome(expect = FORBIDDEN, desc = "An entry is lost or doubled: it was written behind a link that another one replaced.")
    public static class I4TwoLinksOfAnOverflowBucket {
        final OneBucket bucket = OneBucket.take();
        final Slot one = new Slot();
        final Slot other = new Slot();

        public I4TwoLinksOfAnOverflowBucket() {
            for (int tag = 1; tag <= BucketLayout.ENTRIES; tag++) {
                bucket.insert(tag, one);
            }
        }

        @Actor
        public void one() {
            bucket.insert(100, one);
        }

        @Actor
        public void other() {
            bucket.insert(200, other);
        }

        @Arbiter
        public void count(III_Result result) {
            result.r1 = bucket.entries(100);
            result.r2 = bucket.entries(200);
            result.r3 = (int) bucket.index.overflowBuckets();
        }
    }

    /**
     * An update that saw the entry a long time ago, as one does that waited for the device, against two that came meanwhile. Addresses are used
     * once, so the entry never looks again as it did then, whatever became of the record. The control uses one twice.
     */
    @JCStressTest
    @State
    @Outcome(id = "121", expect = ACCEPTABLE, desc = "All three additions are in the sum.")
    @Outcome(id = "101", expect = FORBIDDEN, desc = "The late update took a newer entry for the one it saw: two additions are lost.")
    @Outcome(expect = FORBIDDEN, desc = "An addition was lost.")
    public static class I7LateUpdateAgainstTwo {
        final SumInBucket sum = new SumInBucket(100);
        final SumInBucket.Update late = sum.update(1);

        @Actor
        public void publishLate() {
            late.publish(2);
        }

        @Actor
        public void addTwice() {
            sum.update(10).publish(3);
            sum.update(10).publish(4);
        }

        @Arbiter
        public void sum(J_Result result) {
            result.r1 = sum.sum();
        }
    }
}
