package io.tideline.checkpoint;

import io.tideline.checkpoint.SystemState.Phase;
import io.tideline.hlog.HybridLog;
import io.tideline.hlog.LogSnapshot;
import io.tideline.hlog.device.Device;
import io.tideline.memory.Probe;
import io.tideline.memory.Waits;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The step that copies the end of the log aside, up to a boundary, and leaves the log itself as it is: what was mutable stays so. While it copies,
 * operations replace what stands below the boundary rather than change it in place, whatever its version, so nothing is torn and nothing of the
 * next version comes into a record of the old one.
 */
public final class SnapshotStep implements LogStep {
    /** What the file is called among those of a checkpoint. */
    public static final String PART = "snapshot";
    private static final long FLUSH_TIMEOUT_NANOS = TimeUnit.MINUTES.toNanos(10);

    private final SystemState state;
    private final HybridLog log;
    private final ManifestStore manifests;
    private final Device device;
    private final Waits waits;
    private final long storeId;
    private final long checkpoint;
    private final Durability durability;
    private long end;
    private long durableEnd;
    private Optional<LogSnapshot> snapshot = Optional.empty();

    /** @param manifests which of them may name the snapshot */
    public SnapshotStep(SystemState state, HybridLog log, ManifestStore manifests, Device device, Waits waits, long storeId, long checkpoint,
            Durability durability) {
        this.state = state;
        this.log = log;
        this.manifests = manifests;
        this.device = device;
        this.waits = waits;
        this.storeId = storeId;
        this.checkpoint = checkpoint;
        this.durability = durability;
    }

    @Override
    public void before(Phase phase) {
        if (phase == Phase.SNAPSHOT) {
            CheckpointFiles.removeLeftover(device, checkpoint, PART);
            end = log.padStretch(); // nobody writes for the old version any more, so its last record lies in front
            state.setBoundary(end);
        }
    }

    @Override
    public void in(Phase phase) {
        if (phase == Phase.SNAPSHOT) {
            snapshot = LogSnapshot.write(log, device, waits, CheckpointFiles.name(checkpoint, PART), storeId, checkpoint, end,
                    durability == Durability.DISK);
            Probe.at("snapshot.written");
            durableEnd = Math.min(log.flushed(), end); // of this phase: what is flushed later may have changed
            log.awaitFlushed(durableEnd, FLUSH_TIMEOUT_NANOS); // it is; but where a sync failed nothing is committed
            if (durability == Durability.DISK) {
                log.sync();
            }
        }
    }

    @Override
    public void failed() {
        if (snapshot.isPresent() && !manifests.mayHave(checkpoint)) {
            CheckpointFiles.removeLeftover(device, checkpoint, PART);
        }
    }

    @Override
    public long end() {
        return end;
    }

    /** Where the log's own files had everything it was folded over. */
    @Override
    public void describe(ManifestBuilder manifest, long begin, long cut) {
        Manifest.Log points = new Manifest.Log(begin, Math.min(cut, end), end, durableEnd);
        snapshot.ifPresentOrElse(aside -> manifest.snapshot(points, new Manifest.Snapshot(checkpoint, aside.from(), aside.end())),
                () -> manifest.foldedOver(points));
    }
}
