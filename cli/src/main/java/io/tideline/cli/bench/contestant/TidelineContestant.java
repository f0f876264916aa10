package io.tideline.cli.bench.contestant;

import io.tideline.cli.bench.work.Spill;
import io.tideline.cli.bench.work.WorkSettings;
import java.util.List;
import java.util.Optional;

/** The process that measures this store. Which door it takes to its memory is for the flags of its JVM to say. */
public final class TidelineContestant {

    private static final long LEAST_REHEARSAL_MEMORY_BYTES = 32L << 20;

    private TidelineContestant() {
    }

    public static void main(String[] arguments) {
        Optional<Spill> spill = Spill.parse(List.of(arguments));
        ContestantLoop.main(arguments, settings -> {
            WorkSettings whole = WorkSettings.parse(List.of(arguments));
            return new TidelineSubject(settings, spill.map(all -> of(all, settings, whole)).orElse(null));
        });
    }

    /**
     * A rehearsal has fewer operations than the process is for. That of the loading has memory in proportion to its keys, so that pages leave it about as often as they
     * will and what they wait for is what they will wait for: the JVM compiles by what it saw. The small ones may run beside the loaded store, which has the memory that is
     * allowed.
     */
    static Spill of(Spill all, WorkSettings settings, WorkSettings whole) {
        if (settings.operations() >= whole.operations()) {
            return all;
        }
        long part = settings.keys() <= ContestantLoop.REHEARSAL_KEYS ? 0 : (long) ((double) settings.keys() / whole.keys() * all.memoryBytes());
        return all.withAtMost(Math.max(LEAST_REHEARSAL_MEMORY_BYTES, part));
    }
}
