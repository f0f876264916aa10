package io.tideline.cli.count;

import io.tideline.cli.console.ByteSize;
import io.tideline.cli.console.Durations;
import io.tideline.cli.console.ExitCode;
import io.tideline.cli.console.Failure;
import io.tideline.cli.console.Interruption;
import io.tideline.cli.console.JsonFile;
import io.tideline.cli.console.OpenedStore;
import io.tideline.cli.console.ProgressBar;
import io.tideline.cli.console.RecoveryBar;
import io.tideline.cli.console.ResultFile;
import io.tideline.cli.console.StoreOptions;
import io.tideline.cli.console.Streams;
import io.tideline.core.Store;
import io.tideline.fault.CorruptionFault;
import io.tideline.fault.FullFault;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.ToLongFunction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tideline count}: counts every token of the input with one read-modify-write a token, from several threads. */
@Command(
        name = "count",
        header = "Count the words of files, directories and archives.",
        description = {
            "",
            "Counts how often each word occurs and prints the most frequent ones, how many different ones there are, and how many in"
                    + " all. The counts are kept in a Tideline store: each word found is one read-modify-write of its count. With"
                    + " --memory the counts may be more than fit in memory; the rest is on disk.",
            "",
            "With --dir the counts are kept in a directory. Started again with the same input, count goes on with what the last"
                    + " checkpoint there holds: exactly so many words of each lane, one of the parts of which the input has a fixed number."
                    + " Files are told apart by path, size and time of change; what flows by once, such as -, cannot be gone on with.",
            "",
            "A word (token) is a run of ASCII letters, digits, _ and bytes from 0x80 up, as long as it goes; upper and lower case"
                    + " differ. No character set is assumed: in the output, bytes that are not UTF-8 are written as \\xNN.",
            ""
        },
        parameterListHeading = "%nWhat to count:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  tideline count                            the sources of the JDK in use",
            "  tideline count --top 50 book.txt notes/   a file and a directory, the top 50",
            "  tideline count --verify --threads 2       check every count against a plain map",
            "  tideline count --ngram 2 book.txt         pairs of words that follow each other",
            "  tideline count --ngram 3 --memory 32m     ten times as much as fits in memory",
            "  tideline count --dir words --checkpoint-every 1s texts/",
            "                                            can be killed, and goes on when started again",
            "  tideline count --json words.json src.zip  also write the result for programs",
            "  dmesg | tideline count -                  whatever another command prints",
            "",
            "Exit codes: 0 done, and all counts are right if --verify was given; 1 a count is",
            "wrong; 2 wrong use, an unreadable file, or not enough room; 130 after Ctrl-C, 143",
            "after a SIGTERM: with --dir both commit what was counted."
        })
public final class CountCommand implements Callable<Integer> {

    private static final int MOST_THREADS = 1024;
    private static final int LONGEST_GRAM = 1000;
    private static final int RECORD_WITHOUT_KEY_BYTES = 64;
    private static final ByteSize USUAL_MEMORY = new ByteSize(1L << 30);
    private static final ByteSize USUAL_INDEX = new ByteSize(64L << 20);
    private static final double NANOS = 1e9;
    private static final double MICROSECONDS = 1e6;

    private final Streams streams;
    private final Interruption interruption;

    @Mixin
    private StoreOptions storeOptions;

    @Option(names = "--top", paramLabel = "N", defaultValue = "20",
            description = "How many of the most frequent words to print (default: ${DEFAULT-VALUE}). Equal counts stand in the order"
                    + " of their bytes.")
    private int top;

    @Option(names = "--threads", paramLabel = "T",
            description = "How many threads count (default: one for each processor).")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Option(names = "--ngram", paramLabel = "N", defaultValue = "1",
            description = "Count N words that follow each other in one file, joined by one space, instead of single words. A file with"
                    + " fewer words adds nothing.")
    private int gramLength;

    @Option(names = "--checkpoint-every", paramLabel = "TIME", converter = Durations.Converter.class,
            description = "Take a checkpoint into --dir each TIME, such as 300ms or 10s, so that a run that is killed loses no more than that. The"
                    + " same command, be it with other --threads, goes on from the last one. Without it there is one at the end, or after Ctrl-C.")
    private Duration interval;

    @Option(names = "--verify",
            description = "Read the input a second time, count it into a plain Java map, and compare every count. Needs Java heap for"
                    + " all different words.")
    private boolean verify;

    @Option(names = "--json", paramLabel = "FILE",
            description = "Also write the result to FILE as JSON, whole or not at all: total, distinct, seconds, resumedFrom (tokens that"
                    + " earlier runs counted; null without --dir), verified (null without --verify), top, liveBytes, memoryBytes, indexBytes, logMemoryBytes, diskBytes, deviceReads, deviceReadsPerSecond.")
    private String json;

