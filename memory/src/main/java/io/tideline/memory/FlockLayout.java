package io.tideline.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * How {@code struct flock} lies in memory on x86-64 and aarch64, for {@link OpenFileLock}:
 *
 * <pre>
 *   0 type (2) | 2 whence (2) | 4 nothing (4) | 8 start (8) | 16 length (8), 0 to the end | 24 pid (4) | 28 nothing (4)
 * </pre>
 */
final class FlockLayout {
    static final short SHARED = 0;
    static final short EXCLUSIVE = 1;
    static final short NONE = 2;

    private static final long SIZE_BYTES = 32;
    private static final long TYPE_OFFSET = 0;
    private static final long START_OFFSET = 8;
    private static final long LENGTH_OFFSET = 16;
    private static final long PID_OFFSET = 24;

    private FlockLayout() {
    }

    /** From the file's beginning, and of no process: open file description locks ask for a pid of 0. */
    static MemorySegment newLock(Arena arena, short type, long offset, long lengthBytes) {
        MemorySegment lock = arena.allocate(SIZE_BYTES, Long.BYTES);
        lock.set(ValueLayout.JAVA_SHORT, TYPE_OFFSET, type);
        lock.set(ValueLayout.JAVA_LONG, START_OFFSET, offset);
        lock.set(ValueLayout.JAVA_LONG, LENGTH_OFFSET, lengthBytes);
        return lock;
    }

    /** Whether the kernel found a lock in the way. */
    static boolean isLocked(MemorySegment lock) {
        return lock.get(ValueLayout.JAVA_SHORT, TYPE_OFFSET) != NONE;
    }

    /** Whose lock the kernel found; -1 for one that is no process's. */
    static int pid(MemorySegment lock) {
        return lock.get(ValueLayout.JAVA_INT, PID_OFFSET);
    }
}
