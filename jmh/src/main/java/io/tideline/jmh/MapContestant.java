package io.tideline.jmh;

import io.tideline.cli.bench.contestant.ContestantLoop;
import io.tideline.cli.bench.contestant.Subject;
import io.tideline.cli.bench.work.WorkSettings;

/** The process that measures {@link java.util.concurrent.ConcurrentHashMap} on the work of {@code tideline bench}. */
public final class MapContestant {

    private MapContestant() {
    }

    public static void main(String[] arguments) {
        ContestantLoop.main(arguments, MapContestant::open);
    }

    /** An empty map for the values that the work has. */
    static Subject open(WorkSettings settings) {
        return settings.hasLongValues() ? new LongMapSubject(settings) : new BytesMapSubject(settings);
    }
}
