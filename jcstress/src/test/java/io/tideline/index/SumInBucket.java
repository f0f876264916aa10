package io.tideline.index;

import io.tideline.jcstress.Ring;
import io.tideline.memory.Words;

/** An entry of a bucket and the records behind it, each a sum: what an update makes of the newest one it saw. */
public final class SumInBucket {
    private static final int TAG = 5;
    private static final int RECORD_BYTES = 64;
    private static final int RECORDS = 8;
    private static final Ring<Long> MEMORY = Ring.ofMemory(RECORDS * 8);

    /** Where the record is that stands there from the begin. */
    public static final int FIRST = 1;

    private final OneBucket bucket = OneBucket.take();
    private final long sums = MEMORY.next();

    /** An update that saw the newest record, and is about to publish its own. */
    public final class Update {
        private final Slot slot = new Slot();
        private final int addend;
        private long seen;

        private Update(int addend) {
            this.addend = addend;
            look();
        }

        private void look() {
            bucket.insert(TAG, slot);
            seen = Words.getAcquire(place((int) slot.address() / RECORD_BYTES));
        }

        /** Writes the sum into record {@code number} and publishes that; false if the entry is not what the update saw. */
        public boolean tryPublish(int number) {
            Words.setRelease(place(number), seen + addend);
            return bucket.index.compareAndSet(slot, (long) number * RECORD_BYTES);
        }

        /** Publishes the sum as record {@code number}, on what is there then if the entry changes meanwhile. */
        public void publish(int number) {
            while (!tryPublish(number)) {
                look();
            }
        }
    }

    public SumInBucket(int sum) {
        Slot slot = new Slot();
        bucket.insert(TAG, slot);
        Words.set(place(FIRST), sum);
        bucket.index.compareAndSet(slot, FIRST * RECORD_BYTES);
    }

    private long place(int number) {
        return sums + number * 8L;
    }

    /** Begins to add to the newest sum. */
    public Update update(int addend) {
        return new Update(addend);
    }

    /** The newest sum. */
    public long sum() {
        return Words.get(place((int) bucket.index.find(OneBucket.hash(TAG)) / RECORD_BYTES));
    }
}
