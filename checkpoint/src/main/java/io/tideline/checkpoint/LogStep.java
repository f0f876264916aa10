package io.tideline.checkpoint;

/** The step that brings the log of a checkpoint where a recovery finds it. */
public interface LogStep extends Step {
    /** The boundary behind which there is nothing of the old version. */
    long end();

    /** Says in a manifest how the log was written. */
    void describe(ManifestBuilder manifest, long begin, long cut);
}
