package io.tideline.hlog.format;

import io.tideline.hlog.device.Device;
import io.tideline.hlog.device.DeviceFile;
import io.tideline.hlog.device.StoreDirectory;
import io.tideline.memory.NativeBuffer;
import io.tideline.memory.Waits;
import java.nio.ByteBuffer;
import java.util.function.Function;

/**
 * Writes and reads small files that are whole or refused. A reader sees the old file or the new one, also after a crash; what it returns was
 * written so, and every damage ends in a fault. Whoever publishes or removes holds the directory and does one thing at a time.
 */
public final class SealedFile {
    private SealedFile() {
    }

    /**
     * Puts a file in the place of what had that name. When this returns, the new one survives a crash of the machine. When it fails, the old or
     * the new one is there, whole, and nobody knows which survives. A device that hangs is a fault too, see {@link BlockingIo#isTimeout}.
     */
    public static void publish(Device device, Waits waits, String name, SealedKind kind, long storeId, long sequence, byte[] payload) {
        try (SealedDraft draft = SealedDraft.write(device, waits, name, kind, storeId, sequence, payload)) {
            draft.sync();
            draft.publish();
        }
        device.syncDirectory();
    }

    /**
     * Reads a file that is there. It takes no more memory than the file is long, and a block.
     *
     * @param decoder reads every field of the payload, and keeps nothing of it
     * @throws io.tideline.fault.CorruptionFault if it is not as it was written, naming the offset
     * @throws io.tideline.fault.FormatFault if it is not ours, or of a newer version
     */
    public static <T> T read(Device device, Waits waits, String name, SealedKind kind, Function<SealedPayload, T> decoder) {
        return read(device, waits, name, kind, SealCodec.ANYBODYS, decoder);
    }

    /** Like {@link #read}, of a file that nobody else makes under that name: one that does not begin as ours do is damaged, too. */
    public static <T> T readOurs(Device device, Waits waits, String name, SealedKind kind, Function<SealedPayload, T> decoder) {
        return read(device, waits, name, kind, SealCodec.OURS, decoder);
    }

    private static <T> T read(Device device, Waits waits, String name, SealedKind kind, boolean ours, Function<SealedPayload, T> decoder) {
        requireBlocks(device);
        SealTransfer transfer = new SealTransfer(waits, device.open(name));
        try (transfer) {
            DeviceFile file = transfer.file;
            long sizeBytes = file.sizeBytes();
            long block = transfer.allocate(SealLayout.BLOCK_BYTES);
            int headBytes = (int) Math.min(sizeBytes - sizeBytes % device.alignmentBytes(), SealLayout.BLOCK_BYTES);
            if (headBytes > 0) {
                transfer.io.read(file, 0, block, headBytes);
            }
            SealCodec.checkHead(file.path(), NativeBuffer.of(block, headBytes), sizeBytes, ours);
            long memory = transfer.allocate(sizeBytes);
            transfer.io.read(file, 0, memory, (int) sizeBytes);
            return SealCodec.decode(file.path(), NativeBuffer.of(memory, (int) sizeBytes), kind, ours, decoder);
        }
    }

    /** Whether a file that is there begins as all that were written by {@link #publish} do. */
    public static boolean isOurs(Device device, Waits waits, String name) {
        requireBlocks(device);
        SealTransfer transfer = new SealTransfer(waits, device.open(name));
        try (transfer) {
            if (transfer.file.sizeBytes() < SealLayout.BLOCK_BYTES) {
                return false;
            }
            long block = transfer.allocate(SealLayout.BLOCK_BYTES);
            transfer.io.read(transfer.file, 0, block, SealLayout.BLOCK_BYTES);
            return NativeBuffer.of(block, SealLayout.BLOCK_BYTES).getLong(SealLayout.MAGIC_OFFSET) == SealLayout.MAGIC;
        }
    }

    /** Reads a file whose bytes are in memory already, with the same checks. */
    public static <T> T decode(String path, ByteBuffer file, SealedKind kind, Function<SealedPayload, T> decoder) {
        return SealCodec.decode(path, file, kind, SealCodec.ANYBODYS, decoder);
    }

    /** Makes a file gone for good, whether or not it is still there: an earlier removal may not have reached the disk. */
    public static void remove(Device device, String name) {
        if (device.exists(name)) {
            device.delete(name);
        }
        device.syncDirectory();
    }

    /** Removes what publications that were cut short left behind. */
    public static void removeLeftovers(Device device) {
        device.list().stream().filter(name -> name.endsWith(StoreDirectory.TEMPORARY_SUFFIX)).forEach(device::delete);
    }

    static void requireBlocks(Device device) {
        if (SealLayout.BLOCK_BYTES % device.alignmentBytes() != 0) {
            throw new IllegalArgumentException("a device that transfers multiples of " + device.alignmentBytes() + " bytes; they must divide "
                    + SealLayout.BLOCK_BYTES);
        }
    }
}
