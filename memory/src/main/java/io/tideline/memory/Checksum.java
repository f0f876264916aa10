package io.tideline.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * CRC32C (Castagnoli) of a block of the log, salted with the store's id and the block's address, so that a block of another store, another
 * place or another life does not pass as this one. Not thread-safe: each user has its own.
 */
public final class Checksum {
    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final CRC32C crc = new CRC32C();
    private final byte[] salted = new byte[32];

    public Checksum(long storeId) {
        WORD.set(salted, 0, storeId);
    }

    /** Over store id, address, two words, and what remains in {@code body}, which is used up. */
    public int of(long address, long word0, long word1, ByteBuffer body) {
        WORD.set(salted, 8, address);
        WORD.set(salted, 16, word0);
        WORD.set(salted, 24, word1);
        crc.reset();
        crc.update(salted, 0, salted.length);
        crc.update(body);
        return (int) crc.getValue();
    }
}
