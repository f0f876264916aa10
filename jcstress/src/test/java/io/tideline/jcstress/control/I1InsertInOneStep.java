package io.tideline.jcstress.control;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tideline.hlog.LogAddress;
import io.tideline.index.BucketLayout;
import io.tideline.index.OneBucket;
import io.tideline.memory.Words;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** The control of I1: an insert that takes the first free place by one compare-and-set and does not look at the bucket again. */
@JCStressTest
@State
@Outcome(id = "2", expect = ACCEPTABLE_INTERESTING, desc = "The tag has two entries.")
@Outcome(id = "1", expect = ACCEPTABLE, desc = "This time nothing happened.")
@Outcome(expect = FORBIDDEN, desc = "The entry is missing.")
public class I1InsertInOneStep {
    private static final int TAG = 5;
    private static final int OTHER_TAG = 6;

    final OneBucket bucket = OneBucket.take();

    public I1InsertInOneStep() {
        Words.setRelease(bucket.address, BucketLayout.entry(OneBucket.hash(OTHER_TAG), LogAddress.CHAIN_END) | BucketLayout.TENTATIVE);
    }

    private void insertInOneStep() {
        for (;;) {
            long place = 0;
            for (int at = 0; at < BucketLayout.ENTRIES_BYTES; at += 8) {
                long entry = Words.getAcquire(bucket.address + at);
                if (BucketLayout.matches(entry, OneBucket.hash(TAG))) {
                    return;
                }
                place = place == 0 && entry == 0 ? bucket.address + at : place;
            }
            if (Words.compareAndSet(place, 0, BucketLayout.entry(OneBucket.hash(TAG), LogAddress.CHAIN_END))) {
                return;
            }
        }
    }

    @Actor
    public void giveUpAndInsert() {
        Words.setRelease(bucket.address, 0);
        insertInOneStep();
    }

    @Actor
    public void insert() {
        insertInOneStep();
    }

    @Arbiter
    public void count(I_Result result) {
        result.r1 = bucket.entries(TAG);
    }
}