    @Option(names = {"-q", "--quiet"}, description = "Show no progress.")
    private boolean quiet;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help.")
    private boolean help;

    @Parameters(paramLabel = "PATH", arity = "0..*",
            description = "Files, directories (all files in them, not following links), archives named zip, jar or gz (also one inside"
                    + " another), or - for the standard input. Without any: lib/src.zip of the JDK in use.")
    private List<String> paths = List.of();

    /** @param interruption asked often whether to stop */
    public CountCommand(Streams streams, Interruption interruption) {
        this.streams = streams;
        this.interruption = interruption;
    }

    @Override
    public Integer call() {
        checkRange("--top", top, 0, Integer.MAX_VALUE);
        checkRange("--threads", threads, 1, MOST_THREADS);
        checkRange("--ngram", gramLength, 1, LONGEST_GRAM);
        Optional<Path> directory = storeOptions.directory();
        JsonFile jsonFile = json == null ? null : directory.isPresent() ? JsonFile.outside(directory.get(), json) : JsonFile.at(json);
        directory.ifPresent(this::requireOutsideOfInput);
        checkInterval(directory.isPresent());
        boolean isKept = directory.filter(EarlierCount::isStore).isPresent();
        storeOptions.checkDevice();
        if (directory.isPresent() && !isKept) {
            storeOptions.checkForStore();
        }
        try (Inputs inputs = Inputs.of(paths.isEmpty() ? jdkSources() : paths, streams.in(), verify)) {
            sayWhatIsLeftOut(inputs);
            CountResult result = directory.isPresent() ? countForKeeps(directory.get(), isKept, inputs, jsonFile) : countAndForget(inputs, jsonFile);
            return result.isRight() ? ExitCode.DONE : ExitCode.WRONG;
        }
    }

    /** What the run itself writes would be other input for the next, which could not go on. */
    private void requireOutsideOfInput(Path directory) {
        for (String path : paths) {
            if (!path.equals("-") && Files.isDirectory(Path.of(path))) {
                if (ResultFile.isInside(directory, Path.of(path))) {
                    throw new Failure("--dir " + directory + ": this lies in " + path + ", which is to be counted, so that the next run would count the store's files;"
                            + " name a directory elsewhere.");
                }
                if (json != null && ResultFile.isInside(Path.of(json), Path.of(path))) {
                    throw new Failure("--json " + json + ": this lies in " + path + ", which is to be counted, so that the next run would find other input; name a file"
                            + " elsewhere.");
                }
            }
        }
    }

    private CountResult countAndForget(Inputs inputs, JsonFile jsonFile) {
        try (OpenedStore opened = storeOptions.open(USUAL_MEMORY, USUAL_INDEX, threads, interruption)) {
            Store store = opened.store();
            CountResult result = count(store, inputs, null, bar -> new Counting(store, inputs, threads, gramLength, keyLimitBytes(store),
                    Counting.SLICE_BYTES, interruption, bar).run());
            publish(result, jsonFile);
            return result;
        } catch (FullFault full) {
            requireIndex(full);
            throw storeOptions.spills() ? full : new Failure("The store is full: " + USUAL_MEMORY + " of memory are too little for this"
                    + " input; with --memory " + USUAL_MEMORY + " what does not fit goes to disk.", full);
        }
    }

    /** Counts into a store that stays, and goes on with what an earlier run left there. */
    private CountResult countForKeeps(Path directory, boolean isStore, Inputs inputs, JsonFile jsonFile) {
        InputFingerprint input = inputs.fingerprint();
        try {
            return countForKeeps(directory, isStore ? EarlierCount.in(directory, gramLength, input) : Optional.empty(), inputs, input, jsonFile);
        } catch (CorruptionFault damage) {
            throw new Failure(damage.getMessage() + ". What is damaged, tideline verify " + directory + " says; tideline checkpoint " + directory
                    + " --fall-back goes back to an older checkpoint, if one is whole.", damage);
        }
    }

    private CountResult countForKeeps(Path directory, Optional<CountNote> earlier, Inputs inputs, InputFingerprint input, JsonFile jsonFile) {
        CountNote note = earlier.orElse(new CountNote(CountNote.Stage.UNDER_WAY, Math.max(threads, LaneCounting.LEAST_LANES), gramLength, input));
        interruption.cleanUp(() -> { }); // the close of the store is waited for, because it commits what was counted
        boolean[] begun = new boolean[1];
        try (OpenedStore opened = storeOptions.openKept(USUAL_MEMORY, USUAL_INDEX, earlier.isPresent(), threads, new RecoveryBar(streams, quiet, interruption))) {
            Store store = opened.store();
            if (earlier.isEmpty()) {
                LaneCounting.begin(store, note);
            }
            begun[0] = true;
            long kept = LaneCounting.counted(store);
            CountResult result = count(store, inputs, kept, bar -> note.stage() == CountNote.Stage.COMPLETE ? kept
                    : new LaneCounting(store, inputs, note, threads, keyLimitBytes(store), interval, interruption, bar).run());
            publish(result, jsonFile);
            return result;
        } catch (FullFault full) {
            requireIndex(full);
            throw new Failure(full.getMessage() + (begun[0] ? "; what its last checkpoint holds is kept in " + directory + ", and the same command goes on from there." : "."), full);
        } catch (Interruption.Stopped stopped) {
            if (begun[0] && !input.flowsBy()) {
                streams.err().println("tideline: what was counted is kept in " + directory + "; the same command goes on from there.");
            }
            throw stopped;
        }
    }

