package io.tideline.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tideline.checkpoint.Phases;
import io.tideline.checkpoint.SessionPoint;
import io.tideline.checkpoint.SystemState;
import io.tideline.epoch.Epoch;
import io.tideline.epoch.SmallEpoch;
import io.tideline.hlog.RecordLayout;
import io.tideline.hlog.device.HeldDevice;
import io.tideline.hlog.device.IoRequest;
import io.tideline.jcstress.Ring;
import io.tideline.memory.Words;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.LJJ_Result;
import org.openjdk.jcstress.infra.results.LJ_Result;
import org.openjdk.jcstress.infra.results.ZJZ_Result;

/**
 * The cut of a checkpoint against operations: what is of the old version has happened when the driver counts it, and nothing else is counted.
 *
 * <p>Stores are dear, so only some states of the cases that need one of their own have one.
 */
public final class CheckpointStress {
    private static final int STATES_PER_STORE = 16;
    private static final AtomicInteger STATES = new AtomicInteger();
    private static final long OLD = SystemState.FIRST_VERSION;
    private static final long TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(30);

    private CheckpointStress() {
    }

    private static boolean hasStore() {
        return STATES.getAndIncrement() % STATES_PER_STORE == 0;
    }

    private static String version(boolean isOld) {
        return isOld ? "old" : "next";
    }

    /** A slot of an epoch, and a word that stands for what an operation changes. */
    private static final class Operated {
        private static final Ring<Long> WORDS = Ring.ofMemory(Long.BYTES);

        final Epoch epoch = SmallEpoch.make();
        final long slot = epoch.claim("operation");
        final long word = WORDS.next();
    }

    /** An operation enters, looks at the state and works by that; the driver begins the next version and waits until everybody knows. */
    @JCStressTest
    @State
    @Outcome(id = {"old, 1", "next, 0"}, expect = ACCEPTABLE, desc = "The operation was of one version, and the driver knows all of the old one.")
    @Outcome(id = "old, 0", expect = FORBIDDEN, desc = "The driver went on before an operation of the old version had taken effect.")
    @Outcome(expect = FORBIDDEN, desc = "The operation had an effect in a version that it is not of.")
    public static class C1StateAgainstEntry {
        private static final Ring<Operated> ALL = new Ring<>(Operated::new);

        final Operated operated = ALL.next();
        final SystemState state = new SystemState(OLD);

        public C1StateAgainstEntry() {
            Words.setRelease(operated.word, 0);
        }

        @Actor
        public void operation(LJ_Result result) {
            if (!operated.epoch.tryEnter(operated.slot)) {
                throw new AssertionError("somebody else is inside");
            }
            boolean isOld = SystemState.version(state.word()) == OLD;
            if (isOld) {
                Words.set(operated.word, 1);
            }
            operated.epoch.exit(operated.slot);
            result.r1 = version(isOld);
        }

        @Actor
        public void driver(LJ_Result result) {
            Phases.begin(state, 0);
            if (!operated.epoch.awaitAllPassed(TIMEOUT_NANOS)) {
                throw new AssertionError("somebody stays inside");
            }
            result.r2 = Words.get(operated.word);
        }
    }

    /**
     * One adds who was let in before the next version began, the other one afterwards. The record that the old version leaves has the first
     * addition exactly if the session that did it has not moved on; and none is lost.
     */
    @JCStressTest
    @State
    @Outcome(id = {"old, 101, 111", "next, 100, 111"}, expect = ACCEPTABLE, desc = "The first addition is in the version that its session was of.")
    @Outcome(id = "none, 0, 0", expect = ACCEPTABLE, desc = "A state without a store.")
    @Outcome(id = "old, 100, .*", expect = FORBIDDEN, desc = "An addition of the old version is missing in what that leaves.")
    @Outcome(id = ".*, (110|111), .*", expect = FORBIDDEN, desc = "What the old version leaves has an addition of the next one.")
    @Outcome(expect = FORBIDDEN, desc = "An addition was lost, or is in the wrong version.")
    public static class C2OldAgainstNextVersion {
        private static final long KEY = 1;

