package io.tideline.core;

import io.tideline.checkpoint.Manifest;
import io.tideline.checkpoint.Opaque;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * How many keys a checkpoint holds, kept among the tables of its manifest.
 *
 * @param keys made and not deleted, as far as operations could tell
 * @param blind upserts that did not look whether the key was there: by so many {@code keys} may be too small
 */
record KeyCount(long keys, long blind) {
    /** The table's name. */
    static final String TABLE = "tideline.keys";

    static KeyCount of(Manifest manifest) {
        Opaque bytes = manifest.tables().get(TABLE);
        if (bytes == null || bytes.lengthBytes() != 2 * Long.BYTES) {
            return new KeyCount(0, 0);
        }
        ByteBuffer words = bytes.view().order(ByteOrder.LITTLE_ENDIAN);
        return new KeyCount(words.getLong(0), words.getLong(Long.BYTES));
    }

    /** 16 bytes, little-endian. */
    Opaque toOpaque() {
        return Opaque.of(ByteBuffer.allocate(2 * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(keys).putLong(blind).array());
    }
}
