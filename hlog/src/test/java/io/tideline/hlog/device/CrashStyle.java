package io.tideline.hlog.device;

import java.util.SplittableRandom;

/**
 * How much of what was not synced a power loss leaves: {@link #INDEPENDENT} covers every legal outcome, the others are its corners, which
 * chance alone would seldom find.
 */
enum CrashStyle {
    /** Nothing. */
    LOST,
    /** Everything. */
    KEPT,
    /** What came before some moment. */
    PREFIX,
    /** Each sector and each change of the directory for itself. */
    INDEPENDENT;

    static CrashStyle of(SplittableRandom random) {
        return switch (random.nextInt(8)) {
            case 0 -> LOST;
            case 1 -> KEPT;
            case 2, 3 -> PREFIX;
            default -> INDEPENDENT;
        };
    }
}
