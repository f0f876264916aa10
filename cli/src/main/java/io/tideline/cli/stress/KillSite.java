package io.tideline.cli.stress;

import java.util.Arrays;
import java.util.List;

/** The probe points of the store at which a process is killed. */
enum KillSite {
    INDEX_RESERVED("index.reserved", 400),
    INDEX_PUBLISHED("index.published", 4_000),
    TAIL_ADDED("tail.added", 100),
    TAIL_TURNING("tail.turning", 100),
    APPEND_RESERVED("append.reserved", 4_000),
    APPEND_WRITTEN("append.written", 4_000),
    APPEND_SEALED("append.sealed", 1_000),
    GROUP_EXPECTED("group.expected", 40),
    BLOCK_RESERVED("block.reserved", 40),
    BLOCK_WRITTEN("block.written", 150),
    OVERWRITE_LOCKED("overwrite.locked", 200),
    EPOCH_BUMPED("epoch.bumped", 200),
    FLUSH_SEALED("flush.sealed", 100),
    FLUSH_WRITTEN("flush.written", 100),
    EVICT_RECYCLING("evict.recycling", 60),
    CHECKPOINT_PHASE("checkpoint.phase", 30),
    GATE_PREPARED("gate.prepared", 16),
    CUT_PASSED("cut.passed", 8),
    TAIL_PADDED("tail.padded", 8),
    FOLD_FLUSHED("fold.flushed", 8),
    SNAPSHOT_PAGE("snapshot.page", 16),
    SNAPSHOT_WRITTEN("snapshot.written", 4),
    IMAGE_WRITTEN("image.written", 4),
    MANIFEST_DRAFTED("manifest.drafted", 8),
    MANIFEST_RENAMED("manifest.renamed", 8),
    CHECKPOINT_PUBLISHED("checkpoint.published", 8),
    MANIFEST_REMOVED("manifest.removed", 6),
    IMAGE_REMOVED("image.removed", 3),
    RECOVERY_MANIFEST("recovery.manifest", 1),
    RECOVERY_IMAGE("recovery.image", 1),
    RECOVERY_REPLAYING("recovery.replaying", 8),
    RECOVERY_REAPPENDING("recovery.reappending", 40),
    RECOVERY_BEGINNING("recovery.beginning", 1);

    private static final String RECOVERY = "recovery.";

    /** As the store calls it. */
    final String point;
    /** At which time that it is reached the process is killed, at most: about as often as it is in half a second. */
    final int mostHits;

    KillSite(String point, int mostHits) {
        this.point = point;
        this.mostHits = mostHits;
    }

    boolean isInRecovery() {
        return point.startsWith(RECOVERY);
    }

    /** Those inside a recovery, or all others. */
    static List<KillSite> sites(boolean inRecovery) {
        return Arrays.stream(values()).filter(site -> site.isInRecovery() == inRecovery).toList();
    }
}
