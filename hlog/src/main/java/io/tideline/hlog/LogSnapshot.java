package io.tideline.hlog;

import io.tideline.hlog.device.BlockingIo;
import io.tideline.hlog.device.Device;
import io.tideline.hlog.device.DeviceFile;
import io.tideline.hlog.device.FileUse;
import io.tideline.memory.NativeBuffer;
import io.tideline.memory.Probe;
import io.tideline.memory.Region;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The end of a log that is not in its own files yet, copied to a file beside them, while nothing of it is changed in place. Layout in
 * {@link SnapshotLayout}.
 *
 * <p>It is copied page by page from the end down, until it meets what the flusher has written meanwhile: so no page that is still needed can have
 * left the memory, and no more is copied than is missing.
 *
 * @param from its first address, where a page begins, or the log: below it the log's own files hold the log
 * @param end the address behind its last
 */
public record LogSnapshot(long from, long end) {
    private static final long TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(60);

    /** Told what a snapshot holds, in the order of addresses. */
    public interface Visitor {
        /** A record, or filler, stands at {@code record} during this call, laid out as in the log, its state bits whatever they were. */
        void record(long address, long record, int sizeBytes);
    }

    /**
     * Copies what of the log below {@code end} is not in its files, on the calling thread, outside the epoch.
     *
     * @param name of a new file; it is removed again if this fails, and not made if nothing is missing
     * @param end a multiple of 4,096 below which nothing is changed in place meanwhile, and everything reserved is framed
     * @param sync whether the file survives a crash of the machine afterwards; its name does once the directory is synced
     * @return empty if the log's files hold everything
     * @throws io.tideline.fault.StoreFault if not everything was written, or synced
     */
    public static Optional<LogSnapshot> write(HybridLog log, Device device, Waits waits, String name, long storeId, long sequence, long end,
            boolean sync) {
        FileUse.requireAlignment(device, SnapshotLayout.ALIGNMENT_BYTES);
        if (log.flushed() >= end) {
            return Optional.empty();
        }
        return FileUse.ofNew(device, name, file -> {
            LogSnapshot written = new Writer(log, file, waits, storeId, sequence, end).write(sync);
            if (written.from == end) { // the flusher was faster
                device.delete(name);
                return Optional.empty();
            }
            return Optional.of(written);
        });
    }

    /**
     * Reads all of it, in the order of addresses, a page at a time, which is checked before anything of it is shown. It takes memory for a page, and no
     * more than the file is long.
     *
     * @throws io.tideline.fault.CorruptionFault if it is not as it was written, or of another store, checkpoint or stretch of the log
     * @throws io.tideline.fault.FormatFault if it is of a newer version
     */
    public void read(Device device, Waits waits, String name, long storeId, long sequence, int pageBytes, Visitor visitor) {
        with(device, waits, name, storeId, sequence, pageBytes, reader -> reader.show(visitor));
    }

    private void with(Device device, Waits waits, String name, long storeId, long sequence, int pageBytes, Consumer<Reader> use) {
        FileUse.requireAlignment(device, SnapshotLayout.ALIGNMENT_BYTES);
        FileUse.of(device, name, file -> {
            use.accept(new Reader(file, waits, new SnapshotSeal(file.path(), storeId, sequence, pageBytes), pageBytes));
            return null;
        });
    }

    /**
     * Writes it anew to another file, as the snapshot of another checkpoint, so that it survives a crash of the machine; the directory's sync is the
     * caller's. For one that was written without a sync: where an earlier sync of its file failed, a later one would succeed without what that lost.
     *
     * @param name of a new file; it is removed again if this fails
     * @throws io.tideline.fault.CorruptionFault if it is not as it was written
     * @throws io.tideline.fault.StoreFault if not everything was written and synced
     */
    public void copy(Device device, Waits waits, String source, long sourceSequence, String name, long storeId, long sequence, int pageBytes) {
        FileUse.ofNew(device, name, target -> {
            SnapshotSeal seal = new SnapshotSeal(target.path(), storeId, sequence, pageBytes);
            with(device, waits, source, storeId, sourceSequence, pageBytes, reader -> reader.copyTo(target, seal));
            return null;
        });
    }

    /** The size of its file. */
    public long fileBytes(int pageBytes) {
        return SnapshotLayout.fileBytes(from, end, pageBytes);
    }

    /** Writes the file of a snapshot. */
    private static final class Writer {
        private final HybridLog log;
        private final DeviceFile file;
        private final BlockingIo io;
        private final SnapshotSeal seal;
        private final long end;
        private final long pageBytes;

        Writer(HybridLog log, DeviceFile file, Waits waits, long storeId, long sequence, long end) {
            this.log = log;
            this.file = file;
            this.io = new BlockingIo(waits, TIMEOUT_NANOS);
            this.seal = new SnapshotSeal(file.path(), storeId, sequence, log.pageBytes());
            this.end = end;
            this.pageBytes = log.pageBytes();
        }

        LogSnapshot write(boolean sync) {
            Region block = Region.allocate(SnapshotLayout.lengthBytes(pageBytes), false);
            try {
                long from = writePages(block.address());
                if (from < end) {
                    Words.zero(block.address(), SnapshotLayout.HEAD_BYTES);
                    write(block.address(), SnapshotLayout.HEAD_BYTES, 0, 0, from, end);
                    if (sync) {
                        io.sync(file);
                    }
                }
                return new LogSnapshot(from, end);
            } finally {
                if (!io.isUnderWay()) {
                    block.close(); // else leaked rather than taken from under a device that hangs
                }
            }
        }

