package io.tideline.fault;

/** Somebody else owns the store directory. */
public final class LockedFault extends StoreFault {
    private static final long serialVersionUID = 1L;

    public LockedFault(String message) {
        super(message);
    }
}
