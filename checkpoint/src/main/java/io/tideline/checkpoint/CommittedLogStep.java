package io.tideline.checkpoint;

import io.tideline.checkpoint.SystemState.Phase;
import io.tideline.hlog.HybridLog;
import io.tideline.hlog.LogSnapshot;
import io.tideline.hlog.device.Device;
import io.tideline.memory.Waits;
import java.util.concurrent.TimeUnit;

/** The step that lets another manifest name the log of an earlier checkpoint: makes it survive what that manifest says. */
public final class CommittedLogStep implements Step {
    private static final long FLUSH_TIMEOUT_NANOS = TimeUnit.MINUTES.toNanos(10);

    private final HybridLog log;
    private final Device device;
    private final Waits waits;
    private final Manifest committed;
    private final Durability durability;
    private boolean snapshotIsInDoubt;

    public CommittedLogStep(HybridLog log, Device device, Waits waits, Manifest committed, Durability durability) {
        this.log = log;
        this.device = device;
        this.waits = waits;
        this.committed = committed;
        this.durability = durability;
    }

    @Override
    public void in(Phase phase) {
        if (phase == Phase.INDEX) {
            log.awaitFlushed(Math.min(committed.log().end(), committed.log().durableEnd()), FLUSH_TIMEOUT_NANOS); // it is; but where a sync failed nothing is committed
            if (durability == Durability.DISK) {
                committed.snapshot().ifPresent(this::sync);
                log.sync();
            }
        }
    }

    private void sync(Manifest.Snapshot aside) {
        snapshotIsInDoubt = true; // until that has succeeded
        LogSnapshot.sync(device, waits, CheckpointFiles.name(aside.number(), SnapshotStep.PART));
        snapshotIsInDoubt = false;
    }

    /** Whether a sync of the snapshot failed: what it lost is written nowhere again, and another sync would succeed without it. */
    public boolean leavesSnapshotInDoubt() {
        return snapshotIsInDoubt;
    }
}