        final Store store = hasStore() ? Store.open(StoreConfig.builder().pageSize(4096).memory(8 * 4096).buckets(1).hashSeed(1).hugePages(false).build())
                : null;
        private Session first;
        private Session second;

        public C2OldAgainstNextVersion() {
            if (store != null) {
                store.put(KEY, 100);
                first = store.openSession();
                second = store.openSession();
                Phases.prepare(store.kernel().state);
                first.get(KEY, 0);
            }
        }

        @Actor
        public void old() {
            if (store != null) {
                first.add(KEY, 1);
            }
        }

        @Actor
        public void next() {
            if (store != null) {
                Phases.begin(store.kernel().state, store.kernel().log.tail());
                second.add(KEY, 10);
            }
        }

        @Arbiter
        public void look(LJJ_Result result) {
            result.r1 = "none";
            if (store != null) {
                result.r1 = version(first.version() == OLD);
                result.r2 = leftByOld();
                result.r3 = store.get(KEY, 0);
                Phases.rest(store.kernel().state);
                store.close();
            }
        }

        private long leftByOld() {
            Kernel kernel = store.kernel();
            long record = kernel.log.physical(kernel.index.find(kernel.hash.of(KEY)));
            while ((Words.get(record + RecordLayout.LINK_OFFSET) & RecordLayout.PARITY) != SystemState.parity(OLD)) {
                record = kernel.log.physical(RecordLayout.previous(Words.get(record + RecordLayout.LINK_OFFSET)));
            }
            return Words.get(record + RecordLayout.LONG_TO_LONG_VALUE_OFFSET);
        }
    }

    /** The driver moves a session to the next version while an operation of it runs. */
    @JCStressTest
    @State
    @Outcome(id = {"false, 0, false", "false, 0, true"}, expect = ACCEPTABLE, desc = "The operation comes behind the cut.")
    @Outcome(id = {"false, 1, true", "true, 1, true"}, expect = ACCEPTABLE, desc = "The operation is in front of the cut, and has taken effect.")
    @Outcome(id = ".*, 1, false", expect = FORBIDDEN, desc = "The cut counts an operation that has not taken effect.")
    @Outcome(id = "true, 0, .*", expect = FORBIDDEN, desc = "The cut does not count an operation that had taken effect before.")
    @Outcome(expect = FORBIDDEN, desc = "The cut counts what never was, or the session's fields were not handed over.")
    public static class C3PointAgainstOperation {
        final MovedSession session = MovedSession.take();

        @Actor
        public void operation() {
            session.operate();
        }

        @Actor
        public void driver(ZJZ_Result result) {
            result.r1 = session.effects() > 0;
            result.r2 = session.cut();
            result.r3 = session.effects() > 0;
        }
    }

    /**
     * The driver moves all sessions while one of them closes and another one opens and operates. It does not wait for the one that has gone and
     * knows how far it was, and it counts the operation of the new one exactly if that wrote a record of the old version.
     */
    @JCStressTest
    @State
    @Outcome(id = {"1, 1, 1", "1, 0, 0"}, expect = ACCEPTABLE, desc = "Both sessions are counted as far as they were.")
    @Outcome(id = "-1, -1, -1", expect = ACCEPTABLE, desc = "A state without a store.")
    @Outcome(id = "0, .*, .*", expect = FORBIDDEN, desc = "The operation of the session that closed is not counted.")
    @Outcome(id = "1, 0, 1", expect = FORBIDDEN, desc = "An operation of the next version is counted.")
    @Outcome(id = "1, 1, 0", expect = FORBIDDEN, desc = "An operation of the old version is not counted.")
    @Outcome(expect = FORBIDDEN, desc = "A session is counted as far as it never was, or the driver waited for one that has gone.")
    public static class C4CutAgainstOpenAndClose {
        final Store store = hasStore() ? KeyOnDisk.openKept(new HeldDevice(_ -> false)) : null;
        private final Session closing = store == null ? null : store.openSession("closing");
        private Session opened;

