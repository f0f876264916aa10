package io.tideline.core;

import io.tideline.fault.IoFault;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.device.HeldDevice;
import io.tideline.jcstress.Ring;
import java.util.concurrent.atomic.AtomicInteger;

/** A ring of pending operations that is full: two wait for the device. Many states after each other use one, so its queue goes round and round. */
final class WaitingPair {
    private static final int CAPACITY = 2;
    private static final int MAX_TURNS = 61;
    private static final KeyOnDisk DISK = new KeyOnDisk(true);
    private static final Session SESSION = DISK.store.openSession();
    private static final AtomicInteger TURNS = new AtomicInteger();
    private static final StoreFault FAULT = new IoFault("the read failed, as it was told to");
    private static final Ring<WaitingPair> PAIRS = new Ring<>(WaitingPair::new);

    final AtomicInteger storeUnderWay = new AtomicInteger();
    final PendingRing ring = new PendingRing(SESSION, CAPACITY, storeUnderWay, CAPACITY);
    PendingOp one;
    PendingOp other;
    private int turns = TURNS.getAndIncrement() % MAX_TURNS;

    private WaitingPair() {
    }

    /** A pair from the ring of pairs, whose operations can be used again. */
    static WaitingPair take() {
        WaitingPair pair = PAIRS.next();
        pair.begin();
        return pair;
    }

    /** A pair of its own, whose operations may be freed. */
    static WaitingPair make() {
        WaitingPair pair = new WaitingPair();
        pair.begin();
        return pair;
    }

    private void begin() {
        turns = (turns + 1) % MAX_TURNS;
        one = start();
        other = start();
    }

    /** Takes an operation and starts it. */
    PendingOp start() {
        PendingOp op = ring.take();
        op.key.setWord(KeyOnDisk.KEY, 0);
        ring.startOutside(op, KeyOnDisk.ADDRESS, Long.MAX_VALUE);
        return op;
    }

    /** The device fails to read for an operation, after a different time in each state. */
    void fail(PendingOp op) {
        for (int turn = 0; turn < turns; turn++) {
            Thread.onSpinWait();
        }
        HeldDevice.complete(op, FAULT);
    }

    /** Whether what the device told of the operation is there. */
    static boolean isTold(PendingOp op) {
        try {
            op.requireRead();
            return false;
        } catch (StoreFault fault) {
            return fault == FAULT;
        }
    }

    /** Whether nothing is under way, and nothing is left in the queue. */
    boolean isIdle() {
        return ring.underWay() == 0 && storeUnderWay.get() == 0 && ring.poll() == null;
    }
}
