package io.tideline.jmh;

import io.tideline.hlog.device.BlockingIo;
import io.tideline.hlog.device.Device;
import io.tideline.hlog.device.DeviceFile;
import io.tideline.hlog.device.DirectDevice;
import io.tideline.hlog.device.FileDevice;
import io.tideline.hlog.device.MappedDevice;
import io.tideline.hlog.device.UringDevice;
import io.tideline.jmh.IoLoad.Result;
import io.tideline.memory.Waits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Measures the I/O models side by side and prints the tables of {@code docs/io-models.md}: appends, random reads at several depths, scans,
 * and point reads while a scan runs. Takes a directory on the disk in question that is made and removed, the MiB of data, and the seconds of
 * each measurement of reads. Before each one the page cache forgets the data (by {@code dd iflag=nocache}).
 */
public final class IoModels {
    private static final int THREADS = 32;
    private static final long SEGMENT_BYTES = 64 << 20;
    private static final int SCAN_BYTES = 1 << 20;
    private static final int SCAN_DEPTH = 4;
    private static final int APPEND_DEPTH = 8;
    private static final int READ_BYTES = 4096;
    private static final int[] DEPTHS = {1, 8, 32, 128};

    private enum Model { BUFFERED, DIRECT, URING, MAPPED }

    private final Path directory;
    private final int segments;
    private final int seconds;
    private final List<String> reads = new ArrayList<>();
    private final List<String> streams = new ArrayList<>();
    private final List<String> mixed = new ArrayList<>();

    private IoModels(Path directory, int segments, int seconds) {
        this.directory = directory;
        this.segments = segments;
        this.seconds = seconds;
    }

    /** {@code IoModels DIRECTORY [MIB [SECONDS]]} */
    public static void main(String[] arguments) throws Exception {
        Path directory = Files.createDirectory(Path.of(arguments[0]));
        long megabytes = arguments.length > 1 ? Long.parseLong(arguments[1]) : 4096;
        int seconds = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 5;
        IoModels models = new IoModels(directory, Math.toIntExact(Math.max(1, (megabytes << 20) / SEGMENT_BYTES)), seconds);
        for (Model model : Model.values()) {
            models.measure(model);
        }
        Files.delete(directory);
        models.print();
    }

    private static Device open(Model model, Path place) {
        return switch (model) {
            case BUFFERED -> new FileDevice(place, THREADS);
            case DIRECT -> new DirectDevice(place, THREADS);
            case URING -> UringDevice.open(place, THREADS, 0);
            case MAPPED -> new MappedDevice(place, THREADS, SEGMENT_BYTES);
        };
    }

    private void measure(Model model) throws Exception {
        Path place = Files.createDirectory(directory.resolve(model.name().toLowerCase(Locale.ROOT)));
        try (Device device = open(model, place)) {
            List<DeviceFile> files = new ArrayList<>();
            for (int i = 0; i < segments; i++) {
                files.add(device.create("%06d".formatted(i)));
            }
            String name = device.model() + (device.fallback().isEmpty() ? "" : " (" + device.fallback() + ")");
            System.err.println(name + ": appends");
            Result append = append(files);
            System.err.println(name + ": scans");
            forget(place);
            Result scan = load(files, SCAN_BYTES, SCAN_DEPTH, inOrder(1));
            streams.add("| %s | %.0f | %.2f | %.0f | %.2f |".formatted(name, megabytesPerSecond(append), cpuPerGigabyte(append),
                    megabytesPerSecond(scan), cpuPerGigabyte(scan)));
            System.err.println(name + ": random reads");
            reads(name, place, files);
            System.err.println(name + ": reads beside a scan");
            beside(name, place, files);
            for (DeviceFile file : files) {
                file.close();
            }
            for (String file : device.list()) {
                device.delete(file);
            }
        }
        Files.delete(place);
    }

    private Result append(List<DeviceFile> files) throws InterruptedException {
        long begun = System.nanoTime();
        try (IoLoad load = new IoLoad(files, SEGMENT_BYTES, SCAN_BYTES, true, APPEND_DEPTH, inOrder(1))) {
            Result written = load.await();
            BlockingIo io = new BlockingIo(Waits.SYSTEM);
            files.forEach(io::sync);
            return new Result(written.count(), (System.nanoTime() - begun) / 1e9, written.cpuNanos(), written.latencies());
        }
    }

