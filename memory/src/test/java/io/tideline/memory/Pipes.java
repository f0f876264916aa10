package io.tideline.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Path;

/** Files whose reads come when a test wants. */
public final class Pipes {
    private Pipes() {
    }

    /** A named pipe; the test is skipped where there is no program that makes one. */
    public static Path make(Path path) throws InterruptedException {
        Process made;
        try {
            made = new ProcessBuilder("mkfifo", path.toString()).start();
        } catch (IOException missing) {
            return abort(missing.getMessage());
        }
        assertEquals(0, made.waitFor());
        return path;
    }
}
