package io.tideline.hlog.format;

import io.tideline.hlog.device.Device;
import io.tideline.hlog.device.StoreDirectory;
import io.tideline.memory.NativeBuffer;
import io.tideline.memory.Waits;

/**
 * A sealed file that does not count yet: written under its temporary name, then perhaps synced, then published under its own. One that is
 * closed unpublished is left to its owner to {@linkplain #discard discard}, or to the next opening. Not thread-safe.
 */
public final class SealedDraft implements AutoCloseable {
    private final Device device;
    private final String name;
    private final String temporary;
    private final SealTransfer transfer;

    private SealedDraft(Device device, Waits waits, String name) {
        this.device = device;
        this.name = name;
        this.temporary = name + StoreDirectory.TEMPORARY_SUFFIX;
        discard(device, name);
        this.transfer = new SealTransfer(waits, device.create(temporary));
    }

    /** Writes all of a file under the temporary name of {@code name}, for its owner alone; what was left there before is removed. */
    public static SealedDraft write(Device device, Waits waits, String name, SealedKind kind, long storeId, long sequence, byte[] payload) {
        if (payload.length > SealLayout.MAX_PAYLOAD_BYTES) {
            throw new IllegalArgumentException("a payload of " + payload.length + " bytes for " + name + "; it takes up to " + SealLayout.MAX_PAYLOAD_BYTES);
        }
        SealedFile.requireBlocks(device);
        int sizeBytes = SealLayout.fileBytes(payload.length);
        SealedDraft draft = new SealedDraft(device, waits, name);
        boolean written = false;
        try {
            long memory = draft.transfer.allocate(sizeBytes);
            SealCodec.encode(NativeBuffer.of(memory, sizeBytes), kind, storeId, sequence, payload);
            draft.transfer.io.write(draft.transfer.file, 0, memory, sizeBytes);
            written = true;
        } finally {
            if (!written) {
                draft.close();
            }
        }
        return draft;
    }

    /** Makes its bytes survive a crash of the machine. If it fails, the draft is worth nothing, and must not be synced again. */
    public void sync() {
        transfer.io.sync(transfer.file);
    }

    /** Gives it its name, in the place of what had that. The name survives a crash of the machine once the directory is synced. */
    public void publish() {
        close();
        device.rename(temporary, name);
    }

    /** Removes what a draft of that name left, if anything. */
    public static void discard(Device device, String name) {
        String temporary = name + StoreDirectory.TEMPORARY_SUFFIX;
        if (device.exists(temporary)) {
            device.delete(temporary);
        }
    }

    /** Idempotent. */
    @Override
    public void close() {
        transfer.close();
    }
}
