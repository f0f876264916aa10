package io.tideline.hlog;

import io.tideline.hlog.device.Device;
import io.tideline.hlog.format.SealedFile;
import io.tideline.hlog.format.SealedKind;
import io.tideline.hlog.format.SealedPayload;
import io.tideline.memory.Waits;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * Says that a log was closed with everything in it on disk, kept in the file CLEAN-CLOSE. It is true only as long as nobody appends: it is
 * written when the whole log is synced, and whoever opens the log for writing {@linkplain #remove removes} it before the first append.
 *
 * @param begin the log's first address that counts
 * @param tail the address behind its last record
 * @param checkpoint the number of the checkpoint that goes with it, its sequence number; 1 in files of builds that did not tell
 */
public record CleanClose(long begin, long tail, long checkpoint) {
    /** The file's name. */
    public static final String FILE = "CLEAN-CLOSE";
    static final SealedKind KIND = new SealedKind(2, 1);
    private static final long MAX_ADDRESS = LogAddress.MASK + 1 - RecordLayout.GRANULE_BYTES;

    public CleanClose {
        if (begin < LogAddress.FIRST || tail < begin || tail > MAX_ADDRESS || !isBoundary(begin) || !isBoundary(tail)) {
            throw new IllegalArgumentException("a log from " + begin + " to " + tail + "; both are multiples of " + RecordLayout.GRANULE_BYTES
                    + " in order, from " + LogAddress.FIRST + " to " + MAX_ADDRESS);
        }
        if (checkpoint < 1) {
            throw new IllegalArgumentException("a close with checkpoint " + checkpoint + "; they begin with 1");
        }
    }

    private static boolean isBoundary(long address) {
        return address % RecordLayout.GRANULE_BYTES == 0;
    }

    /** Called when everything from begin to tail is synced. */
    public void publish(Device device, Waits waits, long storeId) {
        byte[] payload = ByteBuffer.allocate(2 * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(begin).putLong(tail).array();
        SealedFile.publish(device, waits, FILE, KIND, storeId, checkpoint, payload);
    }

    /** How the store was closed; empty if it was not, or was opened for writing since. See {@link SealedFile#read} for the faults. */
    public static Optional<CleanClose> read(Device device, Waits waits, long storeId) {
        return device.exists(FILE) ? Optional.of(SealedFile.read(device, waits, FILE, KIND, payload -> decode(payload.ofStore(storeId))))
                : Optional.empty();
    }

    static CleanClose decode(SealedPayload payload) {
        long begin = boundary(payload, "the begin address", LogAddress.FIRST);
        long tail = boundary(payload, "the tail address", begin);
        return new CleanClose(begin, tail, payload.sequence(1));
    }

    private static long boundary(SealedPayload payload, String field, long min) {
        long address = payload.word(field, min, MAX_ADDRESS);
        if (!isBoundary(address)) {
            throw payload.wrong(field, address, "a multiple of " + RecordLayout.GRANULE_BYTES);
        }
        return address;
    }

    /** Makes sure that the file is gone, also after a crash of the machine. */
    public static void remove(Device device) {
        SealedFile.remove(device, FILE);
    }
}
