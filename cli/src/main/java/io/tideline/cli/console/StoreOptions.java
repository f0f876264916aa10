package io.tideline.cli.console;

import io.tideline.core.DeviceModel;
import io.tideline.core.Store;
import io.tideline.core.StoreConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options that say how much memory a command's store takes and where the rest of it goes. */
public final class StoreOptions {

    private static final int BUCKET_BYTES = 64;
    /** Of records that a command does not know the length of. */
    private static final int USUAL_RECORD_BYTES = 4096;
    /** What is left of a process that was killed before it had made a store. */
    private static final Set<String> BEFORE_A_STORE = Set.of("LOCK", "IDENTITY.tmp");

    @Option(names = "--memory", paramLabel = "SIZE", converter = ByteSize.Converter.class,
            description = "Memory of the store's log, with the buffers of its reads, such as 64m or 1g. What does not fit goes to disk: into --dir, or else into a"
                    + " temporary directory that is gone afterwards. Without --memory and --dir the store lives in memory alone:"
                    + " count takes what it needs of 1g, about 40 bytes a short key; bench what holds all keys.")
    private ByteSize memory;

    @Option(names = "--index", paramLabel = "SIZE", converter = ByteSize.Converter.class,
            description = "Memory of the store's index, on top of --memory, rounded down to a power of two. 16 bytes a key are good,"
                    + " 9 will do; with less the store is slower, not wrong. Default: 64m for count, what --buckets says for bench.")
    private ByteSize index;

    @Option(names = "--dir", paramLabel = "DIR",
            description = "Keep the store's files in DIR, which is made if it is not there and must be empty if it is; count goes on with"
                    + " what it left there. The files stay, and tideline verify DIR checks them.")
    private String directory;

    @Option(names = "--device", paramLabel = "MODEL", converter = ModelConverter.class, completionCandidates = ModelNames.class,
            description = "How the files are read and written: ${COMPLETION-CANDIDATES} (default: buffered, through the page cache of the"
                    + " operating system).")
    private DeviceModel device;

    /** Whether the store may grow beyond its memory. */
    public boolean spills() {
        return memory != null || directory != null;
    }

    /** The size that {@code --memory} says, or {@code usual}. */
    public ByteSize memoryOr(ByteSize usual) {
        return memory == null ? usual : memory;
    }

    /** The size that {@code --index} says, if it was given. */
    public Optional<ByteSize> index() {
        return Optional.ofNullable(index);
    }

    /** How files are to be accessed. */
    public DeviceModel device() {
        return device == null ? DeviceModel.BUFFERED : device;
    }

    /** Refuses options that contradict each other or a directory that cannot be used, before any work is done. */
    public void check() {
        checkDevice();
        if (directory != null) {
            requireEmpty(path(), Set.of());
        }
    }

    /** The same for a store that is to stay: what a process left that was killed before it had made one is no obstacle. */
    public void checkForStore() {
        checkDevice();
        requireEmpty(path(), BEFORE_A_STORE);
    }

    /** Refuses options that contradict each other. */
    public void checkDevice() {
        if (device != null && !spills()) {
            throw new Failure("--device " + nameOf(device) + " is about files, and a store in memory has none; give --memory or --dir too.");
        }
    }

    /** Where {@code --dir} says that the files are to stay, if it was given. */
    public Optional<Path> directory() {
        return directory == null ? Optional.empty() : Optional.of(path());
    }

    private Path path() {
        if (directory.isEmpty()) {
            throw new Failure("--dir '': give the name of a directory.");
        }
        try {
            return Path.of(directory);
        } catch (InvalidPathException wrong) {
            throw new Failure("--dir " + directory + ": this is not a file name: " + wrong.getReason() + ".", wrong);
        }
    }

    private static void requireEmpty(Path path, Set<String> besides) {
        if (!Files.isDirectory(path)) {
            if (Files.exists(path)) {
                throw new Failure("--dir " + path + ": this is not a directory; name an empty one, or one that is not there yet.");
            }
            return;
        }
        try (Stream<Path> files = Files.list(path)) {
            Optional<Path> any = files.filter(file -> !besides.contains(file.getFileName().toString())).min(Path::compareTo);
            if (any.isPresent()) {
                throw new Failure("--dir " + path + ": the directory is not empty (it holds " + any.get().getFileName()
                        + "), and a new store takes an empty one; nothing of it was touched. Name another directory.");
            }
        } catch (IOException refused) {
            throw new Failure("Cannot read " + path + ": " + Reason.of(refused) + ".", refused);
        }
    }

