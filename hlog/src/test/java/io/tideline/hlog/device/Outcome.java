package io.tideline.hlog.device;

import io.tideline.fault.CorruptionFault;
import io.tideline.fault.FullFault;
import io.tideline.fault.IoFault;
import io.tideline.fault.StoreFault;

/** How something ends that met a {@link Fault}. */
public enum Outcome {
    /** As if nothing had happened, and everything read was right. */
    SUCCEEDS,
    IO_FAULT,
    FULL_FAULT,
    CORRUPTION_FAULT,
    /** In another fault of a store; never allowed unless a test says so. */
    OTHER_FAULT,
    /** It waits for a request that the device does not complete. */
    STALLS,
    /** In anything else: wrong bytes, a failed assertion, a foreign exception, files left open, an end that never comes. Never allowed. */
    WRONG;

    static Outcome of(Throwable thrown) {
        return switch (thrown) {
            case null -> SUCCEEDS;
            case IoFault _ -> IO_FAULT;
            case FullFault _ -> FULL_FAULT;
            case CorruptionFault _ -> CORRUPTION_FAULT;
            case StoreFault _ -> OTHER_FAULT;
            default -> WRONG;
        };
    }
}
