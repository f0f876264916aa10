package io.tideline.cli.inspect;

import io.tideline.checkpoint.LostGeneration;
import io.tideline.checkpoint.SessionPoint;
import io.tideline.cli.console.ByteSize;
import io.tideline.cli.console.ExitCode;
import io.tideline.cli.console.Failure;
import io.tideline.cli.console.Interruption;
import io.tideline.cli.console.OpenedStore;
import io.tideline.cli.console.RecoveryBar;
import io.tideline.cli.console.Streams;
import io.tideline.core.CheckpointRequest;
import io.tideline.core.CommitPoint;
import io.tideline.core.Store;
import io.tideline.core.StoreAudit;
import io.tideline.core.StoreConfig;
import io.tideline.fault.StoreFault;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** {@code tideline checkpoint}: recovers a store that nobody has open, and takes a checkpoint of it. */
@Command(
        name = "checkpoint",
        header = "Recover a store and take a checkpoint of it.",
        description = {
            "",
            "Opens the store of a directory that nobody has open, which goes back to its newest checkpoint, takes a full one (of index and log, and so"
                    + " that it survives a crash of the machine), closes the store, and prints the checkpoint. Of a store whose process was killed"
                    + " this leaves one that was closed, with nothing to replay at the next opening. One that was"
                    + " closed already keeps the checkpoint of that close. It reads what a recovery needs and no more; tideline verify reads all.",
            "",
            "With --kind it takes a checkpoint of another kind, after which the store is left as if its process had ended: log of the log alone, snapshot"
                    + " of index and log with what is not in the log's files aside, index of the index alone, which holds the same operations as"
                    + " the newest checkpoint and spares replay.",
            "",
            "A store whose process was killed before its first checkpoint has a log that no opening can go back to: it begins empty, and drops that log. This"
                    + " command does so only with --begin-empty.",
            ""
        },
        parameterListHeading = "%nWhat to open:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  tideline checkpoint words               of the store in the directory words",
            "  tideline checkpoint words --memory 4m   with little memory",
            "  tideline checkpoint words --kind index  of its index alone",
            "  tideline checkpoint words --fall-back   of what is whole, where tideline verify words finds the newest checkpoint damaged",
            "",
            "Exit codes: 0 taken, or that of the close kept; 2 not a store, in use, damaged, with a log and no checkpoint, without a checkpoint that an index could go with, or not enough room."
        })
public final class CheckpointCommand implements Callable<Integer> {

    private final Streams streams;
    private final Interruption interruption;

    @Option(names = "--memory", paramLabel = "SIZE", converter = ByteSize.Converter.class, defaultValue = "256m",
            description = "Memory of the store's log, at least 8 of its pages (default: ${DEFAULT-VALUE}).")
    private ByteSize memory;

    @Option(names = "--kind", paramLabel = "KIND", converter = KindConverter.class, completionCandidates = KindNames.class, defaultValue = "full",
            description = "What is written: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private Kind kind;

    @Option(names = "--fall-back", description = "Where the newest checkpoint is damaged, go back to the one before and say what is lost with it; without this nothing"
            + " is opened then, and nothing changed.")
    private boolean fallsBack;

    @Option(names = "--begin-empty", description = "Where the store has a log and never had a checkpoint, begin empty, drop that log and say how much it was; without this"
            + " nothing is opened then, and nothing changed.")
    private boolean beginsEmpty;

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
        long droppedBytes = bytesThatAnOpeningDrops(path);
        interruption.cleanUp(() -> { }); // the close is waited for
        List<LostGeneration> lost = new ArrayList<>();
        Map<String, Long> found = new TreeMap<>();
        CommitPoint commit = take(path, lost, found);
        interruption.publish(() -> {
            print(commit, streams.out());
            if (droppedBytes > 0) {
                streams.out().printf(Locale.ROOT, "dropped    %d bytes (%s) of log that no checkpoint held%n", droppedBytes, ByteSize.describe(droppedBytes));
            }
            lost.forEach(each -> print(each, found, streams.out()));
            streams.out().flush();
        });
        return ExitCode.DONE;
    }

