package io.tideline.cli.bench;

import io.tideline.cli.bench.work.CutPlan;
import io.tideline.cli.bench.work.Distribution;
import io.tideline.cli.bench.work.Spill;
import io.tideline.cli.bench.work.WorkSettings;
import io.tideline.cli.bench.work.Workload;
import io.tideline.cli.console.ByteSize;
import io.tideline.cli.console.Durations;
import io.tideline.cli.console.ExitCode;
import io.tideline.cli.console.Failure;
import io.tideline.cli.console.Interruption;
import io.tideline.cli.console.JsonFile;
import io.tideline.cli.console.ResultFile;
import io.tideline.cli.console.StoreOptions;
import io.tideline.cli.console.Streams;
import io.tideline.cli.console.TemporaryDirectory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tideline bench}: measures the store on well-defined work, beside others that do the same work at the same time. */
@Command(
        name = "bench",
        header = "Measure the store, alone or beside others.",
        description = {
            "",
            "Loads a number of keys into a store and then replays one list of operations on it from several threads, for a few"
                    + " windows of time. Shows how many operations it did in a second (the median, the least and the most of the"
                    + " windows), how long one takes, how many bytes it allocates on the Java heap, and how much memory it takes.",
            "",
            "With --memory what does not fit goes to disk. Then it also shows what loading wrote, and how many reads went to the disk, by the"
                    + " store's own count and by that of the kernel. A batch of bytes, or of mixed kinds, is submitted on disk, so that its"
                    + " disk reads overlap: then latency is the time from the submission of one operation to its completion, with the others"
                    + " under way. In all other cases, and for all other contestants, it is that of one operation alone.",
            "",
            "With --against the same operations run on something else too. Each contestant is a process of its own, and their windows"
                    + " alternate, so that a disturbance hits all of them. Only the ratio of such a run means anything: the same figure"
                    + " an hour later may differ by a third.",
            "",
            "With --checkpoint-every it measures what checkpoints cost, and what coming back takes: additions to the values of all keys, without"
                    + " checkpoints, beside a control that at the same moments only makes the log read-only (so that every value is copied before"
                    + " it is changed again), and with checkpoints; each run in a process of its own, on a freshly loaded store. It shows the mean,"
                    + " the slowest 100 ms, latencies while checkpoints are taken and between them, what each wrote and how long until the store"
                    + " was as fast as before. Then the store is left as if its process had died; a new process recovers it, past the kernel's"
                    + " cache where the system has dd, beside the disk's own sequential reads (by fio of the same image of the index, or without it"
                    + " by reads of all files past the cache); and every value is checked against the operations that the last checkpoint says it holds.",
            ""
        },
        optionListHeading = "Options:%n",
        footerHeading = "%nWorkloads:%n",
        footer = {
            "  read      reads                      ycsb-a   50 %% reads, 50 %% upserts",
            "  upsert    overwrites                 ycsb-b   95 %% reads, 5 %% upserts",
            "  rmw       adds 5 to the value        ycsb-c   reads",
            "  mixed     half reads, half upserts   ycsb-d   95 %% reads, 5 %% insertions",
            "                                       ycsb-f   50 %% reads, 50 %% adds 5",
            "ycsb-e, which scans ranges, is nothing for a hash store. The insertions of ycsb-d",
            "double the number of keys; then each overwrites the oldest.",
            "",
            "Examples:",
            "  tideline bench                                        16.8 million keys, reads",
            "  tideline bench --workload rmw --batch 256             the fastest way to add",
            "  tideline bench --keys 1000000 --against chm           beside a ConcurrentHashMap",
            "  tideline bench --batch 256 --against chm,c --json b.json",
            "  tideline bench --value-size 100 --memory 256m --batch 256",
            "                                                        eight times as much as memory",
            "  tideline bench --value-size 100 --memory 1g --against rocksdb,lmdb,mvstore",
            "      --workload read,rmw --threads 1,2                 four measurements on one load",
            "  tideline bench --value-size 100 --memory 256m --batch 256 --device uring --against fio",
            "                                                        beside what the disk gives",
            "  tideline bench --workload rmw --distribution zipf --threads 2 --batch 256 --dir DIR",
            "      --checkpoint-every 10s --image-every 60s --picture speed.svg",
            "                                                        what checkpoints cost",
            "",
            "Exit codes: 0 measured; 1 a contestant or a recovery lost something; 2 wrong use, or a contestant",
            "could not run; 130 after Ctrl-C."
        })