    /** Of an index that is full, options tell otherwise than the store, which speaks to programs. */
    private void requireIndex(FullFault full) {
        if (full.place() == FullFault.Place.INDEX) {
            throw new Failure("The index is full: " + storeOptions.index().orElse(USUAL_INDEX) + " are too little for so many different words; give a larger --index"
                    + (storeOptions.directory().isPresent() ? ", and the same command goes on from the last checkpoint." : "."), full);
        }
    }

    private void publish(CountResult result, JsonFile jsonFile) {
        interruption.publish(() -> {
            result.print(streams.out());
            streams.out().flush();
            if (jsonFile != null) {
                jsonFile.write(result.toJson());
            }
        });
    }

    private void checkInterval(boolean hasDirectory) {
        if (interval != null && !hasDirectory) {
            throw new Failure("--checkpoint-every is about a store that is kept; give --dir too.");
        }
        if (interval != null && !interval.isPositive()) {
            throw new Failure("--checkpoint-every 0: give a duration of at least 1ms.");
        }
    }

    private static void checkRange(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw new Failure(option + " " + value + ": give a number from " + least + " to " + most + ".");
        }
    }

    private List<String> jdkSources() {
        Path sources = Path.of(System.getProperty("java.home"), "lib", "src.zip");
        if (!Files.isRegularFile(sources)) {
            throw new Failure("No PATH was given, and the JDK in use has no sources at " + sources
                    + "; name a file or a directory to count.");
        }
        streams.err().println("tideline: no PATH was given, so this counts the sources of the JDK in use, " + sources + ".");
        return List.of(sources.toString());
    }

    private void sayWhatIsLeftOut(Inputs inputs) {
        if (inputs.skipped() > 0) {
            streams.err().println("tideline: links, pipes and devices below directories are left out (" + inputs.skipped()
                    + "); name one as PATH to count what it leads to.");
        }
    }

    /**
     * @param kept how many tokens earlier runs counted; null where there are none
     * @param counting counts the others, and says how many there are with those
     */
    private CountResult count(Store store, Inputs inputs, Long kept, ToLongFunction<ProgressBar> counting) {
        long start = System.nanoTime();
        long total;
        try (ProgressBar bar = progress("counting", inputs)) {
            total = counting.applyAsLong(bar);
            bar.finish(total);
        }
        double seconds = Math.round((System.nanoTime() - start) / NANOS * MICROSECONDS) / MICROSECONDS;
        Storage storage = Storage.of(store.stats(), seconds);
        Verification verification = verify ? verification(inputs) : null;
        StoredTotals stored;
        try (ProgressBar bar = progressOnDisk("collecting", store.approximateSize())) {
            stored = StoredTotals.of(store, top, verification, interruption, bar);
        }
        return new CountResult(total, kept, stored, seconds, storage, verification == null ? null : differences(verification, store));
    }

    private Verification verification(Inputs inputs) {
        try (ProgressBar bar = progress("verifying", inputs)) {
            Verification verification = new Verification(gramLength, interruption, bar);
            verification.count(inputs);
            bar.finish(verification.tokens());
            return verification;
        }
    }

    private List<Verification.Difference> differences(Verification verification, Store store) {
        try (ProgressBar bar = progressOnDisk("reading", verification.distinct())) {
            List<Verification.Difference> differences = verification.differences(store, bar);
            bar.finish(verification.distinct());
            return differences;
        }
    }

    private ProgressBar progress(String title, Inputs inputs) {
        return progress(title, inputs.sizeBytes(), quiet);
    }

    /** Of work that takes time only where the store is on disk. */
    private ProgressBar progressOnDisk(String title, long tokens) {
        return progress(title, tokens, quiet || !storeOptions.spills());
    }

    private ProgressBar progress(String title, long wholeShare, boolean silent) {
        ProgressBar bar = new ProgressBar(streams, silent, System::nanoTime, title, gramLength == 1 ? "tokens" : "n-grams", wholeShare);
        interruption.beforeMessage(bar::close);
        interruption.check();
        return bar;
    }

    /** A record is at most a page: its header, the key and the count, each padded, leave this much for the key. */
    private static int keyLimitBytes(Store store) {
        return store.config().pageSize() - RECORD_WITHOUT_KEY_BYTES;
    }
}
