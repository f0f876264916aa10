package io.tideline.memory;

import java.io.IOException;
import java.nio.file.Files;
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

    /** Whether descriptors can be marked here. */
    public static boolean isSupported() {
        return LinuxCall.areThere() && Files.isDirectory(DESCRIPTORS);
    }

    /**
     * Marks a descriptor that leads to a file which was just opened and is no symbolic link. Takes none of its own. What keeps it from that keeps nobody from opening the file: it stays
     * unmarked then.
     */
    public static void mark(Path file) {
        if (!LinuxCall.areThere()) {
            return;
        }
        try {
            Path place = file.toRealPath();
            int gap = 0;
            for (int descriptor = 0; gap < WIDEST_GAP; descriptor++) {
                int flags = SystemCall.descriptorFlags(descriptor);
                gap = flags < 0 ? gap + 1 : 0;
                if (flags == 0 && place.equals(target(descriptor))) {
                    SystemCall.closeInPrograms(descriptor);
                    return; // of several openings of one file each comes here once
                }
            }
        } catch (IOException | IllegalStateException without) {
            return; // the file was renamed meanwhile, or the JVM has no native access
        }
    }

    /** Where a descriptor leads; null if nobody can say. */
    private static Path target(int descriptor) {
        try {
            return Files.readSymbolicLink(DESCRIPTORS.resolve(Integer.toString(descriptor)));
        } catch (IOException closedMeanwhile) {
            return null;
        }
    }
}
