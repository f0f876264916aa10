package io.tideline.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The reads of a pipe come when a test writes to it, which is when it has seen the reader look, or not look. */
class ReadRingTest {
    private static final long FOR_EVER = TimeUnit.MINUTES.toNanos(10);
    private static final long TIMEOUT_SECONDS = 60;
    private static final int LOOKS = 1000;

    @TempDir
    private Path directory;
    private final Region memory = Region.allocate(8192, false);
    private final AtomicInteger looks = new AtomicInteger();
    private final AtomicInteger clocks = new AtomicInteger();
    /** Each look at it finds a nanosecond gone. */
    private final Waits waits = new Waits() {
        @Override
        public long nanoTime() {
            return clocks.incrementAndGet();
        }
    };
    private NativeFile pipe;

    @BeforeEach
    void openPipe() throws IOException, InterruptedException {
        assumeTrue(NativeFile.isSupported(), "descriptors of Linux");
        pipe = NativeFile.open(Pipes.make(directory.resolve("pipe")), false, false);
    }

    @AfterEach
    void close() throws IOException {
        if (pipe != null) {
            pipe.close();
        }
        memory.close();
    }

    /** A thread that reads; its close lets it go on, whatever it waits for. */
    private final class Reader implements AutoCloseable {
        private final ExecutorService thread = Executors.newSingleThreadExecutor();

        private Future<Integer> read(ReadRing ring) {
            return thread.submit(() -> ring.read(pipe, 0, memory.address(), 4096));
        }

        @Override
        public void close() {
            write(0);
            thread.close();
        }
    }

    /** Skipped, and said so, where the kernel refuses. */
    private ReadRing ring(long spinNanos, BooleanSupplier mayLook) {
        try {
            return ReadRing.open(spinNanos, mayLook, waits);
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

    private void assertComes(Future<Integer> reading, long word) throws Exception {
        write(word);
        assertEquals(Long.BYTES, reading.get(TIMEOUT_SECONDS, TimeUnit.SECONDS));
        assertEquals(word, Words.get(memory.address()));
    }

    private static void await(BooleanSupplier condition) {
        long begin = System.nanoTime();
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() - begin < TimeUnit.SECONDS.toNanos(TIMEOUT_SECONDS), "it never came");
            Thread.onSpinWait();
        }
    }

    @Test
    void shouldLookForWhatComesLater() throws Exception {
        try (ReadRing ring = ring(FOR_EVER, this::countLook); Reader reader = new Reader()) {
            for (int i = 1; i <= 100; i++) {
                clocks.set(0);
                looks.set(0);
                Future<Integer> reading = reader.read(ring);
                await(() -> looks.get() >= LOOKS);
                assertComes(reading, i);
            }
        }
    }

    @Test
    void shouldSleepOnceItMayLookNoMore() throws Exception {
        AtomicInteger allowed = new AtomicInteger();
        try (ReadRing ring = ring(FOR_EVER, () -> countLook() && looks.get() < allowed.get()); Reader reader = new Reader()) {
            for (int i = 0; i < 100; i++) {
                clocks.set(0);
                looks.set(0);
                allowed.set(i % 3 * LOOKS + 1);
                Future<Integer> reading = reader.read(ring);
                await(() -> looks.get() >= allowed.get());
                assertComes(reading, i);
                assertEquals(allowed.get(), looks.get());
            }
        }
    }

    /** A disk that is slower than anybody looks costs next to no looking. The reads without the ring are told by their error: a pipe has no offsets. */
    @Test
    void shouldDoWithoutForAWhileAfterItLookedInVain() throws Exception {
        try (ReadRing ring = ring(0, this::countLook); Reader reader = new Reader()) {
            for (int round = 0; round < 3; round++) {
                clocks.set(0);
                looks.set(0);
                Future<Integer> first = reader.read(ring);
                await(() -> clocks.get() == 2);
                assertComes(first, round);
                for (int i = 0; i < ReadRing.READS_WITHOUT_LOOKING; i++) {
                    assertEquals("error 29", IoUring.text(reader.read(ring).get(TIMEOUT_SECONDS, TimeUnit.SECONDS)));
                }
                assertEquals(ReadRing.TURNS, looks.get());
            }
        }
    }

    /** The kernel writes to the memory of the caller, who may use it again once the call has ended. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldThrowNothingBeforeTheReadIsDone(boolean isError) throws Exception {
        StackOverflowError error = new StackOverflowError();
        IllegalStateException exception = new IllegalStateException("a test");
        BooleanSupplier throwsTwice = () -> {
            int look = looks.incrementAndGet();
            if (look != 2 && look != 4) {
                return true;
            }
            if (isError) {
                throw error;
            }
            throw exception;
        };
        try (ReadRing ring = ring(FOR_EVER, throwsTwice); Reader reader = new Reader()) {
            Future<Integer> reading = reader.read(ring);
            await(() -> looks.get() >= LOOKS);
            assertFalse(reading.isDone(), "it ended while the kernel had the memory");
            write(7);
            Exception failed = assertThrows(ExecutionException.class, () -> reading.get(TIMEOUT_SECONDS, TimeUnit.SECONDS));
            assertEquals(isError ? error : exception, failed.getCause());
            assertEquals(7, Words.get(memory.address()));
        }
    }

    @Test
    void shouldReadOnWhateverThread() throws Exception {
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
                    }).get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
                }
            }
        }
        file.close();
    }

    /** What the kernel did not take is not done later, when nobody expects it. */
    @Test
    void shouldForgetWhatWasWithdrawn() throws Exception {
        Path path = directory.resolve("file");
        Files.write(path, new byte[4096]);
        NativeFile file = NativeFile.open(path, false, false);
        try (RingMemory ring = RingMemory.open(2, 0)) {
            for (int i = 0; i < 10; i++) {
                ring.fill(IoUring.Operation.READ.code, file.descriptor(), 0, memory.address(), 100, 1);
                ring.publish();
                ring.withdraw();
                ring.fill(IoUring.Operation.READ.code, file.descriptor(), 0, memory.address(), 200 + i, 2);
                ring.publish();
                assertTrue(SystemCall.submitToRing(ring.descriptor));
                SystemCall.awaitRing(ring.descriptor, 1);
                assertEquals(1, ring.resultCount());
                assertEquals(2, ring.firstUserData());
                assertEquals(200 + i, ring.takeResult());
                assertEquals(0, ring.resultCount());
            }
        } catch (IoUring.Refusal refused) {
            abort(refused.getMessage());
        } finally {
            file.close();
        }
    }
}
