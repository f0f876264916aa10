package io.tideline.hlog.format;

import java.nio.charset.StandardCharsets;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Where everything is in a sealed file, little-endian:
 *
 * <pre>
 *  0        8       12        16         24         32        36       40
 *  | magic  | kind  | version | store id | sequence | length  | CRC32C | payload … | zeros up to a multiple of 4,096 |
 * </pre>
 *
 * The checksum covers everything in front of it and the payload; the zeros are checked as such, so every bit of the file is.
 */
final class SealLayout {
    static final int MAGIC_OFFSET = 0;
    static final int KIND_OFFSET = 8;
    static final int VERSION_OFFSET = 12;
    static final int STORE_ID_OFFSET = 16;
    static final int SEQUENCE_OFFSET = 24;
    static final int LENGTH_OFFSET = 32;
    static final int CRC_OFFSET = 36;
    static final int HEADER_BYTES = 40;

    /** {@code TIDELINE}. */
    static final long MAGIC = ByteBuffer.wrap("TIDELINE".getBytes(StandardCharsets.US_ASCII)).order(ByteOrder.LITTLE_ENDIAN).getLong();
    /** Files are whole blocks, so that a device that transfers only such can write and read them; no device asks for more. */
    static final int BLOCK_BYTES = 4096;
    static final int MAX_PAYLOAD_BYTES = 1 << 30;

    private SealLayout() {
    }

    /** The size of the file. */
    static int fileBytes(int payloadBytes) {
        return (HEADER_BYTES + payloadBytes + BLOCK_BYTES - 1) & -BLOCK_BYTES;
    }
}
