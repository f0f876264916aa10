package io.tideline.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The rings (io_uring) that this process has open, as the kernel counts them. */
public final class OpenRings {
    private OpenRings() {
    }

    public static long count() throws IOException {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors.filter(OpenRings::isRing).count();
        }
    }

    private static boolean isRing(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString().contains("io_uring");
        } catch (IOException closedMeanwhile) {
            return false;
        }
    }
}
