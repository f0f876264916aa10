package io.tideline.jmh;

import io.tideline.cli.bench.contestant.ContestantLoop;
import io.tideline.cli.bench.contestant.Subject;
import io.tideline.cli.bench.work.OperationStream;
import java.util.List;

/** The process that measures a store that keeps its data on disk, on the work of {@code tideline bench}. */
public final class DiskContestant {

    private DiskContestant() {
    }

    public static void main(String[] arguments) {
        List<String> given = List.of(arguments);
        ContestantLoop.main(arguments, stream -> open(DiskSettings.value(given, "peer"), stream, DiskSettings.parse(given)));
    }

    /** An empty store of that kind. */
    static Subject open(String peer, OperationStream stream, DiskSettings settings) {
        return switch (peer) {
            case "rocksdb" -> new RocksSubject(stream, settings);
            case "lmdb" -> new LmdbSubject(stream, settings);
            case "mvstore" -> stream.settings().hasLongValues() ? MvStoreSubject.ofLongs(stream, settings)
                    : MvStoreSubject.ofBytes(stream, settings);
            default -> throw new IllegalArgumentException("there is no peer " + peer);
        };
    }
}
