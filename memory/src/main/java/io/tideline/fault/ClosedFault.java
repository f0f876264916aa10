package io.tideline.fault;

/** The store was closed before the operation began; nothing was read or changed. */
public final class ClosedFault extends StoreFault {
    private static final long serialVersionUID = 1L;

    public ClosedFault(String message) {
        super(message);
    }
}