        public C4CutAgainstOpenAndClose() {
            if (store != null) {
                closing.put(1, 1);
                Phases.prepare(store.kernel().state);
            }
        }

        @Actor
        public void sessions() {
            if (store != null) {
                closing.close();
                opened = store.openSession("opened");
                opened.put(2, 1);
            }
        }

        @Actor
        public void driver(III_Result result) {
            result.r1 = -1;
            result.r3 = -1;
            if (store != null) {
                Kernel kernel = store.kernel();
                Phases.begin(kernel.state, kernel.log.tail());
                if (!kernel.epoch.awaitAllPassed(TIMEOUT_NANOS)) {
                    throw new AssertionError("somebody stays inside");
                }
                result.r3 = 0; // it may not be there yet
                for (SessionPoint point : kernel.checkpointer().moveTo(OLD + 1)) {
                    if (point.name().orElse("").equals("closing")) {
                        result.r1 = (int) point.durableSerial();
                    } else {
                        result.r3 = (int) point.durableSerial();
                    }
                }
            }
        }

        @Arbiter
        public void look(III_Result result) {
            result.r2 = -1;
            if (store != null) {
                Kernel kernel = store.kernel();
                long link = Words.get(kernel.log.physical(kernel.index.find(kernel.hash.of(2))) + RecordLayout.LINK_OFFSET);
                result.r2 = (link & RecordLayout.PARITY) == SystemState.parity(OLD) ? 1 : 0;
                Phases.rest(kernel.state);
                opened.close();
                store.close();
            }
        }
    }

    /** A pending update whose lookup ends is brought to its effect by its session, which waits for it, or by the driver. */
    @JCStressTest
    @State
    @Outcome(id = "1, 1, 0", expect = ACCEPTABLE, desc = "The update took effect once, its submitter was told once, and nothing is pending.")
    @Outcome(id = "-1, -1, -1", expect = ACCEPTABLE, desc = "A state without a store.")
    @Outcome(id = "0, .*, .*", expect = FORBIDDEN, desc = "The update was lost.")
    @Outcome(id = "2, .*, .*", expect = FORBIDDEN, desc = "The update took effect twice.")
    @Outcome(id = "1, 0, .*", expect = FORBIDDEN, desc = "The submitter was never told.")
    @Outcome(id = "1, 1, [1-9]", expect = FORBIDDEN, desc = "A checkpoint would wait for an update that is done.")
    @Outcome(expect = FORBIDDEN, desc = "The submitter was told twice or something else, or an update counted twice.")
    public static class C5AwaitAgainstDriver {
        final KeyOnDisk disk = hasStore() ? new KeyOnDisk(true) : null;
        private final Session session = disk == null ? null : disk.store.openSession();
        private final Session helper = disk == null ? null : Session.ofDriver(disk.store.kernel());
        private int told;
        final IoRequest read = disk == null ? null : disk.submitAdd(session, (context, status, value) -> told += value.getLong(0) == KeyOnDisk.VALUE + 1 ? 1 : 100);

        @Actor
        public void session() {
            if (disk != null) {
                HeldDevice.carryOut(read);
                session.completePending(true);
            }
        }

        @Actor
        public void driver() {
            if (disk != null) {
                long deadline = disk.store.kernel().waits.nanoTime() + TimeUnit.MINUTES.toNanos(1);
                while (disk.store.kernel().pendingUpdates.get() > 0) {
                    session.submitted().drain(helper, deadline, _ -> { });
                }
            }
        }

        @Arbiter
        public void look(III_Result result) {
            result.r1 = -1;
            result.r2 = -1;
            result.r3 = -1;
            if (disk != null) {
                result.r1 = (int) (disk.store.get(KeyOnDisk.KEY, 0) - KeyOnDisk.VALUE);
                result.r2 = told;
                result.r3 = disk.store.kernel().pendingUpdates.get();
                helper.close();
                session.close();
                disk.store.close();
            }
        }
    }
}
