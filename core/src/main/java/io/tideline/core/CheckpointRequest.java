package io.tideline.core;

import io.tideline.checkpoint.CheckpointKind;
import io.tideline.checkpoint.Durability;
import io.tideline.checkpoint.LogStyle;
import io.tideline.checkpoint.Manifest;
import java.util.Objects;

/**
 * What a checkpoint is to be; immutable.
 *
 * @param logStyle how the log is written
 * @param durability what it is to survive
 * @param cookie bytes of the caller's, up to 64 KiB, that are committed with it; those of the checkpoint before stay if this is null
 */
public record CheckpointRequest(CheckpointKind kind, LogStyle logStyle, Durability durability, byte[] cookie) {
    public CheckpointRequest {
        Objects.requireNonNull(kind);
        Objects.requireNonNull(logStyle);
        Objects.requireNonNull(durability);
        if (kind == CheckpointKind.INDEX_ONLY && cookie != null) {
            throw new IllegalArgumentException("a checkpoint of the index alone holds no operations, so it takes no cookie; give it to the next full() or logOnly()");
        }
        if (kind == CheckpointKind.INDEX_ONLY && logStyle == LogStyle.SNAPSHOT) {
            throw new IllegalArgumentException("a checkpoint of the index alone writes no log, so no snapshot of one; take full() or logOnly()");
        }
        if (cookie != null && cookie.length > Manifest.MAX_COOKIE_BYTES) {
            throw new IllegalArgumentException("a cookie of " + cookie.length + " bytes; it takes up to " + Manifest.MAX_COOKIE_BYTES);
        }
        cookie = cookie == null ? null : cookie.clone();
    }

    /** Index and log, so that recovery has little to replay; survives a crash of the machine. */
    public static CheckpointRequest full() {
        return new CheckpointRequest(CheckpointKind.FULL, LogStyle.FOLD_OVER, Durability.DISK, null);
    }

    /** The log alone, which takes less writing; recovery replays it from the newest image of the index on. */
    public static CheckpointRequest logOnly() {
        return new CheckpointRequest(CheckpointKind.LOG_ONLY, LogStyle.FOLD_OVER, Durability.DISK, null);
    }

    /**
     * An image of the index alone, as the newest checkpoint has it: no operation becomes durable, but a recovery to that checkpoint, and to
     * checkpoints of the log alone that follow, has less to replay. The less was written since that checkpoint, the sooner it is taken.
     */
    public static CheckpointRequest indexOnly() {
        return new CheckpointRequest(CheckpointKind.INDEX_ONLY, LogStyle.FOLD_OVER, Durability.DISK, null);
    }

    /**
     * The same with the end of the log copied to a file aside, where it is else made read-only: afterwards records are changed in place as before, so
     * the log grows less. The next recovery appends what was copied anew.
     */
    public CheckpointRequest snapshot() {
        return new CheckpointRequest(kind, LogStyle.SNAPSHOT, durability, cookie);
    }

    public CheckpointRequest durability(Durability chosen) {
        return new CheckpointRequest(kind, logStyle, chosen, cookie);
    }

    public CheckpointRequest cookie(byte[] bytes) {
        return new CheckpointRequest(kind, logStyle, durability, bytes);
    }
}
