package io.tideline.hlog;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Where everything is in the file of a snapshot, little-endian. Block 0, the head, has 4,096 bytes. Then come the pages of the log from the last
 * one down, one block each, so that the first one need not be known before it is met. A block begins with
 *
 * <pre>
 *  0       8         12       16         24         32             40     48    56           60
 *  | magic | version | CRC32C | store id | sequence | block number | from | end | page bytes | 0 |
 * </pre>
 *
 * followed by the bytes of the log from address {@code from} to {@code end}, and zeros up to a multiple of 4,096. The head has none, and says from
 * where to where the whole goes; it is written last.
 */
final class SnapshotLayout {
    static final int MAGIC_OFFSET = 0;
    static final int VERSION_OFFSET = 8;
    static final int CRC_OFFSET = 12;
    static final int STORE_ID_OFFSET = 16;
    static final int SEQUENCE_OFFSET = 24;
    static final int NUMBER_OFFSET = 32;
    static final int FROM_OFFSET = 40;
    static final int END_OFFSET = 48;
    static final int PAGE_OFFSET = 56;
    static final int RESERVED_OFFSET = 60;
    static final int HEADER_BYTES = 64;
    /** What the checksum takes as bytes; what stands before it goes in as two words. */
    static final int CHECKED_OFFSET = STORE_ID_OFFSET;

    static final long MAGIC = ByteBuffer.wrap("TIDELSNP".getBytes(StandardCharsets.US_ASCII)).order(ByteOrder.LITTLE_ENDIAN).getLong();
    static final int VERSION = 1;
    /** What lengths of blocks are multiples of: no device asks for more. */
    static final int ALIGNMENT_BYTES = 4096;
    static final int HEAD_BYTES = ALIGNMENT_BYTES;

    static {
        if (RESERVED_OFFSET + Integer.BYTES != HEADER_BYTES) {
            throw new AssertionError("the fields of a snapshot's block do not add up to its header");
        }
    }

    private SnapshotLayout() {
    }

    /** The length of a block with so many bytes of the log. */
    static int lengthBytes(long logBytes) {
        return Math.toIntExact(HEADER_BYTES + logBytes + ALIGNMENT_BYTES - 1 & -ALIGNMENT_BYTES);
    }

    /** The page of the last address of a snapshot up to {@code end}. */
    static long lastPage(long end, long pageBytes) {
        return (end - 1) / pageBytes;
    }

    /** The first address of a page. */
    static long pageFrom(long page, long pageBytes) {
        return Math.max(page * pageBytes, LogAddress.FIRST);
    }

    /** The address behind the last of a page that a snapshot up to {@code end} has. */
    static long pageEnd(long page, long end, long pageBytes) {
        return Math.min((page + 1) * pageBytes, end);
    }

    /** The number of the block of a page. */
    static long number(long page, long end, long pageBytes) {
        return lastPage(end, pageBytes) - page + 1;
    }

    /** Where the block of a page stands. */
    static long offset(long page, long end, long pageBytes) {
        long last = lastPage(end, pageBytes);
        return page == last ? HEAD_BYTES
                : HEAD_BYTES + lengthBytes(end - pageFrom(last, pageBytes)) + (last - page - 1) * lengthBytes(pageBytes);
    }

    /** How long the file of a snapshot is. */
    static long fileBytes(long from, long end, long pageBytes) {
        long first = from / pageBytes;
        return offset(first, end, pageBytes) + lengthBytes(pageEnd(first, end, pageBytes) - from);
    }
}
