package io.tideline.hlog;

import io.tideline.fault.CorruptionFault;
import io.tideline.hlog.format.BlockSeal;
import java.nio.ByteBuffer;

/** Seals the blocks of one snapshot and checks them, with the fields that only a snapshot has. Single-threaded. */
final class SnapshotSeal {
    private final BlockSeal blocks;
    private final int pageBytes;

    /** @param path where the snapshot is, for people */
    SnapshotSeal(String path, long storeId, long sequence, int pageBytes) {
        this.blocks = new BlockSeal(path, SnapshotLayout.MAGIC, SnapshotLayout.VERSION, storeId, sequence);
        this.pageBytes = pageBytes;
    }

    /** Completes a block, as long as it will be at {@code offset} of the file, whose bytes of the log are in place. */
    void seal(ByteBuffer block, long offset, long number, long from, long end) {
        block.putLong(SnapshotLayout.FROM_OFFSET, from);
        block.putLong(SnapshotLayout.END_OFFSET, end);
        block.putInt(SnapshotLayout.PAGE_OFFSET, pageBytes);
        block.putInt(SnapshotLayout.RESERVED_OFFSET, 0);
        blocks.seal(block, offset, number);
    }

    /** Checks a block before anything of it is believed; zeros are expected behind {@code usedBytes}. */
    void check(ByteBuffer block, long offset, long number, long from, long end, long usedBytes) {
        blocks.check(block, offset, number);
        blocks.word(offset, SnapshotLayout.FROM_OFFSET, "the first log address", block.getLong(SnapshotLayout.FROM_OFFSET), from);
        blocks.word(offset, SnapshotLayout.END_OFFSET, "the end of the log addresses", block.getLong(SnapshotLayout.END_OFFSET), end);
        blocks.word(offset, SnapshotLayout.PAGE_OFFSET, "the page size", block.getInt(SnapshotLayout.PAGE_OFFSET), pageBytes);
        blocks.word(offset, SnapshotLayout.RESERVED_OFFSET, "the reserved field", block.getInt(SnapshotLayout.RESERVED_OFFSET), 0);
        blocks.zeros(block, offset, Math.toIntExact(usedBytes));
    }

    /** How a damaged snapshot is reported, always. */
    CorruptionFault damage(long offset, String what, String found, String expected) {
        return blocks.damage(offset, what, found, expected);
    }
}
