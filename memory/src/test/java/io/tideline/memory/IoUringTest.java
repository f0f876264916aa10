package io.tideline.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IoUringTest {
    @TempDir
    private Path directory;

    /** Skipped, and said so, where the kernel refuses. */
    private static IoUring ring(int entries) {
        try {
            return IoUring.open(entries);
        } catch (IoUring.Refusal refused) {
            return abort(refused.getMessage());
        }
    }

    /** Many more requests than there are entries, so that both rings go round often; a file of 64 MiB would not wrap 32 bits, nor need it. */
    @Test
    void shouldBringBackWhatItTook() throws IOException {
        int entries = 8;
        try (Region memory = Region.allocate(2 * 4096L * (entries - 1), false); IoUring ring = ring(entries)) {
            NativeFile file = NativeFile.open(directory.resolve("file"), true, false);
            for (int round = 0; round < 200; round++) {
                BitSet completed = new BitSet();
                for (int i = 0; i < entries - 1; i++) {
                    Words.set(memory.address() + 4096L * i, round * 100L + i);
                    ring.prepare(IoUring.Operation.WRITE, file, 4096L * i, memory.address() + 4096L * i, 4096, i);
                }
                await(ring, completed, entries - 1, 4096);
                for (int i = 0; i < entries - 1; i++) {
                    ring.prepare(IoUring.Operation.READ, file, 4096L * i, memory.address() + 4096L * (entries - 1 + i), 4096, i);
                }
                completed.clear();
                await(ring, completed, entries - 1, 4096);
                for (int i = 0; i < entries - 1; i++) {
                    assertEquals(round * 100L + i, Words.get(memory.address() + 4096L * (entries - 1 + i)));
                }
            }
            BitSet synced = new BitSet();
            ring.prepare(IoUring.Operation.SYNC, file, 0, 0, 0, 5);
            await(ring, synced, 1, 0);
            assertTrue(synced.get(5));
            assertEquals(4096L * (entries - 1), file.sizeBytes());
            file.truncate(4096);
            assertEquals(4096, file.sizeBytes());
            file.close();
        }
    }

    private static void await(IoUring ring, BitSet completed, int count, int expected) {
        while (completed.cardinality() < count) {
            ring.enter((userData, result) -> {
                assertEquals(expected, result, () -> IoUring.text(result));
                assertTrue(!completed.get((int) userData), "completed twice");
                completed.set((int) userData);
            });
        }
    }

    @Test
    void shouldTellErrorsAsNegativeResults() throws IOException {
        try (Region memory = Region.allocate(4096, false); IoUring ring = ring(2)) {
            NativeFile file = NativeFile.open(directory.resolve("file"), true, false);
            int[] outcome = {1};
            ring.prepare(IoUring.Operation.READ, file, -2, memory.address(), 4096, 0);
            while (outcome[0] == 1) {
                ring.enter((_, result) -> outcome[0] = result);
            }
            assertEquals("Invalid argument", IoUring.text(outcome[0]));
            file.close();
        }
    }

    @Test
    void shouldWakeFromAnotherThread() throws Exception {
        for (int round = 0; round < 50; round++) {
            FutureTask<IoUring> opened = new FutureTask<>(() -> ring(2));
            Callable<Integer> work = () -> {
                opened.run();
                try (IoUring ring = opened.get()) {
                    int[] results = {0};
                    ring.enter((_, _) -> results[0]++);
                    return results[0];
                }
            };
            FutureTask<Integer> sleeper = new FutureTask<>(work);
            Thread.ofPlatform().daemon().start(sleeper);
            IoUring ring = opened.get(60, TimeUnit.SECONDS);
            ring.wake();
            assertEquals(0, sleeper.get(60, TimeUnit.SECONDS));
        }
    }

    @Test
    void shouldSayWhyTheKernelRefuses() {
        assertTrue(IoUring.refusal(Errno.ENOSYS).getMessage().contains("(Function not implemented): it was built without it"));
        assertTrue(IoUring.refusal(Errno.EPERM).getMessage().contains("kernel.io_uring_disabled"));
        assertTrue(IoUring.refusal(Errno.ENOMEM).getMessage().contains("ulimit -l"));
        assertEquals("the kernel refuses io_uring (Too many open files)", IoUring.refusal(24).getMessage());
    }

    @Test
    void shouldOpenFilesForThisProgramAlone() throws IOException {
        if (!LinuxCall.areThere()) {
            abort("system calls of Linux");
        }
        Path path = directory.resolve("ä file");
        NativeFile file = NativeFile.open(path, true, false);
        String flags = Files.readString(Path.of("/proc/self/fdinfo/" + file.descriptor())).lines().filter(line -> line.startsWith("flags")).findFirst().orElseThrow();
        assertTrue((Integer.parseInt(flags.substring(6).strip(), 8) & 02000000) != 0, flags);
        assertThrows(FileAlreadyExistsException.class, () -> NativeFile.open(path, true, false));
        assertThrows(NoSuchFileException.class, () -> NativeFile.open(directory.resolve("missing"), false, false));
        assertThrows(FileSystemException.class, () -> NativeFile.open(directory, false, false));
        Path link = Files.createSymbolicLink(directory.resolve("link"), path);
        assertThrows(FileSystemException.class, () -> NativeFile.open(link, false, false));
        file.close();
    }
}
