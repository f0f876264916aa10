package io.tideline.hlog.format;

import io.tideline.fault.CorruptionFault;
import io.tideline.fault.FormatFault;
import io.tideline.memory.Checksum;
import java.nio.ByteBuffer;

/**
 * Seals the blocks of one file of blocks and checks that a block is one of them, at its place, as it was sealed; layout in {@link BlockLayout}. The
 * checksum is salted with the store's id and the place, and covers the sequence number of the file. Single-threaded.
 */
public final class BlockSeal {
    private final String path;
    private final long magic;
    private final int version;
    private final long storeId;
    private final long sequence;
    private final Checksum checksum;

    /**
     * @param path where the file is, for people
     * @param magic of its kind
     * @param version of the format that is written, and the newest that can be read
     * @param sequence which of its kind it is, in this store
     */
    public BlockSeal(String path, long magic, int version, long storeId, long sequence) {
        this.path = path;
        this.magic = magic;
        this.version = version;
        this.storeId = storeId;
        this.sequence = sequence;
        this.checksum = new Checksum(storeId);
    }

    /** Completes a block, as long as it will be at {@code offset} of the file, whose own fields and content are in place. */
    public void seal(ByteBuffer block, long offset, long number) {
        block.putLong(BlockLayout.MAGIC_OFFSET, magic);
        block.putInt(BlockLayout.VERSION_OFFSET, version);
        block.putLong(BlockLayout.STORE_ID_OFFSET, storeId);
        block.putLong(BlockLayout.SEQUENCE_OFFSET, sequence);
        block.putLong(BlockLayout.NUMBER_OFFSET, number);
        block.putInt(BlockLayout.CRC_OFFSET, checksum(block, offset));
    }

    private int checksum(ByteBuffer block, long offset) {
        ByteBuffer checked = block.slice(BlockLayout.CHECKED_OFFSET, block.limit() - BlockLayout.CHECKED_OFFSET);
        return checksum.of(offset, block.getLong(BlockLayout.MAGIC_OFFSET), block.getInt(BlockLayout.VERSION_OFFSET), checked);
    }

    /** Checks a block before anything of it is believed; what its own fields and content should be is for the caller to check behind this. */
    public void check(ByteBuffer block, long offset, long number) {
        // first what tells a block of another file apart, though the checksum would too: it makes the better sentence
        hexWord(offset, BlockLayout.MAGIC_OFFSET, "the magic number", block.getLong(BlockLayout.MAGIC_OFFSET), magic);
        hexWord(offset, BlockLayout.STORE_ID_OFFSET, "the store id", block.getLong(BlockLayout.STORE_ID_OFFSET), storeId);
        word(offset, BlockLayout.SEQUENCE_OFFSET, "the sequence number", block.getLong(BlockLayout.SEQUENCE_OFFSET), sequence);
        word(offset, BlockLayout.NUMBER_OFFSET, "the block number", block.getLong(BlockLayout.NUMBER_OFFSET), number);
        hexWord(offset, BlockLayout.CRC_OFFSET, "the checksum", block.getInt(BlockLayout.CRC_OFFSET) & 0xFFFF_FFFFL,
                checksum(block, offset) & 0xFFFF_FFFFL);
        // only now: before, a flipped bit would pass for another version
        int found = block.getInt(BlockLayout.VERSION_OFFSET);
        if (found < 1) {
            throw damage(offset + BlockLayout.VERSION_OFFSET, "the format version", found + "", "1 to " + version);
        }
        if (found > version) {
            throw new FormatFault(path + " was written by a newer version of Tideline, in format " + found + "; this one knows up to " + version
                    + ". Open it with that version");
        }
    }

    /** Checks a field of a block, named to people by its number. */
    public void word(long offset, int field, String what, long found, long expected) {
        if (found != expected) {
            throw damage(offset + field, what, found + "", expected + "");
        }
    }

    /** The same for bits. */
    public void hexWord(long offset, int field, String what, long found, long expected) {
        if (found != expected) {
            throw damage(offset + field, what, "0x" + Long.toHexString(found), "0x" + Long.toHexString(expected));
        }
    }

    /** Checks that a block has nothing from {@code from} on. */
    public void zeros(ByteBuffer block, long offset, int from) {
        for (int at = from; at < block.limit(); at += Long.BYTES) {
            hexWord(offset, at, "the word", block.getLong(at), 0);
        }
    }

    /** How damage of the file is reported, always. */
    public CorruptionFault damage(long offset, String what, String found, String expected) {
        return SealedPayload.damage(path, offset, what, found, expected);
    }
}
