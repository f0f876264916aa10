package io.tideline.hlog;

import io.tideline.fault.IoFault;

/** A sync of a log whose device fails it: after that nobody knows what is on the device, and the log says so to whoever appends. */
public final class FailingSync {
    private FailingSync() {
    }

    /** Whether the failure was told to the caller. */
    public static boolean isTold(HybridLog log) {
        try {
            log.spill().flushAndSync();
            return false;
        } catch (IoFault failed) {
            return log.failure() != null;
        }
    }
}
