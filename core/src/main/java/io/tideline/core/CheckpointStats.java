package io.tideline.core;

import io.tideline.checkpoint.LostGeneration;
import io.tideline.checkpoint.RecoveryWork;
import java.util.List;

/**
 * What {@link StoreStats} says of checkpoints.
 *
 * @param version that records are of which are written now; a checkpoint begins the next
 * @param phase of the checkpoint that runs, {@code REST} where none does
 * @param count how many there were since the store was opened
 * @param newest number of the newest one; 0 if there is none
 * @param newestKind which parts that one wrote, and how its log: as {@code FULL, FOLD_OVER}; empty if there is none
 * @param newestNanos how long the newest one took that was taken since the opening
 * @param namedSessions sessions that checkpoints tell apart, open or not
 * @param pendingUpdates submitted updates that have not taken effect; a checkpoint waits for them
 * @param unsyncedBytes of the log, which earlier lives wrote and no checkpoint of durability {@code DISK} holds; the next one first verifies them
 *     and writes them again
 * @param imageProblem why the image of the index was of no use at the opening, so that the index was rebuilt from the log; empty where it was
 * @param recovery what the opening read to have the index again
 * @param lost the checkpoints that the opening passed over because they are damaged, the newest first, each with what is wrong with it; everything
 *     that was committed since {@link Store#lastCommit} as it was then is lost. Empty unless {@link StoreConfig.Builder#fallBack} allowed that
 */
public record CheckpointStats(long version, String phase, long count, long newest, String newestKind, long newestNanos, int namedSessions, int pendingUpdates,
        long unsyncedBytes, String imageProblem, RecoveryWork recovery, List<LostGeneration> lost) {
    static CheckpointStats of(Kernel kernel) {
        boolean keeps = kernel.keepsSessions();
        return new CheckpointStats(kernel.state.version(), kernel.state.phase().name(), keeps ? kernel.checkpointer().count() : 0,
                keeps ? kernel.checkpointer().lastCommit().map(CommitPoint::number).orElse(0L) : 0,
                keeps ? kernel.checkpointer().lastCommit().map(point -> point.kind() + ", " + point.logStyle()).orElse("") : "", keeps ? kernel.checkpointer().nanos() : 0,
                kernel.names.names().size(), kernel.pendingUpdates.get(), kernel.log.distrustedBytes(), kernel.imageProblem(), kernel.recoveryWork(), kernel.lost());
    }
}
