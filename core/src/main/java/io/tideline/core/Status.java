package io.tideline.core;

/** How an operation ended. */
public enum Status {
    /** A read found a value; a {@code putIfAbsent} found the key and left it alone. */
    FOUND,
    /** The key is not in the store; nothing was changed. */
    ABSENT,
    /** The key was not in the store and now is. */
    CREATED,
    /** The value was changed where it stood. */
    UPDATED_IN_PLACE,
    /** The new value was written to the tail of the log, because the old place is read-only or too small. */
    COPIED,
    /**
     * The new value was written to the tail of the log without a look at the device, where the key's chain goes on: the key may or may not have
     * been in the store before.
     */
    APPENDED,
    /** The key was deleted. */
    TOMBSTONED,
    /** A compareAndSet found another value than the expected one and left it alone. */
    MISMATCH,
    /** The function of a read-modify-write chose to leave things as they are. */
    LEFT,
    /** A submitted operation waits for the device; its {@link Completion} is told how it ended. */
    PENDING,
    /** The value is longer than the fixed holder; its length is in the holder, its bytes are not. */
    TOO_SMALL;

    /** Whether the store holds something else now than before. */
    public boolean isChange() {
        return this == CREATED || this == UPDATED_IN_PLACE || this == COPIED || this == APPENDED || this == TOMBSTONED;
    }
}
