package io.tideline.jcstress.control;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tideline.hlog.LogAddress;
import io.tideline.index.BucketLayout;
import io.tideline.index.OneBucket;
import io.tideline.index.Slot;
import io.tideline.memory.Words;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** The control of I1: an insertion that looks through the bucket too, but takes the last free place. */
@JCStressTest
@State
@Outcome(id = "2", expect = ACCEPTABLE_INTERESTING, desc = "The tag has two entries.")
@Outcome(id = "1", expect = ACCEPTABLE, desc = "This time nothing happened.")
@Outcome(expect = FORBIDDEN, desc = "The entry is missing.")
public class I1InsertAtTheEnd {
    private static final int TAG = 5;

    final OneBucket bucket = OneBucket.take();
    final Slot slot = new Slot();

    @Actor
    public void insertAtTheEnd() {
        for (;;) {
            long place = 0;
            for (int at = 0; at < BucketLayout.ENTRIES_BYTES; at += 8) {
                long entry = Words.getAcquire(bucket.address + at);
                if (BucketLayout.matches(entry, OneBucket.hash(TAG))) {
                    return;
                }
                place = entry == 0 ? bucket.address + at : place;
            }
            if (Words.compareAndSet(place, 0, BucketLayout.entry(OneBucket.hash(TAG), LogAddress.CHAIN_END))) {
                return;
            }
        }
    }

    @Actor
    public void insert() {
        bucket.insert(TAG, slot);
    }

    @Arbiter
    public void count(I_Result result) {
        result.r1 = bucket.entries(TAG);
    }
}
