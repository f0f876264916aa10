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
        ContestantLoop.main(arguments, settings -> new TidelineSubject(settings, spill.map(all -> of(all, settings, arguments)).orElse(null)));
    }

    /**
     * A rehearsal has fewer operations than the process is for. Its memory is in proportion, so that pages leave it about as often as they will and what they wait
     * for is what they will wait for: the JVM compiles by what it saw. It may run beside the loaded store, which has the memory that is allowed, and is small then.
     */
    private static Spill of(Spill all, WorkSettings settings, String[] arguments) {
        boolean isRehearsal = settings.operations() < WorkSettings.parse(List.of(arguments)).operations();
        long part = Math.min(all.memoryBytes(), settings.loadedBytes()) / ContestantLoop.REHEARSED_PART;
        return isRehearsal ? all.withAtMost(Math.max(LEAST_REHEARSAL_MEMORY_BYTES, part)) : all;
    }
}
