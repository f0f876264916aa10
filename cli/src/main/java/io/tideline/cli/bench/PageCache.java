package io.tideline.cli.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Has the kernel forget what it keeps of files, so that they are read from the disk again. Java cannot ask for that; {@code dd} of the GNU tools can:
 * with {@code nocache} and a count of 0 it does nothing but give the advice (POSIX_FADV_DONTNEED) for the whole file. What was not written to the
 * disk yet stays.
 */
final class PageCache {

    private static final long SECONDS_PER_FILE = 30;

    private PageCache() {
    }

    /** Why the kernel was not asked for all of them; empty if it was. */
    static Optional<String> drop(List<Path> files) {
        for (Path file : files) {
            Optional<String> refusal = drop(file);
            if (refusal.isPresent()) {
                return refusal;
            }
        }
        return Optional.empty();
    }

    private static Optional<String> drop(Path file) {
        try {
            Process process = new ProcessBuilder("dd", "if=" + file, "iflag=nocache", "count=0", "status=none").redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            if (!process.waitFor(SECONDS_PER_FILE, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return Optional.of("dd did not end within " + SECONDS_PER_FILE + " s");
            }
            return process.exitValue() == 0 ? Optional.empty() : Optional.of("dd ended with exit code " + process.exitValue());
        } catch (IOException refused) {
            return Optional.of("dd cannot be run (" + refused.getMessage() + ")");
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return Optional.of("the waiting for dd was interrupted");
        }
    }
}
