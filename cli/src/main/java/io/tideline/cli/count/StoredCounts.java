package io.tideline.cli.count;

import io.tideline.core.Store;
import io.tideline.core.ValueView;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

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

    /** The count of {@code token}, 0 if the store does not know it. */
    static long read(Store store, byte[] token) {
        byte[] value = store.get(token);
        return value == null ? 0 : ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getLong();
    }
}
