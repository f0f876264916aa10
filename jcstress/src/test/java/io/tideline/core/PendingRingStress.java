package io.tideline.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tideline.hlog.device.HeldDevice;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLZ_Result;
import org.openjdk.jcstress.infra.results.LZ_Result;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * Threads of the device, who say that an operation has ended, against the session that meets them again. Each operation is met once a start,
 * with all that the device said of it, also where the queue of them is full and goes round. The control of S1 shows what happens where two
 * of the device's threads may take one place.
 */
public final class PendingRingStress {
    private PendingRingStress() {
    }

    /** What the session met: each of two once, in whatever order. */
    private static String nameOf(WaitingPair pair, PendingOp first, PendingOp second) {
        if (first == null || second == null) {
            return "lost";
        }
        if (first == second || !(first == pair.one || first == pair.other) || !(second == pair.one || second == pair.other)) {
            return "twice";
        }
        return WaitingPair.isTold(first) && WaitingPair.isTold(second) ? "both" : "untold";
    }

    private static void giveBack(WaitingPair pair, PendingOp opOrNull) {
        if (opOrNull != null) {
            pair.ring.give(opOrNull);
        }
    }

    /** Two threads of the device. */
    @JCStressTest
    @State
    @Outcome(id = "both, true", expect = ACCEPTABLE, desc = "The session met both.")
    @Outcome(id = "lost, .*", expect = FORBIDDEN, desc = "One took the other's place in the queue: an operation is lost.")
    @Outcome(id = "twice, .*", expect = FORBIDDEN, desc = "The session met one operation twice.")
    @Outcome(id = "untold, .*", expect = FORBIDDEN, desc = "The session met an operation before what the device said of it.")
    @Outcome(expect = FORBIDDEN, desc = "An operation is still counted, or still in the queue.")
    public static class S1TwoThreadsOfTheDevice {
        final WaitingPair pair = WaitingPair.take();

        @Actor
        public void one() {
            pair.fail(pair.one);
        }

        @Actor
        public void other() {
            pair.fail(pair.other);
        }

        @Arbiter
        public void meet(LZ_Result result) {
            PendingOp first = pair.ring.poll();
            PendingOp second = pair.ring.poll();
            result.r1 = nameOf(pair, first, second);
            result.r2 = pair.isIdle();
            giveBack(pair, first);
            giveBack(pair, second);
        }
    }

    /** The session looks for ended operations, and starts another one in the place of the first, while the ring is full. */
    @JCStressTest
    @State
    @Outcome(id = "full, both, true", expect = ACCEPTABLE, desc = "The session met each once a start.")
    @Outcome(id = "room, .*", expect = FORBIDDEN, desc = "A full ring gave an operation away, for which its queue may have no place.")
    @Outcome(id = ".*, lost, .*", expect = FORBIDDEN, desc = "An operation is lost.")
    @Outcome(id = ".*, twice, .*", expect = FORBIDDEN, desc = "The session met one operation twice.")
    @Outcome(id = ".*, untold, .*", expect = FORBIDDEN, desc = "The session met an operation before what the device said of it.")
    @Outcome(expect = FORBIDDEN, desc = "The operation that was started again is lost, or still counted.")
    public static class S1FullRingGoesRound {
        final WaitingPair pair = WaitingPair.take();
        private PendingOp again;

        private PendingOp meet() {
            PendingOp op = pair.ring.poll();
            while (op == null) {
                Thread.onSpinWait();
                op = pair.ring.poll();
            }
            return op;
        }

        @Actor
        public void device() {
            pair.fail(pair.one);
            pair.fail(pair.other);
        }

        @Actor
        public void session(LLZ_Result result) {
            result.r1 = pair.ring.take() == null ? "full" : "room";
            PendingOp first = meet();
            boolean told = WaitingPair.isTold(first);
            pair.ring.give(first);
            again = pair.start();
            PendingOp second = meet();
            result.r2 = told ? nameOfSecond(first, second) : "untold";
            pair.ring.give(second);
        }

        private String nameOfSecond(PendingOp first, PendingOp second) {
            return second == first ? "twice" : WaitingPair.isTold(second) ? "both" : "untold";
        }

        @Arbiter
        public void end(LLZ_Result result) {
            pair.fail(again);
            PendingOp third = pair.ring.poll();
            result.r3 = third == again && pair.isIdle();
            giveBack(pair, third);
        }
    }

    /** The session waits, parked, for each of the two. A wake-up that is lost would leave it waiting, which the harness reports. */
    @JCStressTest
    @State
    @Outcome(id = "both, true", expect = ACCEPTABLE, desc = "The session met both.")
    @Outcome(id = "lost, .*", expect = FORBIDDEN, desc = "The session was woken and met nothing.")
    @Outcome(id = "twice, .*", expect = FORBIDDEN, desc = "The session met one operation twice.")
    @Outcome(id = "untold, .*", expect = FORBIDDEN, desc = "The session met an operation before what the device said of it.")
    @Outcome(expect = FORBIDDEN, desc = "An operation is still counted, or still in the queue.")
    public static class S1WaitAgainstEnd {
        final WaitingPair pair = WaitingPair.take();

        @Actor
        public void device() {
            pair.fail(pair.one);
            pair.fail(pair.other);
        }

        @Actor
        public void session(LZ_Result result) {
            PendingOp first = pair.ring.await();
            PendingOp second = pair.ring.await();
            result.r1 = nameOf(pair, first, second);
            result.r2 = pair.isIdle();
            giveBack(pair, first);
            giveBack(pair, second);
        }
    }

    /**
     * The ring is closed while the device is at it. The device writes into the buffers that the close gives back, so a close that did not wait
     * would end the JVM with a signal, which the harness reports.
     */
    @JCStressTest
    @State
    @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "The close waited for the device.")
    @Outcome(id = "false, .*", expect = FORBIDDEN, desc = "The close gave buffers back that the device was about to write into.")
    @Outcome(expect = FORBIDDEN, desc = "An operation is still counted, or still in the queue.")
    public static class S2CloseAgainstEnd {
        final WaitingPair pair = WaitingPair.make();

        @Actor
        public void device() {
            HeldDevice.carryOut(pair.one);
            HeldDevice.carryOut(pair.other);
        }

        @Actor
        public void close(ZZ_Result result) {
            pair.ring.close();
            result.r1 = !pair.one.isUnderWay() && !pair.other.isUnderWay();
        }

        @Arbiter
        public void end(ZZ_Result result) {
            result.r2 = pair.isIdle();
        }
    }
}
