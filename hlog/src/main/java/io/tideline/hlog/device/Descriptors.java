package io.tideline.hlog.device;

import io.tideline.memory.SystemError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The descriptors of this process: each open file, directory and socket takes one, and the operating system gives it only so many. */
final class Descriptors {
    private static final Path LIMITS = Path.of("/proc/self/limits");
    private static final Path TAKEN = Path.of("/proc/self/fd");
    /** How the line of the limit begins; what is in force stands behind that, and then what it may be raised to. */
    private static final String LIMIT = "Max open files";

    private Descriptors() {
    }

    /** Whether something failed because none was left, to this process or to all of them together. */
    static boolean ranOut(IOException failed) {
        return SystemError.NO_DESCRIPTOR_LEFT.isReasonOf(failed);
    }

    /** How many more there are now, for whoever is first; {@link Long#MAX_VALUE} where the operating system does not tell. */
    static long left() {
        try (Stream<String> limits = Files.lines(LIMITS); Stream<Path> taken = Files.list(TAKEN)) {
            long limit = limits.filter(line -> line.startsWith(LIMIT)).mapToLong(Descriptors::limit).findFirst().orElse(Long.MAX_VALUE);
            return limit == Long.MAX_VALUE ? limit : Math.max(0, limit - taken.count());
        } catch (IOException failed) {
            return ranOut(failed) ? 0 : Long.MAX_VALUE;
        } catch (UncheckedIOException unreadable) {
            return Long.MAX_VALUE;
        }
    }

    private static long limit(String line) {
        String inForce = line.substring(LIMIT.length()).strip().split("\\s+")[0];
        return inForce.matches("\\d{1,18}") ? Long.parseLong(inForce) : Long.MAX_VALUE; // "unlimited"
    }
}
