package io.tideline.hlog;

import io.tideline.hlog.format.BlockLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Where everything is in the file of a snapshot, little-endian. Block 0, the head, has 4,096 bytes. Then come the pages of the log from the last
 * one down, one block each, so that the first one need not be known before it is met. A block begins as
 * {@link BlockLayout} says, and goes on with
 *
 * <pre>
 *  40     48    56           60
 *  | from | end | page bytes | 0 |
 * </pre>
 *
 * followed by the bytes of the log from address {@code from} to {@code end}, and zeros up to a multiple of 4,096. The head has none, and says from
 * where to where the whole goes; it is written last.
 */
final class SnapshotLayout {
    static final int FROM_OFFSET = BlockLayout.FIELDS_OFFSET;
    static final int END_OFFSET = FROM_OFFSET + Long.BYTES;
    static final int PAGE_OFFSET = END_OFFSET + Long.BYTES;
    static final int RESERVED_OFFSET = PAGE_OFFSET + Integer.BYTES;
    static final int HEADER_BYTES = 64;

    static final long MAGIC = ByteBuffer.wrap("TIDELSNP".getBytes(StandardCharsets.US_ASCII)).order(ByteOrder.LITTLE_ENDIAN).getLong();
    static final int VERSION = 1;
    static final int ALIGNMENT_BYTES = BlockLayout.ALIGNMENT_BYTES;
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