public final class BenchCommand implements Callable<Integer> {

    private static final int MOST_REPETITIONS = 1_000;
    private static final int LONGEST_VALUE_BYTES = 1 << 16;
    private static final long MOST_KEYS = 1L << 32;
    private static final long MOST_KEYS_OF_MAP = 1L << 29;
    private static final long LONGEST_SECONDS = 3_600;
    private static final long LEAST_MEMORY_BYTES = 16L << 20;
    private static final long MOST_MEMORY_BYTES = 1L << 40;
    private static final double USUAL_SECONDS = 5;
    private static final int USUAL_REPETITIONS = 3;
    private static final double NANOS_PER_SECOND = 1e9;
    /** How long a run with checkpoints is. */
    private static final int LENGTH_IN_CHECKPOINTS = 7;
    private static final int LEAST_CHECKPOINTS = 2;
    private static final int CHECKPOINTS_PER_IMAGE = 6;

    /** Makes the contenders of a race; another one in tests. */
    @FunctionalInterface
    interface Source {

        Contenders of(RaceSettings settings, Runnable tick);
    }

    /**
     * What came of a race.
     *
     * @param failure what ended it before its end; null if nothing did
     */
    private record Measured(List<RaceResult> results, Failure failure) {
    }

    private final Streams streams;
    private final Interruption interruption;
    private final Source source;
    /** Where programs are looked for, as in the environment variable PATH. */
    private final String searchPath;

    @Option(names = "--workload", paramLabel = "NAME", split = ",", defaultValue = "read",
            description = "What the operations do: read, upsert, rmw, mixed, ycsb-a, ycsb-b, ycsb-c, ycsb-d or ycsb-f; see below"
                    + " (default: ${DEFAULT-VALUE}). Several of them, of the distributions, threads or batches, separated by commas, are measured"
                    + " in all combinations, one after the other, on keys that are loaded once.")
    private List<String> workloads;

    @Option(names = "--keys", paramLabel = "N", defaultValue = "16777216",
            description = "How many keys are loaded (default: ${DEFAULT-VALUE}).")
    private long keys;

    @Option(names = "--value-size", paramLabel = "B", defaultValue = "8",
            description = "The length of every value in bytes, 8 to 65536 (default: ${DEFAULT-VALUE}). Values of 8 are handled as"
                    + " numbers, all others as bytes.")
    private int valueSize;

    @Mixin
    private StoreOptions storeOptions;

    @Option(names = "--copy-reads",
            description = "With --memory: have the store copy what is read from disk again and again to the tail of its log, where it is in memory"
                    + " (StoreConfig.copyReadsUp). Worth it where few keys are read often.")
    private boolean copyReads;

    @Option(names = "--threads", paramLabel = "T", split = ",",
            description = "How many threads replay the operations (default: one for each processor).")
    private List<Integer> threads = List.of(Runtime.getRuntime().availableProcessors());

    @Option(names = "--distribution", paramLabel = "NAME", split = ",",
            description = "Which keys the operations touch: uniform (all alike), zipf (a few very often), or latest (the newest very"
                    + " often). Default: latest for ycsb-d, zipf for the other ycsb, else uniform.")
    private List<String> distributions;

    @Option(names = "--buckets", paramLabel = "N",
            description = "How many buckets of 64 bytes the index has, a power of two (default: half as many as keys, rounded up).")
    private Long buckets;

    @Option(names = "--batch", paramLabel = "N", split = ",", defaultValue = "1",
            description = "How many operations stand in one batch of a session; 1 are single calls without a session"
                    + " (default: ${DEFAULT-VALUE}). Only this store has batches. On 8-byte values the reads, upserts or additions of a batch"
                    + " are one group (getAll, putAll, rmwAll), which overlaps their cache misses; all others go one by one, after a prefetch.")
    private List<Integer> batches;

    @Option(names = "--door", paramLabel = "NAME", defaultValue = "unsafe",
            description = "How the store reaches its memory: unsafe, as ./tideline does by passing a flag to the JVM, or segment, as a"
                    + " program does that passes none (default: ${DEFAULT-VALUE}).")
    private String door;