        /** From the last page down; the first address that was written. */
        private long writePages(long block) {
            long written = end;
            for (long page = SnapshotLayout.lastPage(end, pageBytes); written > log.flushed(); page--) {
                long from = SnapshotLayout.pageFrom(page, pageBytes);
                long to = SnapshotLayout.pageEnd(page, end, pageBytes);
                if (!log.copy(from, to, block + SnapshotLayout.HEADER_BYTES)) {
                    break; // it has left the memory, so its file has it
                }
                int lengthBytes = SnapshotLayout.lengthBytes(to - from);
                long usedBytes = SnapshotLayout.HEADER_BYTES + to - from;
                Words.zero(block + usedBytes, lengthBytes - usedBytes);
                write(block, lengthBytes, SnapshotLayout.offset(page, end, pageBytes), SnapshotLayout.number(page, end, pageBytes), from, to);
                Probe.at("snapshot.page");
                written = from;
            }
            return written;
        }

        private void write(long block, int lengthBytes, long offset, long number, long from, long to) {
            seal.seal(NativeBuffer.of(block, lengthBytes), offset, number, from, to);
            io.write(file, offset, block, lengthBytes);
        }
    }

    /** Takes blocks of a snapshot that were read and checked. */
    private interface Blocks {
        /** @param number 0 for the head */
        void take(long block, int lengthBytes, long offset, long number, long first, long last);
    }

    /** Reads the file of the snapshot. */
    private final class Reader {
        private final DeviceFile file;
        private final BlockingIo io;
        private final SnapshotSeal seal;
        private final long pageBytes;

        Reader(DeviceFile file, Waits waits, SnapshotSeal seal, long pageBytes) {
            this.file = file;
            this.io = new BlockingIo(waits, TIMEOUT_NANOS);
            this.seal = seal;
            this.pageBytes = pageBytes;
        }

        void show(Visitor visitor) {
            read((block, _, offset, number, first, last) -> {
                if (number > 0) {
                    show(first, last, block + SnapshotLayout.HEADER_BYTES, offset, visitor);
                }
            });
        }

        /** Writes it to another file, and syncs that. */
        void copyTo(DeviceFile target, SnapshotSeal as) {
            read((block, lengthBytes, offset, number, first, last) -> {
                as.seal(NativeBuffer.of(block, lengthBytes), offset, number, first, last);
                io.write(target, offset, block, lengthBytes); // as it is read, so that the block outlives whatever hangs
            });
            io.sync(target);
        }

        private void read(Blocks blocks) {
            long expectedBytes = SnapshotLayout.fileBytes(from, end, pageBytes);
            long sizeBytes = file.sizeBytes();
            if (sizeBytes != expectedBytes) {
                throw seal.damage(Math.min(sizeBytes, expectedBytes), "the size", sizeBytes + "", expectedBytes + "");
            }
            Region block = Region.allocate(Math.min(SnapshotLayout.lengthBytes(pageBytes), sizeBytes), false);
            try {
                read(block.address(), SnapshotLayout.HEAD_BYTES, 0, 0, from, end, SnapshotLayout.HEADER_BYTES, blocks);
                for (long page = from / pageBytes; page <= SnapshotLayout.lastPage(end, pageBytes); page++) {
                    long first = SnapshotLayout.pageFrom(page, pageBytes);
                    long last = SnapshotLayout.pageEnd(page, end, pageBytes);
                    long offset = SnapshotLayout.offset(page, end, pageBytes);
                    read(block.address(), SnapshotLayout.lengthBytes(last - first), offset, SnapshotLayout.number(page, end, pageBytes), first, last,
                            SnapshotLayout.HEADER_BYTES + last - first, blocks);
                }
            } finally {
                if (!io.isUnderWay()) {
                    block.close();
                }
            }
        }

        private void read(long block, int lengthBytes, long offset, long number, long first, long last, long usedBytes, Blocks blocks) {
            io.read(file, offset, block, lengthBytes);
            ByteBuffer bytes = NativeBuffer.of(block, lengthBytes);
            seal.check(bytes, offset, number, first, last, usedBytes);
            blocks.take(block, lengthBytes, offset, number, first, last);
        }

        private void show(long first, long last, long memory, long offset, Visitor visitor) {
            for (long at = first; at < last; ) {
                long record = memory + at - first;
                int sizeBytes = sizeBytes(record, last - at);
                if (sizeBytes < 0) {
                    throw seal.damage(offset + SnapshotLayout.HEADER_BYTES + at - first, "the record of log address " + at, "0x"
                            + Long.toHexString(Words.get(record)) + " 0x" + Long.toHexString(Words.get(record + Long.BYTES)), "one that ends by " + last);
                }
                RecordLayout.requireKnown(Words.get(record + RecordLayout.LINK_OFFSET), at);
                visitor.record(at, record, sizeBytes);
                at += sizeBytes;
            }
        }

        /** The length of what stands there, or -1 if no record can look like this. */
        private static int sizeBytes(long record, long roomBytes) {
            return RecordLayout.isLocked(Words.get(record + RecordLayout.STATE_OFFSET)) ? -1 : RecordLayout.framedBytes(record, roomBytes);
        }
    }
}
