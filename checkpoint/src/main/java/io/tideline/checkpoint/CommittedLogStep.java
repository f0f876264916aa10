package io.tideline.checkpoint;

import io.tideline.checkpoint.SystemState.Phase;
import io.tideline.hlog.HybridLog;
import io.tideline.hlog.device.Device;
import io.tideline.memory.Waits;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The step that lets another manifest name the log of an earlier checkpoint: makes it survive what that manifest says. A snapshot that no checkpoint
 * vouches for is written anew for that, because nobody knows what an earlier sync of its file has lost (decision 021).
 */
public final class CommittedLogStep implements Step {
    private static final long FLUSH_TIMEOUT_NANOS = TimeUnit.MINUTES.toNanos(10);

    private final HybridLog log;
    private final ManifestStore manifests;
    private final Device device;
    private final Waits waits;
    private final Manifest committed;
    private final long storeId;
    private final long checkpoint;
    private final Durability durability;
    private Optional<Manifest.Snapshot> copied = Optional.empty();

    /** @param checkpoint the number of the other manifest */
    public CommittedLogStep(HybridLog log, ManifestStore manifests, Device device, Waits waits, Manifest committed, long storeId, long checkpoint,
            Durability durability) {
        this.log = log;
        this.manifests = manifests;
        this.device = device;
        this.waits = waits;
        this.committed = committed;
        this.storeId = storeId;
        this.checkpoint = checkpoint;
        this.durability = durability;
    }

    @Override
    public void before(Phase phase) {
        if (phase == Phase.INDEX) {
            CheckpointFiles.removeLeftover(device, checkpoint, SnapshotStep.PART);
        }
    }

    @Override
    public void in(Phase phase) {
        if (phase == Phase.INDEX) {
            log.awaitFlushed(Math.min(committed.log().end(), committed.log().durableEnd()), FLUSH_TIMEOUT_NANOS); // it is; but where a sync failed nothing is committed
            if (durability == Durability.DISK) {
                copied = committed.snapshot().filter(aside -> !isSynced(aside)).map(this::copy);
                log.sync();
            }
        }
    }

    private boolean isSynced(Manifest.Snapshot aside) {
        return manifests.newestSynced().flatMap(Manifest::snapshot).filter(synced -> synced.number() == aside.number()).isPresent();
    }

    private Manifest.Snapshot copy(Manifest.Snapshot aside) {
        aside.pages().copy(device, waits, CheckpointFiles.name(aside.number(), SnapshotStep.PART), aside.number(), name(), storeId, checkpoint, log.pageBytes());
        return new Manifest.Snapshot(checkpoint, aside.from(), aside.end());
    }

    @Override
    public void failed() {
        if (copied.isPresent() && !manifests.mayHave(checkpoint)) {
            CheckpointFiles.removeLeftover(device, checkpoint, SnapshotStep.PART);
        }
    }

    private String name() {
        return CheckpointFiles.name(checkpoint, SnapshotStep.PART);
    }

    /** Says in the other manifest where the end of the log is. */
    public void describe(ManifestBuilder manifest) {
        copied.ifPresent(copy -> manifest.snapshot(committed.log(), copy));
    }
}
