package io.tideline.fault;

/**
 * What the environment did to a store, as opposed to a mistake of the caller ({@link IllegalArgumentException},
 * {@link IllegalStateException}) or a bug of ours ({@link AssertionError}). The message names what was affected and what to do.
 */
public abstract sealed class StoreFault extends RuntimeException
        permits ClosedFault, CorruptionFault, FormatFault, FullFault, IoFault, LockedFault {
    private static final long serialVersionUID = 1L;

    StoreFault(String message) {
        super(message);
    }

    StoreFault(String message, Throwable cause) {
        super(message, cause);
    }
}
