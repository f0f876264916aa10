package io.tideline.hlog.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tideline.memory.IoUring;
import io.tideline.memory.NativeFile;
import io.tideline.memory.OpenRings;
import io.tideline.memory.Pipes;
import io.tideline.memory.ReadRing;
import io.tideline.memory.Region;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CallerRingsTest {
    private static final long FOR_EVER = TimeUnit.MINUTES.toNanos(10);
    private static final long SPIN = TimeUnit.MICROSECONDS.toNanos(100);
    private static final int BLOCK = 4096;
    private static final int BLOCKS = 64;

    @TempDir
    private Path directory;
    private NativeFile file;
    private NativeFile pipe;
    private Path pipePath;
    private long ringsBefore;

    @BeforeEach
    void open() throws Exception {
        assumeTrue(NativeFile.isSupported() && hasRings());
        ByteBuffer bytes = ByteBuffer.allocate(BLOCKS * BLOCK).order(ByteOrder.nativeOrder());
        for (int i = 0; i < BLOCKS; i++) {
            bytes.putLong(i * BLOCK, i);
        }
        Path path = directory.resolve("file");
        Files.write(path, bytes.array());
        file = NativeFile.open(path, false, false);
        pipePath = Pipes.make(directory.resolve("pipe"));
        pipe = NativeFile.open(pipePath, false, false);
        ringsBefore = OpenRings.count();
    }

    private static boolean hasRings() {
        try {
            ReadRing.open(1, () -> true, Waits.SYSTEM).close();
            return true;
        } catch (IoUring.Refusal refused) {
            System.out.println("no rings here: " + refused.getMessage());
            return false;
        }
    }

    @AfterEach
    void close() throws IOException {
        if (file != null) {
            file.close();
        }
        if (pipe != null) {
            pipe.close();
        }
    }

    /** Each reads what it asked for, whoever had its ring before. */
    @Test
    void shouldServeMoreThreadsThanItHasRings() throws Exception {
        long seed = System.nanoTime();
        System.out.println("shouldServeMoreThreadsThanItHasRings: seed " + seed);
        for (int processors : new int[] {1, 3, 8}) {
            try (CallerRings rings = new CallerRings(processors, SPIN); ExecutorService readers = Executors.newFixedThreadPool(6);
                    Region first = Region.allocate(BLOCK, false)) {
                assertEquals(BLOCK, rings.read(file, 0, first.address(), BLOCK)); // alone, so it gets a ring
                List<Future<?>> ends = new ArrayList<>();
                for (int thread = 0; thread < 6; thread++) {
                    SplittableRandom random = new SplittableRandom(seed + thread);
                    ends.add(readers.submit(() -> {
                        try (Region memory = Region.allocate(BLOCK, false)) {
                            for (int i = 0; i < 2000; i++) {
                                int block = random.nextInt(BLOCKS);
                                assertEquals(BLOCK, rings.read(file, (long) block * BLOCK, memory.address(), BLOCK));
                                assertEquals(block, Words.get(memory.address()));
                            }
                        }
                    }));
                }
                for (Future<?> end : ends) {
                    end.get(60, TimeUnit.SECONDS);
                }
                long made = OpenRings.count() - ringsBefore;
                assertTrue(made >= 1 && made <= processors, () -> made + " rings for " + processors + " processors");
            }
            assertEquals(ringsBefore, OpenRings.count());
        }
    }

    @Test
    void shouldMakeNoRingWhereNobodyLooks() throws IOException {
        try (CallerRings rings = new CallerRings(8, 0); Region memory = Region.allocate(BLOCK, false)) {
            assertEquals(BLOCK, rings.read(file, 5 * BLOCK, memory.address(), BLOCK));
            assertEquals(5, Words.get(memory.address()));
            assertEquals(ringsBefore, OpenRings.count());
        }
    }

    /** More threads that look than processors keep each other from what they look for. */
    @Test
    void shouldLetAllSleepWhereMoreWaitThanThereAreProcessors() throws Exception {
        try (Region memory = Region.allocate(2 * BLOCK, false); CallerRings rings = new CallerRings(1, FOR_EVER);
                ExecutorService readers = Executors.newFixedThreadPool(2)) {
            Future<Integer> first = readers.submit(() -> rings.read(pipe, 0, memory.address(), Long.BYTES));
            try {
                while (OpenRings.count() == ringsBefore) {
                    assertFalse(first.isDone());
                }
                assertTrue(rings.mayLook());
                assertEquals(BLOCK, readers.submit(() -> rings.read(file, 0, memory.address() + BLOCK, BLOCK)).get(60, TimeUnit.SECONDS));
                assertFalse(rings.mayLook());
            } finally {
                Files.write(pipePath, new byte[Long.BYTES]); // lets the first end
            }
            assertEquals(Long.BYTES, first.get(60, TimeUnit.SECONDS));
            assertEquals(1, OpenRings.count() - ringsBefore);
            for (int i = 0; i < CallerRings.READS_UNTIL_CALM; i++) {
                assertFalse(rings.mayLook(), "others waited not long ago");
                rings.read(file, 0, memory.address(), BLOCK);
            }
            assertTrue(rings.mayLook());
        }
    }

    /** A read that ends by what it throws takes its ring along, and the next gets another. */
    @Test
    void shouldMakeAnotherRingForOneThatIsOfNoUse() throws Exception {
        try (CallerRings rings = new CallerRings(1, FOR_EVER); Region memory = Region.allocate(BLOCK, false)) {
            for (int i = 0; i < 3; i++) {
                assertThrows(NullPointerException.class, () -> rings.read(null, 0, memory.address(), BLOCK));
                assertEquals(ringsBefore, OpenRings.count());
                assertEquals(BLOCK, rings.read(file, BLOCK, memory.address(), BLOCK));
                assertEquals(1, Words.get(memory.address()));
                assertEquals(1, OpenRings.count() - ringsBefore);
            }
        }
    }
}
