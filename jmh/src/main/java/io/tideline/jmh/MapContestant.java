package io.tideline.jmh;

import io.tideline.cli.bench.contestant.ContestantLoop;
import io.tideline.cli.bench.contestant.Subject;
import io.tideline.cli.bench.work.OperationStream;

/** The process that measures {@link java.util.concurrent.ConcurrentHashMap} on the work of {@code tideline bench}. */
public final class MapContestant {

    private MapContestant() {
    }

    public static void main(String[] arguments) {
        ContestantLoop.main(arguments, MapContestant::open);
    }

    /** An empty map for the values that the work has. */
    static Subject open(OperationStream stream) {
        return stream.settings().hasLongValues() ? new LongMapSubject(stream) : new BytesMapSubject(stream);
    }
}