    private void reads(String name, Path place, List<DeviceFile> files) throws Exception {
        StringBuilder row = new StringBuilder("| " + name + " |");
        for (int depth : DEPTHS) {
            forget(place);
            Result result = load(files, READ_BYTES, depth, anywhere(segments));
            row.append(" %,.0f · %.1f · %.0f |".formatted(result.perSecond(), result.cpuMicrosEach(), result.micros(0.99)));
        }
        reads.add(row.toString());
    }

    /** Point reads in a sixteenth of the data that was read before, alone and beside a scan of everything. */
    private void beside(String name, Path place, List<DeviceFile> files) throws Exception {
        List<DeviceFile> hot = files.subList(0, Math.max(1, segments / 16));
        forget(place);
        try (IoLoad warming = new IoLoad(hot, SEGMENT_BYTES, SCAN_BYTES, false, SCAN_DEPTH, inOrder(hot.size(), 1))) {
            warming.await();
        }
        Result alone = load(hot, READ_BYTES, 1, anywhere(hot.size()));
        IoLoad scan = new IoLoad(files, SEGMENT_BYTES, SCAN_BYTES, false, SCAN_DEPTH, inOrder(Integer.MAX_VALUE));
        Result busy;
        try (scan) {
            busy = load(hot, READ_BYTES, 1, anywhere(hot.size()));
        }
        mixed.add("| %s | %.0f · %.0f | %.0f · %.0f | %,.0f | %,.0f |".formatted(name, alone.micros(0.5), alone.micros(0.99), busy.micros(0.5),
                busy.micros(0.99), alone.perSecond(), busy.perSecond()));
    }

    private Result load(List<DeviceFile> files, int lengthBytes, int depth, LongSupplier places) throws InterruptedException {
        try (IoLoad load = new IoLoad(files, SEGMENT_BYTES, lengthBytes, false, depth, places)) {
            return load.runFor(seconds);
        }
    }

    private LongSupplier inOrder(int rounds) {
        return inOrder(segments, rounds);
    }

    /** Through the first so many segments from their beginning to their end, so often. */
    private static LongSupplier inOrder(int count, int rounds) {
        AtomicLong next = new AtomicLong();
        long end = count * SEGMENT_BYTES;
        return () -> {
            long place = next.getAndAdd(SCAN_BYTES);
            return place / end < rounds ? place % end : -1;
        };
    }

    private static LongSupplier anywhere(int count) {
        return () -> ThreadLocalRandom.current().nextLong(count * SEGMENT_BYTES / READ_BYTES) * READ_BYTES;
    }

    private static double megabytesPerSecond(Result result) {
        return result.count() * (double) SCAN_BYTES / 1e6 / result.seconds();
    }

    private static double cpuPerGigabyte(Result result) {
        return result.cpuNanos() / (result.count() * (double) SCAN_BYTES);
    }

    /** Lets the page cache forget the files of a directory. */
    private static void forget(Path place) throws IOException, InterruptedException {
        try (var files = Files.list(place)) {
            for (Path file : files.toList()) {
                Process dd = new ProcessBuilder("dd", "if=" + file, "iflag=nocache", "count=0").redirectErrorStream(true).start();
                String said = new String(dd.getInputStream().readAllBytes());
                if (dd.waitFor() != 0) {
                    throw new IOException("dd could not make the page cache forget " + file + ": " + said);
                }
            }
        }
    }

    private void print() {
        System.out.println("| model | append, MB/s | CPU, s/GB | scan, MB/s | CPU, s/GB |\n|---|---|---|---|---|");
        streams.forEach(System.out::println);
        System.out.println("\n4 KiB anywhere: reads/s · CPU, µs a read · p99, µs\n\n| model | 1 at once | 8 | 32 | 128 |\n|---|---|---|---|---|");
        reads.forEach(System.out::println);
        System.out.println("\n| model | alone, µs: median · p99 | beside a scan, µs: median · p99 | alone, reads/s | beside, reads/s |\n|---|---|---|---|---|");
        mixed.forEach(System.out::println);
    }
}
