package io.tideline.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tideline.epoch.Epoch;
import io.tideline.fault.IoFault;
import io.tideline.hlog.FailingSync;
import io.tideline.hlog.HybridLog;
import io.tideline.hlog.device.HeldDevice;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLLL_Result;

/**
 * The failure of the log's device against an append that finds the memory full and waits for room. Who waits hears of the failure, whenever it
 * came; once anybody was told of it no later append gets through; and what is in memory is read as before.
 *
 * <p>A store is dear, so only some states have one.
 */
public final class FailedLogStress {
    private static final int STATES_PER_STORE = 16;
    private static final AtomicInteger STATES = new AtomicInteger();

    private FailedLogStress() {
    }

    /** A store whose memory is full and stays so, because somebody is inside who keeps the head from moving. */
    private static final class FullStore {
        private static final long KEY = 1;
        private static final long VALUE = 42;

        private final HeldDevice device = new HeldDevice(_ -> false);
        private final Store store = KeyOnDisk.openSmall(device);
        private final Epoch epoch = store.kernel().epoch;
        private final long slot = epoch.claim("somebody inside");
        private final byte[] value = new byte[KeyOnDisk.HALF_PAGE_VALUE_BYTES];
        private long nextKey = KEY + 1;

        FullStore() {
            epoch.tryEnter(slot);
            store.put(KEY, VALUE);
            HybridLog log = store.kernel().log;
            while (log.tail() < log.memoryBytes()) {
                store.put(nextKey++, value);
            }
        }

        static FullStore openForSome() {
            return STATES.getAndIncrement() % STATES_PER_STORE == 0 ? new FullStore() : null;
        }

        String append(long key) {
            try {
                store.put(key, value);
                return "appended";
            } catch (IoFault failed) {
                return "refused";
            }
        }

        String read() {
            return store.get(KEY, -1) == VALUE ? "read" : "lost";
        }

        String fail() {
            device.failSyncs();
            return FailingSync.isTold(store.kernel().log) ? "told" : "not told";
        }

        void close() {
            epoch.exit(slot);
            epoch.release(slot);
            store.close();
        }
    }

    /** The sync of the log fails while an append waits for room. */
    @JCStressTest
    @State
    @Outcome(id = "refused, told, refused, read", expect = ACCEPTABLE, desc = "Both appends were refused, and what is in memory is read.")
    @Outcome(id = "none, none, none, none", expect = ACCEPTABLE, desc = "A state without a store.")
    @Outcome(id = "appended, .*", expect = FORBIDDEN, desc = "An append got through without room.")
    @Outcome(id = ".*, appended, .*", expect = FORBIDDEN, desc = "An append got through after the failure was told.")
    @Outcome(id = ".*, lost", expect = FORBIDDEN, desc = "The failure took away what is in memory.")
    @Outcome(expect = FORBIDDEN, desc = "The failure was told to nobody.")
    public static class S6FailureAgainstAppend {
        final FullStore full = FullStore.openForSome();

        @Actor
        public void append(LLLL_Result result) {
            result.r1 = full == null ? "none" : full.append(full.nextKey);
        }

        @Actor
        public void fail(LLLL_Result result) {
            result.r2 = full == null ? "none" : full.fail();
        }

        @Arbiter
        public void after(LLLL_Result result) {
            result.r3 = "none";
            result.r4 = "none";
            if (full != null) {
                result.r3 = full.append(full.nextKey + 1);
                result.r4 = full.read();
                full.close();
            }
        }
    }
}
