package io.tideline.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tideline.hlog.device.HeldDevice;
import io.tideline.hlog.device.IoRequest;
import io.tideline.jcstress.Ring;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** The end of a submitted operation's read against the session that collects it or closes: the submitter is told once, with the value. */
public final class PendingStress {
    private static final KeyOnDisk DISK = new KeyOnDisk(true);

    private PendingStress() {
    }

    /** A session and how often its operation's submitter was told the value, and anything else, which counts a hundredfold. */
    private static final class Submitter {
        final Session session = DISK.store.openSession();
        int told;

        IoRequest submit() {
            told = 0;
            return DISK.submitGet(session, (context, status, value) -> told += status == Status.FOUND && value.getLong(0) == KeyOnDisk.VALUE ? 1 : 100);
        }
    }

    /** The session looks twice whether the read has come. */
    @JCStressTest
    @State
    @Outcome(id = {"0, 1", "1, 1"}, expect = ACCEPTABLE, desc = "The submitter was told once, now or when the session waited.")
    @Outcome(id = ".*, 0", expect = FORBIDDEN, desc = "The submitter was never told.")
    @Outcome(expect = FORBIDDEN, desc = "The submitter was told twice, or something else.")
    public static class S2CollectAgainstEnd {
        private static final Ring<Submitter> SUBMITTERS = new Ring<>(Submitter::new);

        final Submitter submitter = SUBMITTERS.next();
        final IoRequest read = submitter.submit();

        @Actor
        public void device() {
            HeldDevice.carryOut(read);
        }

        @Actor
        public void session(II_Result result) {
            submitter.session.completePending(false);
            submitter.session.completePending(false);
            result.r1 = submitter.told;
        }

        @Arbiter
        public void end(II_Result result) {
            submitter.session.completePending(true);
            result.r2 = submitter.told;
        }
    }

    /** The session closes: it waits for the read, tells the submitter, and frees the buffer that the device wrote into. */
    @JCStressTest
    @State
    @Outcome(id = "1", expect = ACCEPTABLE, desc = "The submitter was told once, and the session is closed.")
    @Outcome(id = "0", expect = FORBIDDEN, desc = "The submitter was never told, though the store is open.")
    @Outcome(expect = FORBIDDEN, desc = "The submitter was told twice, or something else.")
    public static class S2CloseOfTheSessionAgainstEnd {
        final Submitter submitter = new Submitter();
        final IoRequest read = submitter.submit();

        @Actor
        public void device() {
            HeldDevice.carryOut(read);
        }

        @Actor
        public void close(I_Result result) {
            submitter.session.close();
            result.r1 = submitter.told;
        }
    }
}
