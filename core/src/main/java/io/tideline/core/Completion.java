package io.tideline.core;

/**
 * Told how a submitted operation ended: exactly once each, either before the submitting call returns or inside a later call of the same
 * session that completes pending operations, on that caller's thread and outside the store's epoch. It may block; it must not call the
 * same store (refused).
 *
 * <p>Where the submitting call throws without having told it, the operation was not submitted and nothing was changed. What a completion itself
 * throws reaches the caller who submits or completes: its operation has ended, the others are pending as before, and a further call goes on with
 * them. Behind a close of the store the session's close, or {@link Session#completePending}, tells what that close's checkpoint made of updates; of what
 * else is pending then a session's close tells nobody.
 */
@FunctionalInterface
public interface Completion {
    /**
     * @param context what the operation was submitted with
     * @param status as of the blocking form of the operation
     * @param value the value read, or the one that an 8-byte update left, during this call only; without bytes where there is none
     */
    void completed(long context, Status status, ValueView value);

    /**
     * It could not be done, and nothing was changed. By default that is thrown to whoever completes.
     *
     * @param thrown what the blocking form of the operation would have thrown: a {@link io.tideline.fault.StoreFault}, what the user's function
     *     threw, or what says that they do not fit, such as an {@link IllegalStateException} for an 8-byte update of a longer value
     */
    default void failed(long context, Throwable thrown) {
        Callbacks.rethrow(thrown);
    }
}
