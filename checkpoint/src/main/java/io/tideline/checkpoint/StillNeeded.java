package io.tideline.checkpoint;

import java.util.Collection;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What the manifests that are kept need.
 *
 * @param checkpoints the numbers of those whose files they name
 * @param logFrom the lowest log address that counts for any of them; the log's first address if there is none
 */
public record StillNeeded(SortedSet<Long> checkpoints, long logFrom) {
    public StillNeeded {
        checkpoints = Collections.unmodifiableSortedSet(new TreeSet<>(checkpoints));
    }

    static StillNeeded by(Collection<Manifest> manifests) {
        TreeSet<Long> checkpoints = new TreeSet<>();
        for (Manifest manifest : manifests) {
            manifest.image().ifPresent(image -> checkpoints.add(image.number()));
            manifest.snapshot().ifPresent(snapshot -> checkpoints.add(snapshot.number()));
        }
        return new StillNeeded(checkpoints, manifests.stream().mapToLong(manifest -> manifest.log().begin()).min().orElse(Addresses.FIRST));
    }

    /** Whether the files of that checkpoint stay. */
    public boolean needsCheckpoint(long number) {
        return checkpoints.contains(number);
    }
}
