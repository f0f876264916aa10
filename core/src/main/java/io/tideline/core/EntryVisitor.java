package io.tideline.core;

/** Receives the entries of {@link Store#forEach}. Runs outside the epoch: it may block and may call the store. */
@FunctionalInterface
public interface EntryVisitor {
    /** Both views are dead once this returns. Returns whether to go on. */
    boolean visit(ValueView key, ValueView value);
}
