package io.tideline.cli.bench;

import io.tideline.cli.console.Failure;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * What the disk itself gives, as the program fio measures it on one file of its own: writing 1 MiB after 1 MiB, and reading 4 KiB anywhere, both
 * past the kernel's cache; and, for recoveries, reading a file of the store, 1 MiB after 1 MiB. No contestant, because it holds no keys: a race asks it before and after the contestants' turns.
 */
final class DeviceLimit implements AutoCloseable {

    /** What options and reports call it. */
    static final String NAME = "fio";

    private static final String FILE = "fio.data";
    private static final List<String> ENGINES = List.of("libaio", "io_uring");
    private static final List<Integer> READ_DEPTHS = List.of(16, 32, 64, 128);
    /** How many reads it asks for in one call: with one, its process rather than the disk is the limit of a disk that makes 100,000 in a second. */
    private static final List<Integer> READ_BATCHES = List.of(1, 16);
    private static final int WRITE_DEPTH = 16;
    private static final int SEQUENTIAL_READ_DEPTH = 16;
    private static final long MEBIBYTE = 1L << 20;
    private static final long KIBIBYTE = 1L << 10;
    private static final long LEAST_BLOCK_BYTES = 4L << 10;
    private static final long TICK_MILLIS = 100;
    private static final long MILLIS_PER_SECOND = 1_000;
    // Of a line of its terse output, version 3.
    private static final String TERSE_VERSION = "3";
    private static final int ERROR_FIELD = 4;
    private static final int READ_KIBIBYTES_FIELD = 6;
    private static final int READS_FIELD = 7;
    private static final int WRITTEN_KIBIBYTES_FIELD = 47;

    private final Path program;
    private final Path file;
    private final long bytes;
    private final double seconds;
    private final Runnable tick;
    private final List<Double> writes = new ArrayList<>();
    private final List<Reads> reads = new ArrayList<>();
    /** Found by trying. */
    private String engine;
    private volatile Process running;
    private volatile boolean closed;

    /** One that only reads files of others. */
    DeviceLimit(Path program, Path folder, Runnable tick) {
        this(program, folder, 0, 0, tick);
    }

    /**
     * @param folder where its file goes, on the disk to measure
     * @param bytes how large the file is, rounded up to whole MiB
     * @param seconds how long it reads with each queue depth, in each way of asking
     * @param tick called again and again while fio is waited for
     */
    DeviceLimit(Path program, Path folder, long bytes, double seconds, Runnable tick) {
        this.program = program;
        this.file = folder.resolve(FILE);
        this.bytes = (bytes + MEBIBYTE - 1) / MEBIBYTE * MEBIBYTE;
        this.seconds = seconds;
        this.tick = tick;
    }

    /**
     * Random reads with the queue depth that was best.
     *
     * @param perSecond how many in a second
     * @param depth how many were under way at once
     * @param batch how many were asked for in one call
     */
    record Reads(double perSecond, int depth, int batch) {
    }

    /**
     * All that was measured.
     *
     * @param writes bytes written in a second, in the order of the measurements
     * @param reads the same of reads
     */
    record Figures(List<Double> writes, List<Reads> reads) {

        double writtenBytesPerSecond() {
            return writes.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
        }

        double readsPerSecond() {
            return reads.stream().mapToDouble(Reads::perSecond).average().orElseThrow();
        }
    }

