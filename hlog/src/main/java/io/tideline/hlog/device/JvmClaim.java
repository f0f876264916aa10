package io.tideline.hlog.device;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/**
 * The files that one opening claims against all others of the same JVM, under whatever path, before it opens any of them. Closing any
 * descriptor of a file gives up all POSIX locks that the process has on it, so a claimed file must not even be opened a second time.
 *
 * <p>Claims are by device and inode and lie in the system properties: the one map that all class loaders of a JVM share. Not thread-safe
 * itself; two claims of one file from two threads are decided by that map.
 */
final class JvmClaim implements AutoCloseable {
    private static final String PREFIX = "io.tideline.claim.";

    /** The map that was in force at the beginning, even if somebody puts another in its place. */
    private final Properties shared = System.getProperties();
    private final List<String> keys = new ArrayList<>();

    /** Whether the file, which is there, is now claimed by this object alone. */
    boolean take(Path file) throws IOException {
        String key = PREFIX + keyOf(file);
        if (shared.putIfAbsent(key, "taken") != null) {
            return false;
        }
        keys.add(key);
        return true;
    }

    /** What tells a file from all others, whatever path leads to it; of a symbolic link the link's. */
    static Object keyOf(Path file) throws IOException {
        Object key = Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS).fileKey();
        return key == null ? file.toRealPath() : key; // no inodes on this platform
    }

    /** Gives up all claims, after every descriptor of the files is closed; idempotent. */
    @Override
    public void close() {
        keys.forEach(shared::remove);
        keys.clear();
    }
}
