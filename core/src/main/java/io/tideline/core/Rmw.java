package io.tideline.core;

/**
 * A read-modify-write: the value of an absent key, or the new value from the old, possibly of another length.
 *
 * <p>It sees a copy and its result is applied only if the record has not changed since. So it may run more than once for one operation,
 * under contention and when its value is longer than every value of the session before, and must depend on its arguments alone. It runs
 * inside the store's epoch but under no latch: it must not block (a blocked one is named in the log) and must not call the store (refused
 * with {@link IllegalStateException}). What it throws reaches the caller, and nothing was changed.
 */
public interface Rmw {
    /** The key is absent. */
    RmwAction onAbsent(ValueWriter writer);

    /** The key is there with the value {@code old}. */
    RmwAction onPresent(ValueView old, ValueWriter writer);
}
