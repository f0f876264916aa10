package io.tideline.memory;

import java.lang.foreign.MemorySegment;

/** How much of a mapped file the kernel reads beyond what is asked for: by default megabytes, which random reads throw away. */
public final class ReadAhead {
    private ReadAhead() {
    }

    /** Asks the kernel to read no more than the page that is touched; whether it will. Elsewhere than on Linux nothing is asked. */
    public static boolean off(MemorySegment mappedFile) {
        return LinuxCall.areThere() && NativeMemory.adviseRandom(mappedFile.address(), mappedFile.byteSize());
    }
}
