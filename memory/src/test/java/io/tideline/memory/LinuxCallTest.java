package io.tideline.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LinuxCallTest {
    @BeforeEach
    void requireLinux() {
        assumeTrue(LinuxCall.areThere());
    }

    @Test
    void shouldTellAnErrorAsANegativeNumber() {
        int noDescriptor = 9; // EBADF
        assertEquals(-noDescriptor, LinuxCall.CLOSE.run(-1, 0, 0));
        assertEquals(-1, LinuxCall.CLOSE.tryRun(-1, 0, 0, 0, 0, 0));
        assertEquals(-noDescriptor, LinuxCall.PREAD.run(-1, 0, 0, 0, 0, 0));
    }

    @Test
    void shouldPassSixArguments() {
        long sizeBytes = NativeMemory.pageBytes();
        int readWrite = 3;
        int privateAnonymous = 0x22;
        long first = LinuxCall.MMAP.run(0, sizeBytes, readWrite, privateAnonymous, -1, 0);
        assertTrue(first > 0, () -> "mmap gave " + first);
        long second = LinuxCall.MMAP.run(0, sizeBytes, readWrite, privateAnonymous, -1, 0);
        int onto = 3;
        assertEquals(second, LinuxCall.MREMAP.run(first, sizeBytes, sizeBytes, onto, second, 0), "the fifth is the target");
        assertEquals(0, LinuxCall.MUNMAP.run(second, sizeBytes, 0));
        assertEquals(-Errno.EINVAL, LinuxCall.MMAP.run(0, sizeBytes, readWrite, privateAnonymous, -1, 1), "the sixth is an offset, and no whole page");
    }

    /** Two times ten are twenty, which is one more than there are. */
    @Test
    void shouldMakeAThreadStepBackByTenAndNoFurtherThanItGoes() throws InterruptedException {
        List<Integer> niceness = new ArrayList<>();
        AtomicReference<Throwable> failed = new AtomicReference<>();
        Thread stepping = Thread.ofPlatform().start(() -> {
            try {
                niceness.add(niceness());
                for (int i = 0; i < 3; i++) {
                    Waits.SYSTEM.stepBack();
                    niceness.add(niceness());
                }
            } catch (Throwable thrown) {
                failed.set(thrown);
            }
        });
        assertTrue(stepping.join(Duration.ofSeconds(60)));
        assertNull(failed.get());
        int begin = niceness.getFirst();
        for (int i = 0; i < niceness.size(); i++) {
            assertEquals(Math.min(19, begin + 10 * i), niceness.get(i), niceness.toString());
        }
    }

    /** The 19th field; the second one, a name in brackets, may hold spaces. */
    private static int niceness() {
        try {
            String state = Files.readString(Path.of("/proc/thread-self/stat"));
            return Integer.parseInt(state.substring(state.lastIndexOf(')') + 2).split(" ")[16]);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
