package io.tideline.cli.inspect;

import io.tideline.cli.console.Failure;
import io.tideline.cli.console.Interruption;
import io.tideline.cli.console.ProgressBar;
import io.tideline.cli.console.Streams;
import io.tideline.core.StoreAudit;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.function.Consumer;

/** One look at a store's directory, as both commands take it: with a progress bar, and stopped by Ctrl-C. */
final class Audit {

    private static final long BYTES_PER_ITEM = 1L << 10;

    private Audit() {
    }

    static StoreAudit.Report run(String directory, String title, boolean withContent, Streams streams, boolean quiet, Interruption interruption,
            Consumer<String> damaged) {
        try (StoreAudit audit = StoreAudit.of(path(directory));
                ProgressBar bar = new ProgressBar(streams, quiet, System::nanoTime, title, "KiB", audit.logBytes())) {
            interruption.beforeMessage(bar::close);
            long[] done = new long[1];
            StoreAudit.Report report = audit.run(sentence -> {
                bar.endLine();
                damaged.accept(sentence);
            }, bytes -> {
                interruption.check();
                done[0] = bytes;
                bar.show(bytes, bytes / BYTES_PER_ITEM);
            }, withContent);
            bar.finish(done[0] / BYTES_PER_ITEM);
            return report;
        }
    }

    static Path path(String directory) {
        if (directory.isEmpty()) {
            throw new Failure("An empty DIR names no directory; give the directory of a store.");
        }
        try {
            return Path.of(directory);
        } catch (InvalidPathException wrong) {
            throw new Failure(directory + " is not a file name: " + wrong.getReason() + ".", wrong);
        }
    }

    /** What an opening would do with a store that has no checkpoint. */
    static String describeBeginning(StoreAudit.Report report) {
        return report.end() > report.begin() ? "begin empty, and drop this log" : "begin empty";
    }

    static String describe(StoreAudit.Range range) {
        return range.isOpen()
                ? "unknown: what the log had from address " + range.from() + " on, because its process ended before it was written"
                : "unknown: the log from address " + range.from() + " to " + range.to() + ", which was not written";
    }
}
