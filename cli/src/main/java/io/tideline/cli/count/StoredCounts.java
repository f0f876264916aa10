package io.tideline.cli.count;

import io.tideline.core.Status;
import io.tideline.core.Store;
import io.tideline.core.ValueView;

/** Counts as the store holds them: the token's bytes as key, a number of 8 bytes, little-endian, as value. */
final class StoredCounts {

    /** Receives one entry after another; {@code token} is dead once it returns. */
    @FunctionalInterface
    interface Receiver {

        void accept(ValueView token, long count);
    }

    private StoredCounts() {
    }

    static void forEach(Store store, Receiver receiver) {
        store.forEach((key, value) -> {
            receiver.accept(key, value.getLong(0));
            return true;
        });
    }

    /** The count that a read found, 0 if it did not find the token. */
    static long read(Status status, ValueView value) {
        return status == Status.FOUND ? value.getLong(0) : 0;
    }
}
