package io.tideline.hlog;

import io.tideline.fault.CorruptionFault;
import io.tideline.fault.FormatFault;
import io.tideline.memory.Checksum;
import java.nio.ByteBuffer;

/**
 * Seals the blocks of one snapshot and checks that a block is one of them, at its place, as it was sealed. The checksum is salted with the store's
 * id and the place, and covers the number of the checkpoint. Single-threaded.
 */
final class SnapshotSeal {
    private final String path;
    private final long storeId;
    private final long sequence;
    private final int pageBytes;
    private final Checksum checksum;

    /** @param path where the snapshot is, for people */
    SnapshotSeal(String path, long storeId, long sequence, int pageBytes) {
        this.path = path;
        this.storeId = storeId;
        this.sequence = sequence;
        this.pageBytes = pageBytes;
        this.checksum = new Checksum(storeId);
    }

    /** Completes a block, as long as it will be at {@code offset} of the file, whose bytes of the log are in place. */
    void seal(ByteBuffer block, long offset, long number, long from, long end) {
        block.putLong(SnapshotLayout.MAGIC_OFFSET, SnapshotLayout.MAGIC);
        block.putInt(SnapshotLayout.VERSION_OFFSET, SnapshotLayout.VERSION);
        block.putLong(SnapshotLayout.STORE_ID_OFFSET, storeId);
        block.putLong(SnapshotLayout.SEQUENCE_OFFSET, sequence);
        block.putLong(SnapshotLayout.NUMBER_OFFSET, number);
        block.putLong(SnapshotLayout.FROM_OFFSET, from);
        block.putLong(SnapshotLayout.END_OFFSET, end);
        block.putInt(SnapshotLayout.PAGE_OFFSET, pageBytes);
        block.putInt(SnapshotLayout.RESERVED_OFFSET, 0);
        block.putInt(SnapshotLayout.CRC_OFFSET, checksum(block, offset));
    }

    private int checksum(ByteBuffer block, long offset) {
        ByteBuffer checked = block.slice(SnapshotLayout.CHECKED_OFFSET, block.limit() - SnapshotLayout.CHECKED_OFFSET);
        return checksum.of(offset, block.getLong(SnapshotLayout.MAGIC_OFFSET), block.getInt(SnapshotLayout.VERSION_OFFSET), checked);
    }

    /** Checks a block before anything of it is believed; zeros are expected behind {@code usedBytes}. */
    void check(ByteBuffer block, long offset, long number, long from, long end, long usedBytes) {
        // first what tells a block of another file apart, though the checksum would too: it makes the better sentence
        word(offset, SnapshotLayout.MAGIC_OFFSET, "the magic number", block.getLong(SnapshotLayout.MAGIC_OFFSET), SnapshotLayout.MAGIC);
        word(offset, SnapshotLayout.STORE_ID_OFFSET, "the store id", block.getLong(SnapshotLayout.STORE_ID_OFFSET), storeId);
        word(offset, SnapshotLayout.SEQUENCE_OFFSET, "the sequence number", block.getLong(SnapshotLayout.SEQUENCE_OFFSET), sequence);
        word(offset, SnapshotLayout.NUMBER_OFFSET, "the block number", block.getLong(SnapshotLayout.NUMBER_OFFSET), number);
        word(offset, SnapshotLayout.CRC_OFFSET, "the checksum", block.getInt(SnapshotLayout.CRC_OFFSET), checksum(block, offset));
        // only now: before, a flipped bit would pass for another version
        int version = block.getInt(SnapshotLayout.VERSION_OFFSET);
        if (version > SnapshotLayout.VERSION) {
            throw new FormatFault(path + " was written by a newer version of Tideline, in format " + version + "; this one knows up to "
                    + SnapshotLayout.VERSION + ". Open it with that version");
        }
        word(offset, SnapshotLayout.VERSION_OFFSET, "the format version", version, SnapshotLayout.VERSION);
        word(offset, SnapshotLayout.FROM_OFFSET, "the first log address", block.getLong(SnapshotLayout.FROM_OFFSET), from);
        word(offset, SnapshotLayout.END_OFFSET, "the end of the log addresses", block.getLong(SnapshotLayout.END_OFFSET), end);
        word(offset, SnapshotLayout.PAGE_OFFSET, "the page size", block.getInt(SnapshotLayout.PAGE_OFFSET), pageBytes);
        word(offset, SnapshotLayout.RESERVED_OFFSET, "the reserved field", block.getInt(SnapshotLayout.RESERVED_OFFSET), 0);
        for (int at = Math.toIntExact(usedBytes); at < block.limit(); at += Long.BYTES) {
            word(offset, at, "the word", block.getLong(at), 0);
        }
    }

    private void word(long offset, int field, String what, long found, long expected) {
        if (found != expected) {
            throw damage(offset + field, what, "0x" + Long.toHexString(found), "0x" + Long.toHexString(expected));
        }
    }

    /** How a damaged snapshot is reported, always. */
    CorruptionFault damage(long offset, String what, String found, String expected) {
        return new CorruptionFault(path + " is damaged at offset " + offset + ": " + what + " is " + found + ", expected " + expected
                + "; nothing of it was used");
    }
}
