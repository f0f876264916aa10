package io.tideline.core;

import io.tideline.fault.StoreFault;

/**
 * Told how a submitted operation ended: exactly once each, either before the submitting call returns or inside a later call of the same
 * session that completes pending operations, on that caller's thread and outside the store's epoch. It may block; it must not call the
 * same store (refused).
 */
@FunctionalInterface
public interface Completion {
    /**
     * @param context what the operation was submitted with
     * @param status as of the blocking form of the operation
     * @param value the value read, or the one that an 8-byte update left, during this call only; without bytes where there is none
     */
    void completed(long context, Status status, ValueView value);

    /** It could not be done, and nothing was changed. By default the fault is thrown to whoever completes. */
    default void failed(long context, StoreFault fault) {
        throw fault;
    }
}
