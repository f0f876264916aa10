package io.tideline.cli.inspect;

import io.tideline.cli.console.ByteSize;
import io.tideline.cli.console.ExitCode;
import io.tideline.cli.console.Failure;
import io.tideline.cli.console.Interruption;
import io.tideline.cli.console.ProgressBar;
import io.tideline.cli.console.Streams;
import io.tideline.core.CommitPoint;
import io.tideline.core.Store;
import io.tideline.core.StoreAudit;
import io.tideline.core.StoreConfig;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Locale;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tideline checkpoint}: recovers a store that nobody has open, and takes a full checkpoint of it. */
@Command(
        name = "checkpoint",
        header = "Recover a store and take a full checkpoint of it.",
        description = {
            "",
            "Opens the store of a directory that nobody has open, which goes back to its newest checkpoint, takes a full one (of index and log, and so"
                    + " that it survives a crash of the machine), closes the store, and prints the checkpoint. Of a store whose process was killed"
                    + " this leaves one that was closed, with nothing to replay at the next opening.",
            ""
        },
        parameterListHeading = "%nWhat to open:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  tideline checkpoint words               of the store in the directory words",
            "  tideline checkpoint words --memory 4m   with little memory",
            "",
            "Exit codes: 0 taken; 2 not a store, in use, damaged, or not enough room."
        })
public final class CheckpointCommand implements Callable<Integer> {

    private static final long BYTES_PER_ITEM = 1L << 10;

    private final Streams streams;
    private final Interruption interruption;

    @Option(names = "--memory", paramLabel = "SIZE", converter = ByteSize.Converter.class, defaultValue = "256m",
            description = "Memory of the store's log, at least 8 of its pages (default: ${DEFAULT-VALUE}).")
    private ByteSize memory;

    @Option(names = {"-q", "--quiet"}, description = "Show no progress.")
    private boolean quiet;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help.")
    private boolean help;

    @Parameters(paramLabel = "DIR", description = "The directory of the store.")
    private String directory;

    /** @param interruption heard before and after, not while the store is open */
    public CheckpointCommand(Streams streams, Interruption interruption) {
        this.streams = streams;
        this.interruption = interruption;
    }

    @Override
    public Integer call() {
        Path path = Audit.path(directory);
        long logBytes;
        try (StoreAudit audit = StoreAudit.of(path)) { // nothing is made where there is no store
            logBytes = audit.logBytes();
        }
        interruption.cleanUp(() -> { }); // the close is waited for
        CommitPoint commit = take(path, logBytes);
        interruption.publish(() -> {
            print(commit, streams.out());
            streams.out().flush();
        });
        return ExitCode.DONE;
    }

    private CommitPoint take(Path path, long logBytes) {
        try (ProgressBar bar = new ProgressBar(streams, quiet, System::nanoTime, "recovering", "KiB", logBytes)) {
            interruption.beforeMessage(bar::close);
            long[] done = new long[1];
            Store store = Store.open(config(path).recoveryProgress(bytes -> {
                done[0] = bytes;
                bar.show(bytes, bytes / BYTES_PER_ITEM);
            }).build());
            bar.finish(done[0] / BYTES_PER_ITEM);
            store.close(); // takes it
            return store.lastCommit().orElseThrow();
        }
    }

    private StoreConfig.Builder config(Path path) {
        StoreConfig.Builder config = StoreConfig.builder().directory(path).memory(memory.bytes());
        try {
            config.build();
            return config;
        } catch (IllegalArgumentException wrongSize) {
            throw new Failure("--memory " + memory + " cannot be used: " + wrongSize.getMessage() + ".", wrongSize);
        }
    }

    private static void print(CommitPoint commit, PrintStream out) {
        out.printf(Locale.ROOT, "checkpoint %d, of version %d: %s, %s, taken %s%n", commit.number(), commit.version(), commit.kind(), commit.durability(),
                Instant.ofEpochMilli(commit.createdAt()));
        out.printf(Locale.ROOT, "cookie     %d bytes%n", commit.cookie().length);
        out.printf(Locale.ROOT, "sessions   %d%n", commit.serials().size());
        new TreeMap<>(commit.serials()).forEach((name, serial) -> out.printf(Locale.ROOT, "           %s: %d operations%n", name, serial));
    }
}
