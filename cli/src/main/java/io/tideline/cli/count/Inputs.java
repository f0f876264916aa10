package io.tideline.cli.count;

import io.tideline.cli.console.Failure;
import io.tideline.cli.console.ProgressBar;
import io.tideline.cli.console.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Everything that is to be read, in a fixed order: the arguments as given, the files below a directory sorted by path, the entries of
 * an archive as they stand in it.
 *
 * <p>A directory gives its regular files. Symbolic links below it are not followed, so that no file is counted twice and no loop has an
 * end to be found; links, pipes and devices below it are counted in {@link #skipped()}. As arguments all of them are read.
 */
final class Inputs implements AutoCloseable {

    /** The argument that stands for the standard input. */
    static final String STANDARD_INPUT = "-";

    private sealed interface Source {
    }

    private record PlainFile(Path path, long sizeBytes) implements Source {
    }

    private record OneTime(OneTimeInput input) implements Source {
    }

    private final List<Source> sources = new ArrayList<>();
    private final Set<Archives.SharedZip> openZips = ConcurrentHashMap.newKeySet();
    private final InputStream standardInput;
    private final boolean readTwice;
    private long sizeBytes;
    private int skipped;

    private Inputs(InputStream standardInput, boolean readTwice) {
        this.standardInput = standardInput;
        this.readTwice = readTwice;
    }

    /**
     * Looks at every argument, so that a wrong one is refused with a {@link Failure} before any work is done.
     *
     * @param readTwice whether the units will be read a second time, so that what flows by once must be kept
     */
    static Inputs of(List<String> arguments, InputStream standardInput, boolean readTwice) {
        Inputs inputs = new Inputs(standardInput, readTwice);
        for (String argument : arguments) {
            inputs.add(argument);
        }
        return inputs;
    }

    /** How much there is to read, as it lies on disk, or {@link ProgressBar#UNKNOWN} if something of unknown length is among it. */
    long sizeBytes() {
        return sizeBytes;
    }

    /** How many links, pipes and devices below directories are left out. */
    int skipped() {
        return skipped;
    }

    /** Passes on every unit in order; large plain files come in slices of {@code sliceBytes}. */
    void forEachUnit(long sliceBytes, UnitConsumer consumer) {
        for (Source source : sources) {
            switch (source) {
                case OneTime(OneTimeInput input) -> consumer.accept(input);
                case PlainFile file -> forEachUnitOf(file, sliceBytes, consumer);
            }
        }
    }

    /** What tells this input from another, looked up without reading it. */
    InputFingerprint fingerprint() {
        MessageDigest digest = sha256();
        long bytes = 0;
        for (Source source : sources) {
            if (!(source instanceof PlainFile(Path path, long size))) {
                return InputFingerprint.ofWhatFlowsBy();
            }
            byte[] name = path.toAbsolutePath().normalize().toString().getBytes(StandardCharsets.UTF_8);
            digest.update(ByteBuffer.allocate(3 * Long.BYTES).putLong(name.length).putLong(size).putLong(changedNanos(path)).array());
            digest.update(name);
            bytes += size;
        }
        return new InputFingerprint(sources.size(), bytes, digest.digest());
    }

    private static long changedNanos(Path file) {
        try {
            return Files.getLastModifiedTime(file).to(TimeUnit.NANOSECONDS);
        } catch (IOException refused) {
            throw cannotRead(file, refused);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError(impossible); // every Java platform has it
        }
    }

    /** Closes what is still open; units are not to be read any more. */
    @Override
    public void close() {
        openZips.forEach(Archives.SharedZip::close);
        for (Source source : sources) {
            if (source instanceof OneTime(OneTimeInput input)) {
                try {
                    input.close();
                } catch (IOException refused) {
                    throw new Failure("Cannot close a temporary file: " + Reason.of(refused) + ".", refused);
                }
            }
        }
    }

    private void add(String argument) {
        if (argument.equals(STANDARD_INPUT)) {
            addStandardInput();
            return;
        }
        Path path = pathOf(argument);
        if (Files.isDirectory(path)) {
            addDirectory(path);
        } else if (Files.isRegularFile(path)) {
            addFile(path);
        } else if (Files.exists(path)) {
            sources.add(new OneTime(new OneTimeInput(argument, () -> Files.newInputStream(path), readTwice)));
            sizeBytes = ProgressBar.UNKNOWN;
        } else {
            throw new Failure("Cannot read " + argument + ": there is no such file or directory.");
        }
    }

    private void addStandardInput() {
        if (sources.stream().anyMatch(source -> source instanceof OneTime(OneTimeInput input) && input.isNamed("the standard input"))) {
            throw new Failure("The standard input (-) can be read only once, but it is named twice.");
        }
        sources.add(new OneTime(new OneTimeInput("the standard input", () -> standardInput, readTwice)));
        sizeBytes = ProgressBar.UNKNOWN;
    }

    private static Path pathOf(String argument) {
        if (argument.isEmpty()) {
            throw new Failure("An empty PATH names no file; leave it out or name a file, a directory, or - for the standard input.");
        }
        try {
            return Path.of(argument);
        } catch (InvalidPathException wrong) {
            throw new Failure("Cannot read " + argument + ": the locale of this shell lacks characters of its name, or it is no file name;"
                    + " set LC_ALL=C.UTF-8, or name its directory instead.", wrong);
        }
    }

    private void addDirectory(Path directory) {
        List<Path> files = new ArrayList<>();
        try {
            Path start = Files.isSymbolicLink(directory) ? directory.toRealPath() : directory;
            Files.walkFileTree(start, new SimpleFileVisitor<>() {

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    if (attributes.isRegularFile()) {
                        files.add(file);
                    } else {
                        skipped++;
                    }
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException refused) {
                    throw cannotRead(file, refused);
                }
            });
        } catch (IOException refused) {
            throw cannotRead(directory, refused);
        }
        files.sort(Comparator.naturalOrder());
        files.forEach(this::addFile);
    }

    private void addFile(Path file) {
        if (!Files.isReadable(file)) {
            throw new Failure("Cannot read " + file + ": permission denied.");
        }
        long size;
        try {
            size = Files.size(file);
        } catch (IOException refused) {
            throw cannotRead(file, refused);
        }
        sources.add(new PlainFile(file, size));
        if (sizeBytes != ProgressBar.UNKNOWN) {
            sizeBytes += size;
        }
    }

    private void forEachUnitOf(PlainFile file, long sliceBytes, UnitConsumer consumer) {
        String name = file.path().getFileName().toString();
        if (Archives.isZip(name)) {
            forEachUnitOfZip(file, consumer);
        } else if (Archives.isGzip(name)) {
            consumer.accept(Archives.gzip(file.path()));
        } else {
            long start = 0;
            for (; file.sizeBytes() - start > sliceBytes; start += sliceBytes) {
                consumer.accept(new FileSlice(file.path(), start, sliceBytes));
            }
            consumer.accept(new FileSlice(file.path(), start, Long.MAX_VALUE));
        }
    }

    private void forEachUnitOfZip(PlainFile file, UnitConsumer consumer) {
        Archives.SharedZip zip = Archives.SharedZip.open(file.path());
        openZips.add(zip);
        try {
            zip.forEachUnit(file.sizeBytes(), consumer);
        } finally {
            zip.release();
        }
    }

    private static Failure cannotRead(Path file, IOException refused) {
        return new Failure("Cannot read " + file + ": " + Reason.of(refused) + ".", refused);
    }
}
