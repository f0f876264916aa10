package io.tideline.hlog;

import io.tideline.epoch.Epoch;
import io.tideline.fault.IoFault;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.device.HeldDevice;
import io.tideline.hlog.device.IoRequest;
import io.tideline.jcstress.Ring;
import io.tideline.memory.Waits;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;

/** A flusher, driven by the case in place of its thread, whose writes of three pages are under way. */
final class OpenFlush {
    static final int WRITES = 3;

    private static final Ring<OpenFlush> FLUSHES = new Ring<>(OpenFlush::new);
    private static final int PAGE_BITS = 9;
    private static final long PAGE_BYTES = 1L << PAGE_BITS;
    private static final long STORE_ID = 1;
    private static final int MAX_TURNS = 61;

    private final List<IoRequest> held = new ArrayList<>();
    private final Frontiers frontiers = new Frontiers(PAGE_BYTES, PAGE_BYTES);
    private final PageRing ring = new PageRing(PAGE_BITS, 4, false);
    private final Segments segments = new Segments(new HeldDevice(held::add), true, 40, new OpenLimit(1, () -> 1, 1), Waits.SYSTEM, () -> { });
    private final Flusher flusher = new Flusher(frontiers, ring, segments, new PageSeal(STORE_ID),
            new FlushPace(new Epoch(Waits.SYSTEM), () -> Long.MAX_VALUE, Waits.SYSTEM), PAGE_BITS, Waits.SYSTEM, () -> { });
    /** 1 from before the write succeeds. */
    private final AtomicIntegerArray succeeding = new AtomicIntegerArray(WRITES);
    private final IoRequest[] writes = new IoRequest[WRITES];
    private long begin;

    private OpenFlush() {
    }

    static OpenFlush take() {
        OpenFlush next = FLUSHES.next();
        next.begin();
        return next;
    }

    private void begin() {
        begin = frontiers.flushed();
        for (int i = 0; i < WRITES; i++) {
            RecordLayout.writeFiller(ring.physical(begin + i * PAGE_BYTES), PAGE_BYTES);
            succeeding.set(i, 0);
        }
        frontiers.raiseReadOnly(begin + WRITES * PAGE_BYTES);
        frontiers.raiseSafeReadOnly(begin + WRITES * PAGE_BYTES);
        held.clear();
        flusher.step();
        if (held.size() != WRITES) {
            throw new AssertionError(held.size() + " writes are under way");
        }
        held.toArray(writes);
    }

    /** What the device needs for a write: a different time in each state. */
    private void work() {
        for (long turn = begin / PAGE_BYTES % MAX_TURNS; turn > 0; turn--) {
            Waits.SYSTEM.spin();
        }
    }

    /** The device is done with a write. */
    void succeed(int write) {
        work();
        succeeding.set(write, 1);
        HeldDevice.complete(writes[write], null);
    }

    /** The device could not do a write. */
    void fail(int write) {
        work();
        StoreFault fault = new IoFault("the write failed, as it was told to");
        HeldDevice.complete(writes[write], fault);
    }

    /** A step of the flusher's thread. */
    void step() {
        flusher.step();
    }

    /** Whether the frontier has passed a write that did not succeed. */
    boolean isTooFar() {
        int passed = passedWrites();
        for (int i = 0; i < passed; i++) {
            if (succeeding.get(i) == 0) {
                return true;
            }
        }
        return false;
    }

    int passedWrites() {
        return (int) ((frontiers.flushed() - begin) / PAGE_BYTES);
    }
}