    /**
     * Opens the store, or says in a {@link Failure} why these sizes or this JVM do not do.
     *
     * @param usualMemory of a store without {@code --memory}
     * @param usualIndex of a store without {@code --index}
     * @param threads how many use the store at the same time
     */
    public OpenedStore open(ByteSize usualMemory, ByteSize usualIndex, int threads, Interruption interruption) {
        check();
        ByteSize chosen = memoryOr(usualMemory);
        StoreConfig.Builder config = StoreConfig.builder().memory(chosen.bytes()).buckets(buckets(index().orElse(usualIndex))).device(device());
        if (!spills()) {
            return new OpenedStore(open(build(config, chosen)), null);
        }
        divide(config, chosen, threads); // before a directory is made
        if (directory != null) {
            return new OpenedStore(open(build(config.directory(path()), chosen)), null);
        }
        TemporaryDirectory temporary = TemporaryDirectory.create(interruption);
        boolean opened = false;
        try {
            OpenedStore store = new OpenedStore(open(build(config.directory(temporary.path()).keepFiles(false), chosen)), temporary);
            opened = true;
            return store;
        } finally {
            if (!opened) {
                temporary.close();
            }
        }
    }

    /**
     * The same in the directory that {@code --dir} names, whatever store is there.
     *
     * @param knowsItsIndex whether a checkpoint of it says how large its index is, so that {@code usualIndex} is for others
     */
    public OpenedStore openKept(ByteSize usualMemory, ByteSize usualIndex, boolean knowsItsIndex, int threads, RecoveryBar bar) {
        checkDevice();
        ByteSize chosen = memoryOr(usualMemory);
        StoreConfig.Builder config = StoreConfig.builder().memory(chosen.bytes()).device(device());
        if (index != null || !knowsItsIndex) {
            config.buckets(buckets(index().orElse(usualIndex)));
        }
        divide(config, chosen, threads);
        try (bar) {
            OpenedStore opened = new OpenedStore(open(build(config.directory(path()).recoveryProgress(bar), chosen)), null);
            bar.finish(opened.store());
            return opened;
        }
    }

    /** A directory of its own for files that nobody wants afterwards, in {@code --dir} if that was given. */
    public TemporaryDirectory newTemporaryDirectory(Interruption interruption) {
        check();
        return directory == null ? TemporaryDirectory.create(interruption) : TemporaryDirectory.createIn(path(), interruption);
    }

    /** How files are accessed, as options name it. */
    public String deviceName() {
        return nameOf(device());
    }

    /** How many buckets an index of that size has, or a {@link Failure} why there is none of that size. */
    public static long buckets(ByteSize index) {
        long buckets = Math.max(1, Long.highestOneBit(index.bytes() / BUCKET_BYTES));
        try {
            StoreConfig.builder().buckets(buckets).build();
            return buckets;
        } catch (IllegalArgumentException wrongSize) {
            throw new Failure("--index " + index + " cannot be used: " + wrongSize.getMessage() + ", each of " + BUCKET_BYTES + " bytes.", wrongSize);
        }
    }

    private static void divide(StoreConfig.Builder config, ByteSize memory, int threads) {
        try {
            MemoryBudget.divide(config, memory.bytes(), threads, USUAL_RECORD_BYTES);
        } catch (IllegalArgumentException wrongSize) {
            throw wrongMemory(memory, wrongSize);
        }
    }

    private static Failure wrongMemory(ByteSize memory, IllegalArgumentException wrongSize) {
        return new Failure("--memory " + memory + " cannot be used: " + wrongSize.getMessage() + ".", wrongSize);
    }

    private static StoreConfig build(StoreConfig.Builder config, ByteSize memory) {
        try {
            return config.build();
        } catch (IllegalArgumentException wrongSize) {
            throw wrongMemory(memory, wrongSize);
        }
    }

    private static Store open(StoreConfig config) {
        try {
            return Store.open(config);
        } catch (IllegalStateException wrongJvm) {
            throw new Failure("The store cannot be opened: " + wrongJvm.getMessage() + ".", wrongJvm);
        }
    }

    private static String nameOf(DeviceModel model) {
        return model.name().toLowerCase(Locale.ROOT);
    }

    /** The device models as options write them. */
    static final class ModelNames implements Iterable<String> {

        static List<String> all() {
            return Arrays.stream(DeviceModel.values()).map(StoreOptions::nameOf).toList();
        }

        @Override
        public Iterator<String> iterator() {
            return all().iterator();
        }
    }

    /** Makes picocli read device models. */
    static final class ModelConverter implements ITypeConverter<DeviceModel> {

        @Override
        public DeviceModel convert(String text) {
            return Arrays.stream(DeviceModel.values()).filter(model -> nameOf(model).equals(text)).findAny().orElseThrow(() ->
                    new TypeConversionException("'" + text + "' is not a device; choose "
                            + ModelNames.all().stream().collect(Collectors.joining(", "))));
        }
    }
}