    /** Looks before anything is opened; nothing is made where there is no store. */
    private long bytesThatAnOpeningDrops(Path path) {
        try (StoreAudit audit = StoreAudit.of(path)) {
            if (!audit.beginsEmpty() || !audit.hasRecordsWithoutCheckpoint()) {
                return 0;
            }
            if (!beginsEmpty) {
                throw new Failure("The store in " + directory + " has no checkpoint, so an opening would begin empty and drop its log of "
                        + ByteSize.describe(audit.logBytes()) + "; nothing was changed. Copy the directory if you may need that log, and go on with --begin-empty.");
            }
            return audit.logBytes();
        }
    }

    /**
     * @param lost given the checkpoints that were passed over
     * @param found given how far each session came back
     */
    private CommitPoint take(Path path, List<LostGeneration> lost, Map<String, Long> found) {
        try (RecoveryBar bar = new RecoveryBar(streams, quiet, interruption)) {
            Store store = Store.open(config(path).recoveryProgress(bar).build());
            bar.finish(store);
            lost.addAll(store.stats().checkpoints().lost());
            store.lastCommit().ifPresent(commit -> found.putAll(commit.serials()));
            if (kind == Kind.FULL) {
                OpenedStore.close(store); // takes it, unless it has that of an earlier close
                return store.lastCommit().orElseThrow();
            }
            try {
                return store.checkpoint(kind.request).join();
            } catch (CompletionException failed) {
                if (failed.getCause() instanceof StoreFault fault) {
                    throw fault;
                }
                throw new Failure(failed.getCause().getMessage() + ".", failed);
            } finally {
                store.abandon();
            }
        }
    }

    private StoreConfig.Builder config(Path path) {
        StoreConfig.Builder config = StoreConfig.builder().directory(path).memory(memory.bytes()).fallBack(fallsBack);
        try {
            config.build();
            return config;
        } catch (IllegalArgumentException wrongSize) {
            throw new Failure("--memory " + memory + " cannot be used: " + wrongSize.getMessage() + ".", wrongSize);
        }
    }

    /** What may be asked for. */
    enum Kind {
        FULL(CheckpointRequest.full()),
        LOG(CheckpointRequest.logOnly()),
        SNAPSHOT(CheckpointRequest.full().snapshot()),
        INDEX(CheckpointRequest.indexOnly());

        private final CheckpointRequest request;

        Kind(CheckpointRequest request) {
            this.request = request;
        }

        private static String nameOf(Kind kind) {
            return kind.name().toLowerCase(Locale.ROOT);
        }
    }

    /** The kinds as options write them. */
    static final class KindNames implements Iterable<String> {

        static List<String> all() {
            return Arrays.stream(Kind.values()).map(Kind::nameOf).toList();
        }

        @Override
        public Iterator<String> iterator() {
            return all().iterator();
        }
    }

    /** Makes picocli read kinds. */
    static final class KindConverter implements ITypeConverter<Kind> {

        @Override
        public Kind convert(String text) {
            return Arrays.stream(Kind.values()).filter(kind -> Kind.nameOf(kind).equals(text)).findFirst().orElseThrow(() ->
                    new TypeConversionException("'" + text + "' is not a kind of checkpoint; choose " + String.join(", ", KindNames.all())));
        }
    }

    private static void print(CommitPoint commit, PrintStream out) {
        out.printf(Locale.ROOT, "checkpoint %d, of version %d: %s, %s, %s, taken %s%n", commit.number(), commit.version(), commit.kind(), commit.logStyle(), commit.durability(),
                Instant.ofEpochMilli(commit.createdAt()));
        out.printf(Locale.ROOT, "cookie     %d bytes%n", commit.cookie().length);
        out.printf(Locale.ROOT, "sessions   %d%n", commit.serials().size());
        commit.serials().forEach((name, serial) -> out.printf(Locale.ROOT, "           %s: %d operations%n", name, serial));
    }

    private static void print(LostGeneration lost, Map<String, Long> found, PrintStream out) {
        out.printf(Locale.ROOT, "lost       checkpoint %d: %s%n", lost.generation(), lost.damage().getMessage());
        if (lost.sessions().isEmpty()) {
            out.println("           how far it held the sessions is not known");
        }
        for (SessionPoint point : lost.sessions().orElse(List.of())) {
            String name = point.name().orElse("session " + point.id());
            long kept = found.getOrDefault(name, 0L);
            if (point.durableSerial() > kept) {
                out.printf(Locale.ROOT, "           %s: operations %d to %d%n", name, kept + 1, point.durableSerial());
            }
        }
    }
}