    @Option(names = "--seconds", paramLabel = "S",
            description = "The length of one measured window in seconds (default: 5). Before the measured ones a window of as many seconds,"
                    + " but at least 2, warms up. With --checkpoint-every the length of each run (default: seven times as long as between two"
                    + " checkpoints), after a warm-up of up to 5 seconds.")
    private Double seconds;

    @Option(names = "--repetitions", paramLabel = "R",
            description = "How many measured windows each contestant gets (default: 3). Not with --checkpoint-every.")
    private Integer repetitions;

    @Option(names = "--loadings", paramLabel = "N",
            description = "With --memory: how often the keys are loaded, each time into a new store (default: 1). Contestants take turns, or, with --alone,"
                    + " load that often one after the other; with --against fio the disk is measured in front of it all and behind each round. The"
                    + " windows are on what was loaded last. If one loading fails, none is shown. Not with --checkpoint-every.")
    private Integer loadings;

    @Option(names = "--checkpoint-every", paramLabel = "TIME", converter = Durations.Converter.class,
            description = "Measure what checkpoints cost: take one so often, such as 10s or 300ms. Needs --workload rmw and 8-byte values. The"
                    + " files go below --dir, or a temporary directory, and are gone afterwards; without --memory the log gets as much as it"
                    + " takes so that nothing leaves the memory, at most half of what is free.")
    private Duration checkpointEvery;

    @Option(names = "--image-every", paramLabel = "TIME", converter = Durations.Converter.class,
            description = "With --checkpoint-every: how often a checkpoint has an image of the index, so that recovery has little to replay; the"
                    + " others are of the log alone. The first always has one (default: six times --checkpoint-every).")
    private Duration imageEvery;

    @Option(names = "--picture", paramLabel = "FILE.svg",
            description = "With --checkpoint-every: also draw the speed of the three runs over time, in windows of 100 ms, into FILE.svg.")
    private String picture;

    @Option(names = "--against", paramLabel = "NAME", split = ",",
            description = "What to compare with, one or several, separated by commas: chm is a ConcurrentHashMap with boxed keys and"
                    + " values; c is the same layout in plain C without anything that makes it safe, the limit of the hardware (needs"
                    + " gcc); rocksdb, lmdb and mvstore (of H2) keep their data in files that are removed at the end, without a log of"
                    + " operations and without syncs. With --memory their files are beside those of this store, and each contestant on"
                    + " disk, this store too, may take the same: --memory, what the index takes, and what a process needs only to replay"
                    + " operations; where the machine allows it a control group of Linux holds it to that, the cache of the kernel included."
                    + " The first use builds them. fio is the disk itself, as the program of that name measures it (4 KiB random reads at the"
                    + " best of the queue depths 16 to 128, one or 16 in a call, 1 MiB sequential writes, O_DIRECT) before and after the others, on a file as"
                    + " large as the loaded records.")
    private List<String> against = List.of();

    @Option(names = "--alone",
            description = "With --against: load and measure one contestant after the other, and remove its files before the next begins, instead of"
                    + " letting their windows alternate. For disks below which a cache keeps what was written last, such as those of virtual machines.")
    private boolean alone;

    @Option(names = "--json", paramLabel = "FILE",
            description = "Also write the result and all settings to FILE as JSON, whole or not at all.")
    private String json;

    @Option(names = {"-q", "--quiet"}, description = "Show no progress.")
    private boolean quiet;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help.")
    private boolean help;

    /** @param interruption asked often whether to stop */
    public BenchCommand(Streams streams, Interruption interruption) {
        this(streams, interruption, (settings, tick) -> new ProcessContenders(settings,
                new Checkout(System.getProperty(Checkout.HOME_PROPERTY), System.getenv("PATH"), streams.err()), tick), System.getenv("PATH"));
    }

    BenchCommand(Streams streams, Interruption interruption, Source source, String searchPath) {
        this.streams = streams;
        this.interruption = interruption;
        this.source = source;
        this.searchPath = searchPath;
    }

