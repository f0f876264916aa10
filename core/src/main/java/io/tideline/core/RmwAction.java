package io.tideline.core;

/** What an {@link Rmw} decided. */
public enum RmwAction {
    /** The key's value becomes what was put into the writer. */
    WRITE,
    /** The key is deleted; of an absent key nothing is left to do. */
    DELETE,
    /** Everything stays as it is. */
    LEAVE
}
