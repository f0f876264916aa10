package io.tideline.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/**
 * A reader against the writer of a new key. The writer fills the record and then publishes its address in the index; whoever finds the
 * address finds the whole record. A record seen before its bytes would show zeros, or bytes of an earlier life of the memory.
 */
public final class PublicationStress {
    private PublicationStress() {
    }

    /** A value of one word. */
    @JCStressTest
    @State
    @Outcome(id = {"absent", "new"}, expect = ACCEPTABLE, desc = "The key is not there yet, or it is there with its value.")
    @Outcome(expect = FORBIDDEN, desc = "The record was published before its bytes were.")
    public static class L2ValueOf8Bytes {
        private static final FreshKeys KEYS = new FreshKeys(32);

        final FreshKeys.Cell cell = KEYS.next();

        @Actor
        public void writer() {
            cell.store().put(cell.key(), Pattern.NEW_WORD);
        }

        @Actor
        public void reader(L_Result result) {
            result.r1 = Pattern.nameOf(cell.store().get(cell.key(), Pattern.ABSENT));
        }
    }

    /** A value of a cache line. */
    @JCStressTest
    @State
    @Outcome(id = {"absent", "new"}, expect = ACCEPTABLE, desc = "The key is not there yet, or it is there with its value.")
    @Outcome(expect = FORBIDDEN, desc = "The record was published before its bytes were.")
    public static class L2ValueOf64Bytes {
        private static final FreshKeys KEYS = new FreshKeys(128);
        private static final Pattern VALUE = new Pattern(64, 64);

        final FreshKeys.Cell cell = KEYS.next();

        @Actor
        public void writer() {
            VALUE.putNew(cell);
        }

        @Actor
        public void reader(L_Result result) {
            result.r1 = VALUE.read(cell);
        }
    }

    /** A value of a page of memory, which is copied in bulk. */
    @JCStressTest
    @State
    @Outcome(id = {"absent", "new"}, expect = ACCEPTABLE, desc = "The key is not there yet, or it is there with its value.")
    @Outcome(expect = FORBIDDEN, desc = "The record was published before its bytes were.")
    public static class L2ValueOf4096Bytes {
        private static final FreshKeys KEYS = new FreshKeys(4160);
        private static final Pattern VALUE = new Pattern(4096, 4096);

        final FreshKeys.Cell cell = KEYS.next();

        @Actor
        public void writer() {
            VALUE.putNew(cell);
        }

        @Actor
        public void reader(L_Result result) {
            result.r1 = VALUE.read(cell);
        }
    }
}
