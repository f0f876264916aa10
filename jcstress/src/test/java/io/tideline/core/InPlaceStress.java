package io.tideline.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/**
 * A reader against a writer who changes the value where it stands. A value of 8 bytes is one word, which is never torn; a longer one is
 * read between two looks at the record's state word, and thrown away unseen if a writer was there. The control shows what happens else.
 */
public final class InPlaceStress {
    private InPlaceStress() {
    }

    /** A value of one word, read by one load. */
    @JCStressTest
    @State
    @Outcome(id = {"old", "new"}, expect = ACCEPTABLE, desc = "The reader has one of the two values.")
    @Outcome(id = "torn", expect = FORBIDDEN, desc = "The reader has a part of each.")
    @Outcome(id = "absent", expect = FORBIDDEN, desc = "The key was gone for a moment.")
    public static class L3ValueOf8Bytes {
        private static final FreshKeys KEYS = new FreshKeys(32);

        final FreshKeys.Cell cell = KEYS.next();

        public L3ValueOf8Bytes() {
            cell.store().put(cell.key(), Pattern.OLD_WORD);
        }

        @Actor
        public void writer() {
            cell.store().put(cell.key(), Pattern.NEW_WORD);
        }

        @Actor
        public void reader(L_Result result) {
            result.r1 = Pattern.nameOf(cell.store().get(cell.key(), Pattern.ABSENT));
        }
    }

    /** A value of two words. */
    @JCStressTest
    @State
    @Outcome(id = {"old", "new"}, expect = ACCEPTABLE, desc = "The reader has one of the two values.")
    @Outcome(id = "torn", expect = FORBIDDEN, desc = "The reader has a part of each, or one with the length of the other.")
    @Outcome(id = "absent", expect = FORBIDDEN, desc = "The key was gone for a moment.")
    public static class L3ValueOf16Bytes {
        private static final FreshKeys KEYS = new FreshKeys(48);
        private static final Pattern VALUE = new Pattern(16, 16);

        final FreshKeys.Cell cell = KEYS.next();

        public L3ValueOf16Bytes() {
            VALUE.putOld(cell);
        }

        @Actor
        public void writer() {
            VALUE.putNew(cell);
        }

        @Actor
        public void reader(L_Result result) {
            result.r1 = VALUE.read(cell);
        }
    }

    /** A value of a cache line. */
    @JCStressTest
    @State
    @Outcome(id = {"old", "new"}, expect = ACCEPTABLE, desc = "The reader has one of the two values.")
    @Outcome(id = "torn", expect = FORBIDDEN, desc = "The reader has a part of each, or one with the length of the other.")
    @Outcome(id = "absent", expect = FORBIDDEN, desc = "The key was gone for a moment.")
    public static class L3ValueOf64Bytes {
        private static final FreshKeys KEYS = new FreshKeys(96);
        private static final Pattern VALUE = new Pattern(64, 64);

        final FreshKeys.Cell cell = KEYS.next();

        public L3ValueOf64Bytes() {
            VALUE.putOld(cell);
        }

        @Actor
        public void writer() {
            VALUE.putNew(cell);
        }

        @Actor
        public void reader(L_Result result) {
            result.r1 = VALUE.read(cell);
        }
    }

    /** A value that becomes shorter in its place: the length must be that of the bytes. */
    @JCStressTest
    @State
    @Outcome(id = {"old", "new"}, expect = ACCEPTABLE, desc = "The reader has one of the two values.")
    @Outcome(id = "torn", expect = FORBIDDEN, desc = "The reader has a part of each, or one with the length of the other.")
    @Outcome(id = "absent", expect = FORBIDDEN, desc = "The key was gone for a moment.")
    public static class L3ValueThatShrinks {
        private static final FreshKeys KEYS = new FreshKeys(96);
        private static final Pattern VALUE = new Pattern(64, 24);

        final FreshKeys.Cell cell = KEYS.next();

        public L3ValueThatShrinks() {
            VALUE.putOld(cell);
        }

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
