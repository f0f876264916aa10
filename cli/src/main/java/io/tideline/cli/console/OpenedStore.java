package io.tideline.cli.console;

import io.tideline.core.Store;

/**
 * The store that a command works on, and what goes with it.
 *
 * @param temporary where its files are if nobody wants them afterwards, else null
 */
public record OpenedStore(Store store, TemporaryDirectory temporary) implements AutoCloseable {

    @Override
    public void close() {
        try {
            store.close();
        } finally {
            if (temporary != null) {
                temporary.close();
            }
        }
    }
}
