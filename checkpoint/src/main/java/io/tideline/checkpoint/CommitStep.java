package io.tideline.checkpoint;

import io.tideline.checkpoint.SystemState.Phase;
import io.tideline.memory.Probe;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The last step: publishes the manifest, when everything it names is complete, tells who is to know, and removes what no manifest that is kept
 * needs any more.
 */
public final class CommitStep implements Step {
    private final ManifestStore manifests;
    private final int retained;
    private final Supplier<Manifest> manifest;
    private final Consumer<Manifest> onCommitted;
    private final Consumer<StillNeeded> onRetired;
    private Manifest committed;

    /**
     * @param retained how many generations stay
     * @param manifest made when all other steps are done
     * @param onCommitted told when the checkpoint cannot be lost any more
     * @param onRetired removes what of the log is not needed
     */
    public CommitStep(ManifestStore manifests, int retained, Supplier<Manifest> manifest, Consumer<Manifest> onCommitted,
            Consumer<StillNeeded> onRetired) {
        this.manifests = manifests;
        this.retained = retained;
        this.manifest = manifest;
        this.onCommitted = onCommitted;
        this.onRetired = onRetired;
    }

    @Override
    public void in(Phase phase) {
        if (phase == Phase.PERSISTENCE_CALLBACK) {
            Manifest made = manifest.get();
            manifests.publish(made);
            Probe.at("checkpoint.published");
            committed = made;
            onCommitted.accept(made);
            onRetired.accept(manifests.retain(retained));
        }
    }

    /** The manifest, null as long as nothing is committed. */
    public Manifest committed() {
        return committed;
    }
}
