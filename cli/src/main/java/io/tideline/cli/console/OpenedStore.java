package io.tideline.cli.console;

import io.tideline.core.Store;
import io.tideline.fault.FullFault;

/**
 * The store that a command works on, and what goes with it.
 *
 * @param temporary where its files are if nobody wants them afterwards, else null
 */
public record OpenedStore(Store store, TemporaryDirectory temporary) implements AutoCloseable {

    /** Where the disk has no room for the close, no later one is waited for: the process ends, and its last checkpoint stands. */
    @Override
    public void close() {
        try {
            close(store);
        } finally {
            if (temporary != null) {
                temporary.close();
            }
        }
    }

    /** The same for a store alone. */
    public static void close(Store store) {
        try {
            store.close();
        } catch (FullFault full) {
            abandon(store, full);
            throw full.getCause() instanceof FullFault device ? device : full; // a program is told to close it again
        }
    }

    private static void abandon(Store store, FullFault full) {
        try {
            store.abandon();
        } catch (RuntimeException more) {
            full.addSuppressed(more);
        }
    }
}
