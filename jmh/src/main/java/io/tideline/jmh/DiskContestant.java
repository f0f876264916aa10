package io.tideline.jmh;

import io.tideline.cli.bench.contestant.ContestantLoop;
import io.tideline.cli.bench.contestant.Subject;
import io.tideline.cli.bench.work.WorkSettings;
import java.util.List;

/** The process that measures a store that keeps its data on disk, on the work of {@code tideline bench}. */
public final class DiskContestant {

    private DiskContestant() {
    }

    public static void main(String[] arguments) {
        List<String> given = List.of(arguments);
        ContestantLoop.main(arguments, work -> open(DiskSettings.value(given, "peer"), work, DiskSettings.parse(given)));
    }

    /** An empty store of that kind. */
    static Subject open(String peer, WorkSettings work, DiskSettings settings) {
        return switch (peer) {
            case "rocksdb" -> new RocksSubject(work, settings);
            case "lmdb" -> new LmdbSubject(work, settings);
            case "mvstore" -> work.hasLongValues() ? MvStoreSubject.ofLongs(work, settings)
                    : MvStoreSubject.ofBytes(work, settings);
            default -> throw new IllegalArgumentException("there is no peer " + peer);
        };
    }
}
