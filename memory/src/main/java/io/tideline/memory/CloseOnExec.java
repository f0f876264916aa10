package io.tideline.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Has files closed in the programs that this process starts, which the JDK opens without asking for that. Its own ProcessBuilder closes them all the same; a native library that starts
 * a program does not. Linux only; elsewhere, and where the JVM has no native access, this does nothing.
 */
public final class CloseOnExec {
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
    /** The kernel gives the smallest number that is free, so what was just opened has no wide gap below it. */
    private static final int WIDEST_GAP = 1024;

    private CloseOnExec() {
    }

    /** Marks the descriptors that lead to a file which is open and no symbolic link. Takes no descriptor of its own. */
    public static void mark(Path file) throws IOException {
        if (!LinuxCall.areThere()) {
            return;
        }
        Path place = file.toRealPath();
        try {
            int gap = 0;
            for (int descriptor = 0; gap < WIDEST_GAP; descriptor++) {
                int flags = SystemCall.descriptorFlags(descriptor);
                gap = flags < 0 ? gap + 1 : 0;
                if (flags == 0 && place.equals(target(descriptor))) {
                    SystemCall.closeInPrograms(descriptor);
                }
            }
        } catch (IllegalStateException denied) {
            return; // the JVM has no native access
        }
    }

    /** Where a descriptor leads; null if it was closed meanwhile. */
    private static Path target(int descriptor) throws IOException {
        try {
            return Files.readSymbolicLink(DESCRIPTORS.resolve(Integer.toString(descriptor)));
        } catch (NoSuchFileException closedMeanwhile) {
            return null;
        }
    }
}
