package io.tideline.core;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Writes, reads and deletes far more than fits the memory, for a while, and prints what the process held before and after: one line of
 * {@code name=value} words. A program, because the heap of the process must be fixed for the figures to mean anything.
 */
final class Churn {
    private static final int KEYS = 1 << 20;
    private static final int GROUP = 256;
    private static final int OPEN_FILES = 16;
    /** How long the log may become on the disk. */
    private static final long LIFE_BYTES = 1L << 30;

    private final Store store;
    /** The most that the process was seen to hold. */
    private long peak;
    private int lives = 1;

    private Churn(Store store) {
        this.store = store;
    }

    /** Arguments: directory, bytes of log memory, seconds. */
    public static void main(String[] arguments) throws IOException {
        long memory = Long.parseLong(arguments[1]);
        long nanos = TimeUnit.SECONDS.toNanos(Long.parseLong(arguments[2]));
        try (Store store = open(Path.of(arguments[0] + "-warm-up"), 4 << 20)) {
            new Churn(store).run(TimeUnit.SECONDS.toNanos(1), 16 << 20);
        }
        long before = resident();
        try (Store store = open(Path.of(arguments[0]), memory)) {
            Churn churn = new Churn(store);
            churn.run(nanos / 4, memory);
            churn.awaitFewFiles();
            long files = files();
            long mappings = mappings();
            churn.peak = 0;
            churn.run(nanos * 3 / 4, 2 * memory);
            churn.awaitFewFiles();
            StoreStats stats = store.stats();
            System.out.println("grown=" + (churn.peak - before) + " budget=" + (memory + stats.indexBytes()) + " files=" + files + " filesLater="
                    + files() + " descriptorsLater=" + descriptors().size() + " mappings=" + mappings + " mappingsLater=" + mappings() + " written=" + stats.deviceWrittenBytes()
                    + " deviceReads=" + stats.deviceReads() + " lives=" + churn.lives + " heap=" + Runtime.getRuntime().maxMemory());
        }
    }

    private static Store open(Path directory, long memory) {
        return Store.open(StoreConfig.builder().memory(memory).buckets(1 << 18).segmentSize(4 << 20).maxOpenFiles(OPEN_FILES).directory(directory).build());
    }

    /** At least so long, and until so much was written; an hour of it would fill the disk, so everything is cleared when the log has become long. */
    private void run(long nanos, long writtenBytes) throws IOException {
        SplittableRandom random = new SplittableRandom(1);
        long end = System.nanoTime() + nanos;
        byte[] value = new byte[100];
        long[] keys = new long[GROUP];
        long[] values = new long[GROUP];
        try (Session session = store.openSession()) {
            StoreStats stats = store.stats();
            for (int round = 0; System.nanoTime() - end < 0 || stats.deviceWrittenBytes() < writtenBytes; round++) {
                for (int i = 0; i < GROUP; i++) {
                    session.put(KEYS + random.nextInt(KEYS), value);
                    keys[i] = random.nextInt(KEYS);
                    session.submitRmw(keys[i], Update.ADD, 1, i, (context, status, result) -> { });
                }
                session.completePending(true);
                session.getAll(keys, values, 0, GROUP, -1);
                session.delete(KEYS + random.nextInt(KEYS));
                stats = store.stats();
                if (stats.tail() - stats.begin() > LIFE_BYTES) {
                    store.clear();
                    lives++;
                }
                if (round % 64 == 0) {
                    peak = Math.max(peak, resident());
                }
            }
        }
    }

    /** More than may be open are open while reads of that many are under way, and a thread of the store closes them then. */
    private void awaitFewFiles() {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (store.stats().openFiles() > OPEN_FILES) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError(store.stats().openFiles() + " files are still open, " + OPEN_FILES + " may be");
            }
            Thread.onSpinWait();
        }
    }

    private static long resident() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("RssAnon:")).mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10).sum();
        }
    }

    /** Files, each counted once, however many descriptors it has. */
    private static long files() throws IOException {
        return descriptors().stream().distinct().count();
    }

    /** What the descriptors of this process point to. */
    private static List<String> descriptors() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.map(Churn::target).toList();
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException closedMeanwhile) {
            return descriptor.toString();
        }
    }

    private static long mappings() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.count();
        }
    }
}
