package io.tideline.cli.bench;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The same recovery, some times in a row. One alone takes half a second, in which a disk and a host that others use too give twice as much or half of it.
 *
 * @param all in their order, an odd number of them; after the last somebody has looked at every value
 */
record CheckpointRecoveries(List<CheckpointRecovery> all) {

    CheckpointRecoveries {
        if (all.size() % 2 == 0) {
            throw new IllegalArgumentException("none of " + all.size() + " recoveries is the middle one");
        }
        if (!all.getLast().isLookedAt()) {
            throw new IllegalArgumentException("nobody has looked at what came back");
        }
        all = List.copyOf(all);
    }

    /** The middle one by what it has of the disk's speed while it reads. */
    CheckpointRecovery median() {
        return all.stream().sorted(Comparator.comparingDouble(CheckpointRecovery::readingRatio)).toList().get(all.size() / 2);
    }

    /** What they have of the disk's speed while they read. */
    Spread readingRatios() {
        return Spread.of(all.stream().mapToDouble(CheckpointRecovery::readingRatio));
    }

    /** Whether each of them brought every committed operation back, once, and no other. */
    boolean areRight() {
        return all.stream().allMatch(CheckpointRecovery::isRight);
    }

    /** The one that people should look at: one that is wrong, if any is. */
    CheckpointRecovery shown() {
        return all.stream().filter(recovery -> !recovery.isRight()).findFirst().orElseGet(this::median);
    }

    Map<String, Object> toJson() {
        Map<String, Object> fields = new LinkedHashMap<>(shown().toJson());
        fields.put("sum", all.getLast().sum());
        fields.put("absent", all.getLast().absent());
        fields.put("allReadingRatios", all.stream().map(CheckpointRecovery::readingRatio).toList());
        fields.put("allSeconds", all.stream().map(CheckpointRecovery::seconds).toList());
        return fields;
    }
}