    /** Where fio is, in the folders of a search path. */
    static Optional<Path> find(String searchPath) {
        return Stream.of((searchPath == null ? "" : searchPath).split(File.pathSeparator))
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, NAME))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** How long one {@link #read} takes. */
    double readSeconds() {
        return READ_DEPTHS.size() * READ_BATCHES.size() * seconds;
    }

    /** Writes the file anew. */
    void write() {
        removeFile();
        String[] fields = run("write", "1m", WRITE_DEPTH, List.of());
        writes.add(number(fields, WRITTEN_KIBIBYTES_FIELD) * KIBIBYTE);
    }

    /** Reads anywhere in the file, with each queue depth one by one and in batches; it was written before. */
    void read() {
        reads.add(READ_DEPTHS.stream().flatMap(depth -> READ_BATCHES.stream().map(batch -> read(depth, batch))).max(Comparator.comparingDouble(Reads::perSecond)).orElseThrow());
    }

    private Reads read(int depth, int batch) {
        List<String> more = new ArrayList<>(List.of("--norandommap", "--randrepeat=0", "--time_based",
                String.format(Locale.ROOT, "--runtime=%dms", Math.max(1, Math.round(seconds * MILLIS_PER_SECOND)))));
        if (batch > 1) {
            more.addAll(List.of("--iodepth_batch_submit=" + batch, "--iodepth_batch_complete_max=" + batch));
        }
        return new Reads(number(run("randread", "4k", depth, more), READS_FIELD), depth, batch);
    }

    /**
     * Reads a file that is there from its start to its end, 1 MiB after 1 MiB, and changes nothing. What fills no whole block of it is left out; it has 4 KiB at least. Bytes in a second.
     */
    double readSequentially(Path existing) {
        long size = existing.toFile().length();
        long block = Math.clamp(size & -LEAST_BLOCK_BYTES, LEAST_BLOCK_BYTES, MEBIBYTE);
        return number(run(existing, size / block * block, "read", block + "", SEQUENTIAL_READ_DEPTH, List.of("--readonly")), READ_KIBIBYTES_FIELD) * KIBIBYTE;
    }

    Figures figures() {
        return new Figures(List.copyOf(writes), List.copyOf(reads));
    }

    private String[] run(String kind, String blockSize, int depth, List<String> more) {
        return run(file, bytes, kind, blockSize, depth, more);
    }

    private String[] run(Path measured, long size, String kind, String blockSize, int depth, List<String> more) {
        List<String> refusals = new ArrayList<>();
        for (String tried : engine == null ? ENGINES : List.of(engine)) {
            List<String> command = new ArrayList<>(List.of(program.toString(), "--name=tideline", "--filename=" + name(measured), "--size=" + size,
                    "--direct=1", "--ioengine=" + tried, "--rw=" + kind, "--bs=" + blockSize, "--iodepth=" + depth, "--output-format=terse",
                    "--terse-version=" + TERSE_VERSION));
            command.addAll(more);
            Optional<String[]> fields = fields(command, refusals);
            if (fields.isPresent()) {
                engine = tried;
                return fields.get();
            }
        }
        throw new Failure("Cannot measure the disk with fio in " + file.getParent() + ": " + String.join("; ", refusals) + ".");
    }

    /** Several names would stand between colons. A backslash in front of anything else is itself. */
    private static String name(Path measured) {
        return measured.toString().replace(":", "\\:");
    }

    private Optional<String[]> fields(List<String> command, List<String> refusals) {
        try {
            Path errors = Files.createTempFile(file.getParent(), NAME, ".errors");
            try {
                Process process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
                running = process;
                if (closed) {
                    process.destroyForcibly();
                }
                process.outputWriter().close();
                await(process);
                List<String> output = process.inputReader(StandardCharsets.UTF_8).lines().toList();
                Optional<String[]> fields = output.stream().filter(line -> line.startsWith(TERSE_VERSION + ";")).findFirst().map(line -> line.split(";"));
                if (process.exitValue() == 0 && fields.isPresent() && number(fields.get(), ERROR_FIELD) == 0) {
                    return fields;
                }
                refusals.add("it ended with exit code " + process.exitValue() + " and these last words: " + lastLine(Files.readString(errors)));
                return Optional.empty();
            } finally {
                Files.deleteIfExists(errors);
            }
        } catch (IOException refused) {
            refusals.add(String.valueOf(refused.getMessage()));
            return Optional.empty();
        }
    }

    private void await(Process process) {
        boolean ended = false;
        try {
            while (!process.waitFor(TICK_MILLIS, TimeUnit.MILLISECONDS)) {
                tick.run();
            }
            tick.run(); // Ctrl-C may have reached it first
            ended = true;
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new Failure("Waiting for fio was interrupted.", stop);
        } finally {
            if (!ended) {
                process.destroyForcibly();
            }
        }
    }

    private static String lastLine(String text) {
        return text.lines().filter(line -> !line.isBlank()).reduce((_, last) -> last).map(String::strip).orElse("none");
    }

    private static double number(String[] fields, int place) {
        try {
            return Double.parseDouble(fields[place]);
        } catch (ArrayIndexOutOfBoundsException | NumberFormatException wrong) {
            throw new Failure("fio answered '" + String.join(";", fields) + "', which this version does not understand.", wrong);
        }
    }

    private void removeFile() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException refused) {
            throw new Failure("Cannot remove " + file + ", which fio has measured the disk with: " + refused.getMessage()
                    + ". Remove it by hand.", refused);
        }
    }

    /** Ends what is running, and removes the file. */
    @Override
    public void close() {
        closed = true;
        Process process = running;
        if (process != null) {
            process.destroyForcibly().onExit().join();
        }
        removeFile();
    }
}
