package io.tideline.checkpoint;

import io.tideline.checkpoint.SystemState.Phase;
import io.tideline.hlog.HybridLog;
import io.tideline.hlog.device.Device;
import io.tideline.index.HashIndex;
import io.tideline.index.IndexImage;
import io.tideline.memory.Probe;
import io.tideline.memory.Waits;

/** The step that writes the index beside operations, all of it before the next version begins, so that it names no record of that. */
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
    private long replayFrom;
    private Manifest.Image image;

    /** @param manifests which of them may name the image */
    public IndexStep(HashIndex index, HybridLog log, ManifestStore manifests, Device device, Waits waits, long storeId, long checkpoint, Durability durability) {
        this.index = index;
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
        if (phase == Phase.INDEX) {
            replayFrom = log.tail();
            removeLeftover();
        }
    }

    @Override
    public void in(Phase phase) {
        if (phase == Phase.INDEX) {
            IndexImage written = IndexImage.write(index, device, waits, CheckpointFiles.name(checkpoint, PART), storeId, checkpoint,
                    durability == Durability.DISK, _ -> { });
            Probe.at("image.written");
            image = new Manifest.Image(checkpoint, written.homeBuckets(), written.overflowBuckets(), replayFrom);
        }
    }

    @Override
    public void failed() {
        if (image != null && !manifests.mayHave(checkpoint)) {
            removeLeftover();
        }
    }

    /** Of an attempt that came to nothing, which had the same number. */
    private void removeLeftover() {
        String name = CheckpointFiles.name(checkpoint, PART);
        if (device.exists(name)) {
            device.delete(name);
        }
    }

    /** What was written. */
    public Manifest.Image image() {
        return image;
    }
}
