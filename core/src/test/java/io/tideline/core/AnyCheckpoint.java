package io.tideline.core;

import io.tideline.checkpoint.CheckpointKind;
import io.tideline.checkpoint.Durability;
import java.util.SplittableRandom;

/** Requests for checkpoints of every kind, drawn at random. */
final class AnyCheckpoint {
    private AnyCheckpoint() {
    }

    /** @param isFirst whether the store has none yet, so that an image of the index alone would be refused */
    static CheckpointRequest of(SplittableRandom random, Durability durability, boolean isFirst) {
        CheckpointRequest request = switch (random.nextInt(6)) {
            case 0, 1 -> CheckpointRequest.full();
            case 2 -> isFirst ? CheckpointRequest.full() : CheckpointRequest.indexOnly();
            default -> CheckpointRequest.logOnly();
        };
        boolean isAside = request.kind() != CheckpointKind.INDEX_ONLY && random.nextInt(2) == 0;
        return (isAside ? request.snapshot() : request).durability(durability);
    }
}
