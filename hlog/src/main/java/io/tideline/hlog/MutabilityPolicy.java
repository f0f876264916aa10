package io.tideline.hlog;

/** Decides how much of the log's memory is changed in place. */
@FunctionalInterface
public interface MutabilityPolicy {
    /** How many of the newest pages, including the one being filled, stay mutable when {@code memoryPages} are configured; at least 1. */
    long mutablePages(long memoryPages);

    /** Keeps a fraction of the memory mutable, rounded down to whole pages. */
    static MutabilityPolicy ofFraction(double fraction) {
        if (!(fraction > 0 && fraction <= 1)) {
            throw new IllegalArgumentException("a mutable fraction of " + fraction + "; it takes more than 0 and at most 1");
        }
        return memoryPages -> Math.max(1, (long) (memoryPages * fraction));
    }
}
