package io.tideline.checkpoint;

import io.tideline.fault.CorruptionFault;
import java.util.List;
import java.util.Optional;

/**
 * A generation that an opening passed over because its manifest is damaged or gone, or something is that it names and recovery needs. What it held and
 * the one that was found does not is lost: of each session the operations between its two serials, and what was left with it meanwhile.
 *
 * @param generation its number
 * @param damage what was found
 * @param sessions how far it held each session; empty where the manifest itself is damaged or gone, so that nobody knows
 */
public record LostGeneration(long generation, CorruptionFault damage, Optional<List<SessionPoint>> sessions) {

    /** One of whose manifest nothing is known. */
    public static LostGeneration unreadable(long generation, CorruptionFault damage) {
        return new LostGeneration(generation, damage, Optional.empty());
    }

    /** One whose manifest is whole, and something that it names is not. */
    public static LostGeneration of(Manifest manifest, CorruptionFault damage) {
        return new LostGeneration(manifest.generation(), damage, Optional.of(List.copyOf(manifest.sessions())));
    }
}
