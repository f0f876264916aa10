package io.tideline.core;

import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;

/**
 * The operations of one session that wait for the device, at most so many: taken, started, and met again here when the device is done with
 * them, in any order.
 *
 * <p><b>Who writes what.</b> The queue of ended ones: threads of the device, once an operation and start. All else: whoever is alone in the
 * session.
 */
final class PendingRing {
    private final Session session;
    private final int capacity;
    /** Of all rings of the store. */
    private final AtomicInteger storeUnderWay;
    private final int storeCapacity;
    /** Added to by the session, looked at by the driver of a checkpoint too. */
    private final List<PendingOp> all = new CopyOnWriteArrayList<>();
    private final ArrayDeque<PendingOp> idle = new ArrayDeque<>();
    private final MpscVarHandleArrayQueue<PendingOp> ended;
    private int underWay;
    private volatile Thread waiter;
    private final BooleanSupplier hasEnded = () -> !isEmpty();

    /** A ring of the length that the store is configured with. */
    PendingRing(Session session) {
        this(session, session.kernel.config.maxPendingPerSession(), session.kernel.pending, session.kernel.config.maxPending());
    }

    PendingRing(Session session, int capacity, AtomicInteger storeUnderWay, int storeCapacity) {
        this.session = session;
        this.capacity = capacity;
        this.storeUnderWay = storeUnderWay;
        this.storeCapacity = storeCapacity;
        this.ended = new MpscVarHandleArrayQueue<>(Math.max(2, capacity));
    }

    /** An operation to fill in and {@link #start}, or null if as many as may be are under way; a ring with none under way always has one. */
    PendingOp take() {
        if (underWay == capacity || underWay > 0 && storeUnderWay.get() >= storeCapacity) {
            return null;
        }
        if (idle.isEmpty()) {
            PendingOp made = new PendingOp(this, session, new Key(session.readBufferBytes()));
            all.add(made);
            return made;
        }
        return idle.pop();
    }

    /**
     * Begins to look on the device for what the session's running operation needs. Leaves the epoch for that, because a file may have to be opened,
     * and comes back whatever the gate says: the operation is under way.
     */
    void start(PendingOp op) {
        session.stepOutside();
        try {
            startOutside(op, session.needs.takeDiskAddress(), session.needs.diskEnd());
        } finally {
            session.resume();
        }
    }

    /** Outside the epoch: counts the operation in and begins its lookup, from an address on, for what stands below {@code end}. */
    void startOutside(PendingOp op, long address, long end) {
        underWay++;
        storeUnderWay.incrementAndGet();
        op.begin(address, end);
    }

    /** An operation whose lookup has ended, null if there is none. */
    PendingOp poll() {
        PendingOp op = ended.poll();
        if (op != null) {
            underWay--;
            storeUnderWay.decrementAndGet();
        }
        return op;
    }

    /** An operation whose lookup has ended, one being under way; to wait for it, leaves the epoch with all batches of this thread. */
    PendingOp next() {
        PendingOp op = poll();
        if (op != null) {
            return op;
        }
        session.stepOutsideWithBatches();
        try {
            return await();
        } finally {
            session.stepInsideWithBatches();
        }
    }

    /** The same from outside the epoch. */
    PendingOp await() {
        PendingOp op = poll();
        if (op == null) {
            waiter = Thread.currentThread();
            session.waits.await(hasEnded);
            waiter = null;
            op = poll();
        }
        return op;
    }

    private boolean isEmpty() {
        return ended.isEmpty();
    }

    /** An operation that was met is met again by the next who looks. */
    void putBack(PendingOp op) {
        underWay++;
        storeUnderWay.incrementAndGet();
        ended(op);
    }

    /** The operation is done, or was never started. */
    void give(PendingOp op) {
        op.release();
        idle.push(op);
    }

    /** Every operation there ever was, for whoever claims those that wait. */
    List<PendingOp> all() {
        return all;
    }

    int underWay() {
        return underWay;
    }

    /** On a thread of the device. */
    void ended(PendingOp op) {
        if (!ended.offer(op)) {
            throw new AssertionError("more than " + capacity + " operations of session " + session.name() + " were pending");
        }
        Thread waiting = waiter;
        if (waiting != null) {
            session.waits.wake(waiting);
        }
    }

    /** Waits for the device to be done with everything, whatever became of it. */
    void awaitAll() {
        while (underWay > 0) {
            await();
        }
    }

    /** The same, and gives the buffers back. */
    void close() {
        awaitAll();
        all.forEach(PendingOp::close);
    }
}
