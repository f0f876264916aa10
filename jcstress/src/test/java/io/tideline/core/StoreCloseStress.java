package io.tideline.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tideline.fault.ClosedFault;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/**
 * A close against an operation that enters. The operation announces itself and looks at the gate, the close shuts the gate and looks at the
 * slots: so it is either refused, or the memory stays until it left. An operation that both missed would touch memory that is
 * unmapped, and end the JVM with a signal, which the harness reports.
 *
 * <p>A store is dear, so only some states have one.
 */
public final class StoreCloseStress {
    private static final int STATES_PER_STORE = 16;
    private static final AtomicInteger STATES = new AtomicInteger();

    private StoreCloseStress() {
    }

    /** A small store with the key 1, or null for most states. */
    private static Store openForSome() {
        if (STATES.getAndIncrement() % STATES_PER_STORE != 0) {
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
        store.close();
        return "closed";
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
}
