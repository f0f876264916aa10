package io.tideline.memory;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.FileSystemException;
import java.nio.file.Path;

/**
 * A descriptor of a file, for a lock that belongs to it and not to the process: an open file description lock of Linux, {@code F_OFD_SETLK}. A POSIX lock,
 * which is what a {@link java.nio.channels.FileLock} takes, is gone as soon as its process closes any descriptor of the file, whoever opened that and
 * why. This one ends with {@link #close} or with the process. The two kinds refuse each other, also inside one process.
 *
 * <p>The descriptor is closed in programs that this process starts. A child that a native library forks, and that goes on without starting a program, shares
 * the lock: it outlives a kill of this process until the child ends. Not thread-safe.
 */
public final class OpenFileLock implements AutoCloseable {
    /** What became of an attempt. */
    public enum Answer {
        /** The lock is this descriptor's. */
        TAKEN,
        /** Another lock stands in the way, of this process or of another. */
        REFUSED,
        /** The kernel or the file system has no such locks. */
        UNSUPPORTED
    }

    private final Path path;
    private final int descriptor;

    private OpenFileLock(Path path, int descriptor) {
        this.path = path;
        this.descriptor = descriptor;
    }

    /**
     * Opens a file that is there, not through a symbolic link; null where there are no such locks: not on a Linux that is known here, or where calls are denied.
     *
     * @param exclusive whether for a lock that nobody shares: then the file is opened for writing too
     */
    public static OpenFileLock open(Path path, boolean exclusive) throws IOException {
        if (!LinuxCall.areThere()) {
            return null;
        }
        int descriptor;
        try {
            descriptor = exclusive ? SystemCall.open(path.toString(), false, false) : SystemCall.openToRead(path.toString());
        } catch (IllegalStateException denied) {
            return null; // the JVM has no native access
        }
        if (descriptor < 0) {
            throw new FileSystemException(path.toString(), null, Errno.text(-descriptor));
        }
        return new OpenFileLock(path, descriptor);
    }

    /** Takes the lock of some bytes, or keeps the one that it has; does not wait. */
    public Answer tryTake(long offset, long lengthBytes, boolean exclusive) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment lock = FlockLayout.newLock(arena, exclusive ? FlockLayout.EXCLUSIVE : FlockLayout.SHARED, offset, lengthBytes);
            return switch (SystemCall.takeLock(descriptor, lock)) {
                case 0 -> Answer.TAKEN;
                case -Errno.EAGAIN, -Errno.EACCES -> Answer.REFUSED;
                default -> Answer.UNSUPPORTED;
            };
        }
    }

    /**
     * Whether a POSIX lock of this very process stands in the way of an exclusive one: somebody else in it took that, and the closing of any descriptor, of
     * this one too, would take it away.
     */
    public boolean meetsThisProcess(long offset, long lengthBytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment lock = FlockLayout.newLock(arena, FlockLayout.EXCLUSIVE, offset, lengthBytes);
            return SystemCall.findLock(descriptor, lock) == 0 && FlockLayout.isLocked(lock) && FlockLayout.pid(lock) == ProcessHandle.current().pid();
        }
    }

    /** Gives the lock up first: a child between its fork and its program still has the descriptor. Once; a second call might close another's. */
    @Override
    public void close() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            SystemCall.takeLock(descriptor, FlockLayout.newLock(arena, FlockLayout.NONE, 0, 0));
        }
        int result = SystemCall.close(descriptor);
        if (result < 0) {
            throw new FileSystemException(path.toString(), null, Errno.text(-result));
        }
    }
}
