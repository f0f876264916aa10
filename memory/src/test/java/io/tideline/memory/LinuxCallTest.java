package io.tideline.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

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
}