    @Override
    public Integer call() {
        if (checkpointEvery != null) {
            return measureCheckpoints();
        }
        if (imageEvery != null || picture != null) {
            throw new Failure((picture != null ? "--picture" : "--image-every") + " is about checkpoints; give --checkpoint-every too.");
        }
        List<WorkSettings> works = works();
        RaceSettings settings = settings(works, null);
        List<Contestant> rivals = rivals();
        if (works.size() > 1 && rivals.contains(Contestant.C)) {
            throw new Failure("--against c: the limit program does one work; give one workload, distribution, number of threads and batch.");
        }
        JsonFile jsonFile = json == null ? null : JsonFile.at(json);
        storeOptions.check();
        if (isAgainstDevice() && !storeOptions.spills()) {
            throw new Failure("--against fio is about the disk, and a store in memory does not use it; give --memory too.");
        }
        if (alone && rivals.isEmpty()) {
            throw new Failure("--alone is about several contestants; name the others with --against.");
        }
        if (loadings != null && !storeOptions.spills()) {
            throw new Failure("--loadings is about what goes to disk, and all is in memory; give --memory too.");
        }
        if (settings.loadings() > 1 && rivals.contains(Contestant.C)) {
            throw new Failure("--loadings " + loadings + ": the limit program is loaded once; leave --against c out.");
        }
        if (copyReads && !storeOptions.spills()) {
            throw new Failure("--copy-reads is about what is read from disk, and all is in memory; give --memory too.");
        }
        Measured measured = storeOptions.spills() ? raceOnDisk(works, rivals) : race(settings, works, rivals);
        List<RaceResult> results = measured.results;
        interruption.publish(() -> {
            if (jsonFile != null) {
                jsonFile.write(works.size() == 1 ? results.getFirst().toJson() : cells(measured));
            }
            print(results);
        });
        if (measured.failure != null) {
            throw measured.failure;
        }
        return results.stream().allMatch(RaceResult::isRight) ? ExitCode.DONE : ExitCode.WRONG;
    }

