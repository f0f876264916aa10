package io.tideline.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The reads of a pipe come when a test writes to it, which is when it has seen the reader look, or not look. */
class ReadRingTest {
    private static final long FOR_EVER = TimeUnit.MINUTES.toNanos(10);
    private static final int LOOKS = 1000;
    /** Each clock tells that more than a nanosecond is over. */
    private static final int TURNS_BETWEEN_CLOCKS = 16;

    @TempDir
    private Path directory;
    private final Region memory = Region.allocate(8192, false);
    private final AtomicInteger looks = new AtomicInteger();
    private NativeFile pipe;

    @BeforeEach
    void openPipe() throws IOException, InterruptedException {
        if (!NativeFile.isSupported()) {
            abort("descriptors of Linux");
        }
        Path path = directory.resolve("pipe");
        assertEquals(0, new ProcessBuilder("mkfifo", path.toString()).start().waitFor());
        pipe = NativeFile.open(path, false, false);
    }

    @AfterEach
    void close() throws IOException {
        if (pipe != null) {
            pipe.close();
        }
        memory.close();
    }

    /** Skipped, and said so, where the kernel refuses. */
    private static ReadRing ring(long spinNanos, BooleanSupplier mayLook) {
        try {
            return ReadRing.open(spinNanos, mayLook);
        } catch (IoUring.Refusal refused) {
            return abort(refused.getMessage());
        }
    }

    private boolean countLook() {
        looks.incrementAndGet();
        return true;
    }

    private void write(long word) {
        Words.set(memory.address() + 4096, word);
        assertTrue(SystemCall.writeWord(pipe.descriptor(), memory.address() + 4096));
    }

    private void read(ReadRing ring, long expected) {
        assertEquals(Long.BYTES, ring.read(pipe, 0, memory.address(), 4096));
        assertEquals(expected, Words.get(memory.address()));
    }

    @Test
    void shouldLookForWhatComesLater() throws Exception {
        try (ExecutorService reader = Executors.newSingleThreadExecutor(); ReadRing ring = ring(FOR_EVER, this::countLook)) {
            for (int i = 1; i <= 100; i++) {
                int word = i;
                looks.set(0);
                Future<?> reading = reader.submit(() -> read(ring, word));
                while (looks.get() < LOOKS && !reading.isDone()) {
                    Thread.onSpinWait();
                }
                write(word);
                reading.get(60, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void shouldSleepOnceItMayLookNoMore() throws Exception {
        AtomicInteger allowed = new AtomicInteger();
        try (ExecutorService reader = Executors.newSingleThreadExecutor(); ReadRing ring = ring(FOR_EVER, () -> countLook() && looks.get() < allowed.get())) {
            for (int i = 0; i < 100; i++) {
                int word = i;
                looks.set(0);
                allowed.set(i % 3 * LOOKS + 1);
                Future<?> reading = reader.submit(() -> read(ring, word));
                while (looks.get() < allowed.get() && !reading.isDone()) {
                    Thread.onSpinWait();
                }
                write(word);
                reading.get(60, TimeUnit.SECONDS);
                assertEquals(allowed.get(), looks.get());
            }
        }
    }

    /** A disk that is slower than anybody looks costs next to no looking. */
    @Test
    void shouldSleepAtOnceForAWhileAfterItLookedInVain() throws Exception {
        try (ExecutorService reader = Executors.newSingleThreadExecutor(); ReadRing ring = ring(1, this::countLook)) {
            for (int round = 0; round < 3; round++) {
                looks.set(0);
                Future<?> first = reader.submit(() -> read(ring, 1));
                while (looks.get() < TURNS_BETWEEN_CLOCKS && !first.isDone()) {
                    Thread.onSpinWait();
                }
                write(1);
                first.get(60, TimeUnit.SECONDS);
                for (int i = 0; i < 16; i++) {
                    int word = i;
                    Future<?> next = reader.submit(() -> read(ring, word));
                    write(word);
                    next.get(60, TimeUnit.SECONDS);
                }
                assertEquals(TURNS_BETWEEN_CLOCKS, looks.get());
            }
        }
    }

    @Test
    void shouldReadWhereverTheThreadBefore() throws Exception {
        Path path = directory.resolve("file");
        Files.write(path, new byte[3 * 4096]);
        NativeFile file = NativeFile.open(path, false, false);
        try (ReadRing ring = ring(FOR_EVER, () -> true)) {
            for (int round = 0; round < 20; round++) {
                try (ExecutorService reader = Executors.newSingleThreadExecutor()) {
                    reader.submit(() -> {
                        for (int i = 0; i < 100; i++) {
                            Words.set(memory.address(), -1);
                            assertEquals(4096, ring.read(file, i % 3 * 4096L, memory.address(), 4096));
                            assertEquals(0, Words.get(memory.address()));
                        }
                        assertEquals(100, ring.read(file, 3 * 4096 - 100, memory.address(), 4096), "at the end of the file");
                        assertEquals(0, ring.read(file, 3 * 4096, memory.address(), 4096), "behind it");
                        assertEquals("Invalid argument", IoUring.text(ring.read(file, -2, memory.address(), 4096)));
                    }).get(60, TimeUnit.SECONDS);
                }
            }
        }
        file.close();
    }
}
