package io.tideline.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tideline.fault.ClosedFault;
import io.tideline.fault.IoFault;
import io.tideline.hlog.device.HeldDevice;
import io.tideline.hlog.device.IoRequest;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLI_Result;
import org.openjdk.jcstress.infra.results.LL_Result;

/**
 * A close against an operation that enters. The operation announces itself and looks at the gate, the close shuts the gate and looks at the
 * slots: so it is either refused, or the memory stays until it left. An operation that both missed would touch memory that is
 * unmapped, and end the JVM with a signal, which the harness reports. The same goes for the device: the close waits until it has left the
 * store's memory and files.
 *
 * <p>A store is dear, so only some states have one.
 */
public final class StoreCloseStress {
    private static final int STATES_PER_STORE = 16;
    private static final AtomicInteger STATES = new AtomicInteger();

    private StoreCloseStress() {
    }

    private static boolean hasStore() {
        return STATES.getAndIncrement() % STATES_PER_STORE == 0;
    }

    /** A small store with the key 1, or null for most states. */
    private static Store openForSome() {
        if (!hasStore()) {
            return null;
        }
        Store store = Store.open(StoreConfig.builder().pageSize(4096).memory(8 * 4096).buckets(1).hashSeed(1).hugePages(false).build());
        store.put(1, 42);
        return store;
    }

    private static String change(Operations operations) {
        try {
            operations.add(1, 1);
            return "done";
        } catch (ClosedFault closed) {
            return "refused";
        }
    }

    private static String close(Store store) {
        try {
            store.close();
            return "closed";
        } catch (RuntimeException failed) {
            return failed.toString();
        }
    }

    /** An operation without a session, which borrows one. */
    @JCStressTest
    @State
    @Outcome(id = {"done, closed", "refused, closed"}, expect = ACCEPTABLE, desc = "The operation was done before the close, or refused.")
    @Outcome(id = "none, none", expect = ACCEPTABLE, desc = "A state without a store.")
    @Outcome(expect = FORBIDDEN, desc = "The operation ended in something else.")
    public static class S3CloseAgainstOperation {
        final Store store = openForSome();

        @Actor
        public void operation(LL_Result result) {
            result.r1 = store == null ? "none" : change(store);
        }

        @Actor
        public void close(LL_Result result) {
            result.r2 = store == null ? "none" : StoreCloseStress.close(store);
        }
    }

    /** An operation of a session, which is then closed itself while the store closes. */
    @JCStressTest
    @State
    @Outcome(id = {"done, closed", "refused, closed"}, expect = ACCEPTABLE, desc = "The operation was done before the close, or refused.")
    @Outcome(id = "none, none", expect = ACCEPTABLE, desc = "A state without a store.")
    @Outcome(expect = FORBIDDEN, desc = "The operation or the end of the session ended in something else.")
    public static class S3CloseAgainstSession {
        final Store store = openForSome();
        final Session session = store == null ? null : store.openSession();

        @Actor
        public void operation(LL_Result result) {
            result.r1 = "none";
            if (session != null) {
                try (session) {
                    result.r1 = change(session);
                }
            }
        }

        @Actor
        public void close(LL_Result result) {
            result.r2 = store == null ? "none" : StoreCloseStress.close(store);
        }
    }

    /** An operation that waits for the device, which is done with it while the store closes. */
    @JCStressTest
    @State
    @Outcome(id = "done, closed, 0", expect = ACCEPTABLE, desc = "The close waited for the device, and the operation was dropped with its session.")
    @Outcome(id = "none, none, 0", expect = ACCEPTABLE, desc = "A state without a store.")
    @Outcome(id = ".*, .*, [1-9]", expect = FORBIDDEN, desc = "The submitter was told something of a store that is closed.")
    @Outcome(expect = FORBIDDEN, desc = "The operation or the close ended in something else.")
    public static class S4CloseAgainstEndOfARead {
        final KeyOnDisk disk = hasStore() ? new KeyOnDisk(true) : null;
        final Session session = disk == null ? null : disk.store.openSession();
        private int told;
        final IoRequest read = disk == null ? null : disk.submitGet(session, (context, status, value) -> told++);

        @Actor
        public void device(LLI_Result result) {
            result.r1 = "none";
            if (read != null) {
                HeldDevice.carryOut(read);
                result.r1 = "done";
            }
        }

        @Actor
        public void close(LLI_Result result) {
            result.r2 = disk == null ? "none" : StoreCloseStress.close(disk.store);
        }

        @Arbiter
        public void dropped(LLI_Result result) {
            if (session != null) {
                session.close();
            }
            result.r3 = told;
        }
    }

    /** A read that goes to the device, outside the epoch, and comes back. */
    @JCStressTest
    @State
    @Outcome(id = {"read, closed", "refused, closed"}, expect = ACCEPTABLE, desc = "The read was done before the close, or refused.")
    @Outcome(id = "the log is closed, closed", expect = ACCEPTABLE, desc = "The store was closed while the read was on its way to the device.")
    @Outcome(id = "none, none", expect = ACCEPTABLE, desc = "A state without a store.")
    @Outcome(expect = FORBIDDEN, desc = "The read found something else, or ended in something else.")
    public static class S4CloseAgainstRead {
        final KeyOnDisk disk = hasStore() ? new KeyOnDisk(false) : null;

        private static String read(Store store) {
            try {
                return store.get(KeyOnDisk.KEY, -1) == KeyOnDisk.VALUE ? "read" : "lost";
            } catch (ClosedFault closed) {
                return "refused";
            } catch (IoFault closed) {
                return closed.getMessage();
            }
        }

        @Actor
        public void read(LL_Result result) {
            result.r1 = disk == null ? "none" : read(disk.store);
        }

        @Actor
        public void close(LL_Result result) {
            result.r2 = disk == null ? "none" : StoreCloseStress.close(disk.store);
        }
    }
}
