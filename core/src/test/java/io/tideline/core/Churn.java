package io.tideline.core;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

    private Churn() {
    }

    /** Arguments: directory, bytes of log memory, seconds. */
    public static void main(String[] arguments) throws IOException {
        long memory = Long.parseLong(arguments[1]);
        long seconds = Long.parseLong(arguments[2]);
        warmUp(Path.of(arguments[0] + "-warm-up"));
        long before = resident();
        try (Store store = Store.open(StoreConfig.builder().memory(memory).buckets(1 << 18).directory(Path.of(arguments[0])).build())) {
            run(store, TimeUnit.SECONDS.toNanos(seconds) / 4, memory);
            long files = files();
            long mappings = mappings();
            run(store, TimeUnit.SECONDS.toNanos(seconds) * 3 / 4, 2 * memory);
            StoreStats stats = store.stats();
            System.out.println("grown=" + (resident() - before) + " budget=" + (memory + stats.indexBytes()) + " files=" + files + " filesLater="
                    + files() + " mappings=" + mappings + " mappingsLater=" + mappings() + " written=" + stats.deviceWrittenBytes()
                    + " deviceReads=" + stats.deviceReads() + " heap=" + Runtime.getRuntime().maxMemory());
        }
    }

    private static void warmUp(Path directory) {
        try (Store store = Store.open(StoreConfig.builder().memory(4 << 20).buckets(1 << 18).directory(directory).build())) {
            run(store, TimeUnit.SECONDS.toNanos(2), 0);
        }
    }

    /** At least so long, and until so much was written. */
    private static void run(Store store, long nanos, long writtenBytes) {
        SplittableRandom random = new SplittableRandom(1);
        long end = System.nanoTime() + nanos;
        byte[] value = new byte[100];
        long[] keys = new long[GROUP];
        long[] values = new long[GROUP];
        try (Session session = store.openSession()) {
            while (System.nanoTime() - end < 0 || store.stats().deviceWrittenBytes() < writtenBytes) {
                for (int i = 0; i < GROUP; i++) {
                    session.put(KEYS + random.nextInt(KEYS), value);
                    keys[i] = random.nextInt(KEYS);
                    session.submitRmw(keys[i], Update.ADD, 1, i, (context, status, result) -> { });
                }
                session.completePending(true);
                session.getAll(keys, values, 0, GROUP, -1);
                session.delete(KEYS + random.nextInt(KEYS));
            }
        }
    }

    private static long resident() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("RssAnon:")).mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10).sum();
        }
    }

    private static long files() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }

    private static long mappings() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.count();
        }
    }
}
