package io.tideline.checkpoint;

import io.tideline.checkpoint.SystemState.Phase;
import io.tideline.hlog.HybridLog;
import io.tideline.hlog.device.Device;
import io.tideline.index.HashIndex;
import io.tideline.index.IndexImage;
import io.tideline.memory.Probe;
import io.tideline.memory.Waits;
import java.util.function.LongUnaryOperator;

/**
 * The step that writes the index beside operations: all of it before the next version begins, so that it names no record of that; or, where it
 * goes with an earlier checkpoint, as that checkpoint has it.
 */
public final class IndexStep implements Step {
    /** What the file is called among those of a checkpoint. */
    public static final String PART = "index";

    private final HashIndex index;
    private final HybridLog log;
    private final ManifestStore manifests;
    private final Device device;
    private final Waits waits;
    private final long storeId;
    private final long checkpoint;
    private final Durability durability;
    /** Null where the image goes with a cut that is still to come. */
    private final CommitWalk walk;
    /** When the phase began. */
    private long tail;
    private long replayFrom;
    private Manifest.Image image;

    /**
     * @param manifests which of them may name the image
     * @param walk to what an earlier checkpoint has, null for an image that goes with a cut that is still to come
     */
    public IndexStep(HashIndex index, HybridLog log, ManifestStore manifests, Device device, Waits waits, long storeId, long checkpoint, Durability durability,
            CommitWalk walk) {
        this.index = index;
        this.log = log;
        this.manifests = manifests;
        this.device = device;
        this.waits = waits;
        this.storeId = storeId;
        this.checkpoint = checkpoint;
        this.durability = durability;
        this.walk = walk;
    }

    @Override
    public void before(Phase phase) {
        if (phase == Phase.INDEX) {
            tail = log.tail();
            replayFrom = walk == null ? tail : walk.cut();
            CheckpointFiles.removeLeftover(device, checkpoint, PART);
        }
    }

    @Override
    public void in(Phase phase) {
        if (phase == Phase.INDEX) {
            if (walk != null) {
                walk.readOn(tail);
            }
            IndexImage written = IndexImage.write(index, device, waits, CheckpointFiles.name(checkpoint, PART), storeId, checkpoint,
                    durability == Durability.DISK, walk == null ? LongUnaryOperator.identity() : walk, _ -> { });
            Probe.at("image.written");
            image = new Manifest.Image(checkpoint, written.homeBuckets(), written.overflowBuckets(), replayFrom);
        }
    }

    @Override
    public void failed() {
        if (image != null && !manifests.mayHave(checkpoint)) {
            CheckpointFiles.removeLeftover(device, checkpoint, PART);
        }
    }

    /** What was written. */
    public Manifest.Image image() {
        return image;
    }
}