    private static Map<String, Object> cells(Measured measured) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("cells", measured.results.stream().map(RaceResult::toJson).toList());
        if (measured.failure != null) {
            fields.put("incomplete", measured.failure.getMessage());
        }
        return fields;
    }

    private void print(List<RaceResult> results) {
        for (int i = 0; i < results.size(); i++) {
            if (i > 0) {
                streams.out().println();
            }
            new RaceTable(results.get(i)).print(streams.out());
        }
        streams.out().flush();
    }

    private int measureCheckpoints() {
        List<WorkSettings> works = works();
        if (works.size() > 1) {
            throw new Failure("--checkpoint-every measures one work; give one distribution, number of threads and batch.");
        }
        WorkSettings work = works.getFirst();
        CutPlan plan = plan(work);
        double length = seconds(LENGTH_IN_CHECKPOINTS * checkpointEvery.toNanos() / NANOS_PER_SECOND);
        if (length * NANOS_PER_SECOND < LEAST_CHECKPOINTS * plan.everyNanos()) {
            throw new Failure("--seconds " + seconds + ": that is too short for a checkpoint each " + CheckpointResult.plain(plan.everyNanos() / NANOS_PER_SECOND)
                    + " s; give at least twice as much.");
        }
        JsonFile jsonFile = json == null ? null : JsonFile.at(json);
        ResultFile pictureFile = picture == null ? null : ResultFile.at("--picture", picture);
        CheckpointResult result;
        try (TemporaryDirectory directory = storeOptions.newTemporaryDirectory(interruption);
                RaceDisplay display = new RaceDisplay(streams, quiet, System::nanoTime)) {
            ByteSize memory = storeOptions.memoryOr(new ByteSize(Math.min(CheckpointSettings.memoryForAll(work, (long) (length * NANOS_PER_SECOND) / plan.everyNanos()),
                    Footprint.available() / 2)));
            CheckpointSettings settings = new CheckpointSettings(work, parse("--door", door, Door::parse),
                    new Spill(memory.bytes(), directory.path(), storeOptions.deviceName(), false), length, plan);
            Runnable tick = () -> {
                interruption.check();
                display.tick();
            };
            try (CheckpointBench bench = new CheckpointBench(settings, display, tick, DeviceLimit.find(searchPath))) {
                interruption.beforeMessage(() -> {
                    display.endLine();
                    bench.end();
                });
                result = bench.run();
            }
        }
        interruption.publish(() -> {
            if (jsonFile != null) {
                jsonFile.write(result.toJson());
            }
            if (pictureFile != null) {
                pictureFile.write(result.toSvg());
            }
            new CheckpointTable(result, streams.out()).print();
            streams.out().flush();
        });
        return result.isRight() ? ExitCode.DONE : ExitCode.WRONG;
    }

    private CutPlan plan(WorkSettings work) {
        if (work.workload() != Workload.RMW || !work.hasLongValues()) {
            throw new Failure("--checkpoint-every measures additions to 8-byte values, so that it can check them all; give --workload rmw, and no"
                    + " --value-size.");
        }
        if (copyReads) {
            throw new Failure("--copy-reads does not go with --checkpoint-every, whose operations are additions and read nothing else.");
        }
        String foreign = !against.isEmpty() ? "--against" : repetitions != null ? "--repetitions" : "--loadings";
        if (!against.isEmpty() || repetitions != null || loadings != null) {
            throw new Failure(foreign + " does not go with --checkpoint-every, which compares the store with itself, once.");
        }
        requireTime("--checkpoint-every", checkpointEvery);
        Duration images = imageEvery == null ? checkpointEvery.multipliedBy(CHECKPOINTS_PER_IMAGE) : imageEvery;
        if (imageEvery != null) {
            requireTime("--image-every", imageEvery);
        }
        return new CutPlan(CutPlan.Kind.CHECKPOINT, checkpointEvery.toNanos(), images.toNanos());
    }

    private static void requireTime(String option, Duration time) {
        if (time.isZero() || time.toSeconds() > LONGEST_SECONDS) {
            throw new Failure(option + ": give a time above 0 and up to 1h, such as 10s.");
        }
    }

    private Measured raceOnDisk(List<WorkSettings> works, List<Contestant> rivals) {
        ByteSize memory = storeOptions.memoryOr(null);
        if (memory == null) {
            throw new Failure("--dir: say with --memory how much of the data is to be in memory.");
        }
        try (TemporaryDirectory directory = storeOptions.newTemporaryDirectory(interruption)) {
            if (rivals.stream().anyMatch(Contestant::isOnDisk)) {
                requireRange("--memory", memory.bytes(), LEAST_MEMORY_BYTES, MOST_MEMORY_BYTES);
            }
            return race(settings(works, new Spill(memory.bytes(), directory.path(), storeOptions.deviceName(), copyReads)), works, rivals);
        }
    }

    /** What the contestants are started with: of several works the first, by as many threads, in batches as long, as any of them has. */
    private RaceSettings settings(List<WorkSettings> works, Spill spill) {
        WorkSettings work = works.getFirst().by(works.stream().mapToInt(WorkSettings::threads).max().getAsInt(),
                works.stream().mapToInt(WorkSettings::batch).max().getAsInt());
        int windows = repetitions == null ? USUAL_REPETITIONS : repetitions;
        requireRange("--repetitions", windows, 1, MOST_REPETITIONS);
        int times = loadings == null ? 1 : loadings;
        requireRange("--loadings", times, 1, MOST_REPETITIONS);
        return new RaceSettings(work, parse("--door", door, Door::parse), spill, seconds(USUAL_SECONDS), windows, times, spill == null ? 0 : spill.memoryBytes());
    }

    /** @param usual where nothing was said */
    private double seconds(double usual) {
        double chosen = seconds == null ? usual : seconds;
        if (!(chosen > 0 && chosen <= LONGEST_SECONDS)) {
            throw new Failure("--seconds " + chosen + ": give a number above 0 and up to " + LONGEST_SECONDS + ", such as 5 or 0.5.");
        }
        return chosen;
    }

    /** All that is to be measured, those with the same operations next to each other. */
    private List<WorkSettings> works() {
        requireRange("--keys", keys, 1, MOST_KEYS);
        requireRange("--value-size", valueSize, Long.BYTES, LONGEST_VALUE_BYTES);
        threads.forEach(each -> requireRange("--threads", each, 1, WorkSettings.MOST_THREADS));
        batches.forEach(each -> requireRange("--batch", each, 1, Integer.MAX_VALUE >>> 1));
        List<WorkSettings> works = new ArrayList<>();
        for (String name : workloads) {
            Workload workload = parse("--workload", name.strip(), Workload::parse);
            for (Distribution distribution : distributions(workload)) {
                for (int batch : batches) {
                    threads.forEach(count -> works.add(new WorkSettings(workload, distribution, keys, valueSize, count, buckets(), batch,
                            WorkSettings.USUAL_OPERATIONS)));
                }
            }
        }
        if (works.stream().distinct().count() < works.size()) {
            throw new Failure("Name each workload, distribution, number of threads and batch once.");
        }
        if (works.size() > 1 && works.stream().anyMatch(work -> work.workload().isInserting())) {
            throw new Failure("--workload " + String.join(",", workloads) + ": what ycsb-d inserts changes the store for all that follow; measure it alone.");
        }
        return works;
    }

    private List<Distribution> distributions(Workload workload) {
        return distributions == null ? List.of(workload.usualDistribution())
                : distributions.stream().map(name -> parse("--distribution", name.strip(), Distribution::parse)).toList();
    }

    private long buckets() {
        if (storeOptions.index().isPresent()) {
            if (buckets != null) {
                throw new Failure("--index and --buckets say the same thing twice; give one of them.");
            }
            return StoreOptions.buckets(storeOptions.index().get());
        }
        if (buckets == null) {
            return Math.max(1, Long.highestOneBit(Math.max(keys - 1, 1)));
        }
        requireRange("--buckets", buckets, 1, MOST_KEYS);
        if (Long.bitCount(buckets) != 1) {
            throw new Failure("--buckets " + buckets + ": give a power of two, such as " + Long.highestOneBit(buckets) + ".");
        }
        return buckets;
    }

    private boolean isAgainstDevice() {
        return against.stream().anyMatch(BenchCommand::isDevice);
    }

    private static boolean isDevice(String name) {
        return name.strip().equals(DeviceLimit.NAME);
    }

    private List<Contestant> rivals() {
        if (against.stream().map(String::strip).distinct().count() < against.size()) {
            throw new Failure("--against " + String.join(",", against) + ": name each of them once.");
        }
        List<Contestant> rivals = against.stream().filter(name -> !isDevice(name))
                .map(name -> parse("--against", name.strip(), Contestant::parse)).toList();
        if (rivals.contains(Contestant.CHM)) {
            requireRange("--keys", keys, 1, MOST_KEYS_OF_MAP);
        }
        return rivals;
    }

    private static <T> T parse(String option, String text, Function<String, T> parser) {
        try {
            return parser.apply(text);
        } catch (IllegalArgumentException unknown) {
            throw new Failure(option + ": " + unknown.getMessage() + ".", unknown);
        }
    }

    private static void requireRange(String option, long value, long least, long most) {
        if (value < least || value > most) {
            throw new Failure(option + " " + value + ": give a number from " + least + " to " + most + ".");
        }
    }

    private Measured race(RaceSettings settings, List<WorkSettings> works, List<Contestant> rivals) {
        Optional<Path> fio = isAgainstDevice() ? DeviceLimit.find(searchPath) : Optional.empty();
        try (RaceDisplay display = new RaceDisplay(streams, quiet, System::nanoTime)) {
            Runnable tick = () -> {
                interruption.check();
                display.tick();
            };
            DeviceLimit limit = fio.map(program -> deviceLimit(program, settings, tick)).orElse(null);
            try (RaceBench bench = new RaceBench(settings, works, rivals, source.of(settings, tick), alone, isAgainstDevice(), limit, display, tick)) {
                interruption.beforeMessage(() -> {
                    display.endLine();
                    bench.end();
                });
                return measured(bench, works.size());
            }
        }
    }

    /** Hours of measurements are not lost because a contestant does not come through the last of them. */
    private static Measured measured(RaceBench bench, int works) {
        try {
            bench.run();
            return new Measured(bench.results(), null);
        } catch (Failure failed) {
            List<RaceResult> results = bench.results();
            if (results.isEmpty()) {
                throw failed;
            }
            String rest = results.size() == works ? "" : "Only " + results.size() + " of " + works + " measurements were made, and are shown. ";
            return new Measured(results, new Failure(rest + failed.getMessage(), failed));
        }
    }

    private static DeviceLimit deviceLimit(Path program, RaceSettings settings, Runnable tick) {
        return new DeviceLimit(program, settings.spill().directory(), Footprint.loadedRecordsBytes(settings.work()), settings.seconds(), tick);
    }
}
