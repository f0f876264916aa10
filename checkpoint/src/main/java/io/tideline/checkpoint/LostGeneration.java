package io.tideline.checkpoint;

import io.tideline.fault.CorruptionFault;

/**
 * A generation that an opening passed over because its manifest is damaged, or something that it names and recovery needs; everything
 * committed since the one it found is lost with it.
 */
public record LostGeneration(long generation, CorruptionFault damage) {
}
