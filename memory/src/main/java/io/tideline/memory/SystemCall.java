package io.tideline.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.Charset;

/** The calls of Linux on descriptors: each gives its result, or the error as a negative number, where it does not say otherwise. */
final class SystemCall {
    /** In which the JDK names files, and in which it reads the texts of errors. */
    static final Charset CHARSET = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));

    private static final int AT_FDCWD = -100;
    private static final int O_RDWR = 2;
    private static final int O_CREAT = 0x40;
    private static final int O_EXCL = 0x80;
    private static final int O_CLOEXEC = 0x80000;
    private static final int O_NOFOLLOW = LinuxCall.Machine.IS_ARM ? 0x8000 : 0x20000;
    private static final int O_DIRECT = LinuxCall.Machine.IS_ARM ? 0x10000 : 0x4000;
    private static final int OWNER_READS_AND_WRITES = 0600;
    private static final int F_GETFD = 1;
    private static final int F_SETFD = 2;
    private static final int FD_CLOEXEC = 1;
    private static final int F_OFD_GETLK = 36;
    private static final int F_OFD_SETLK = 37;
    private static final int SEEK_END = 2;
    private static final int EFD_CLOEXEC = 0x80000;
    private static final int ENTER_GETEVENTS = 1;
    private static final int PROT_READ_WRITE = 1 | 2;
    private static final int MAP_SHARED_POPULATE = 0x01 | 0x8000;

    private SystemCall() {
    }

    /** A descriptor that is closed in programs this one starts, for reading and writing, not through a symbolic link. */
    static int open(String path, boolean create, boolean direct) {
        return open(path, O_RDWR | (create ? O_CREAT | O_EXCL : 0) | (direct ? O_DIRECT : 0));
    }

    /** The same of a file that is there, for reading alone. */
    static int openToRead(String path) {
        return open(path, 0);
    }

    private static int open(String path, int flags) {
        byte[] name = path.getBytes(CHARSET);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(name.length + 1);
            MemorySegment.copy(name, 0, text, ValueLayout.JAVA_BYTE, 0, name.length);
            return (int) LinuxCall.OPENAT.run(AT_FDCWD, text.address(), flags | O_CLOEXEC | O_NOFOLLOW, OWNER_READS_AND_WRITES, 0, 0);
        }
    }

    static int close(int descriptor) {
        return (int) LinuxCall.CLOSE.run(descriptor, 0, 0);
    }

    /** 0 of a descriptor that programs which are started inherit, 1 of one that is closed there; negative where there is none. */
    static int descriptorFlags(int descriptor) {
        return (int) LinuxCall.FCNTL.tryRun(descriptor, F_GETFD, 0, 0, 0, 0);
    }

    /** Has a descriptor closed in programs that are started. */
    static void closeInPrograms(int descriptor) {
        LinuxCall.FCNTL.tryRun(descriptor, F_SETFD, FD_CLOEXEC, 0, 0, 0);
    }

    /** Takes, changes or gives up a lock that belongs to the descriptor; at once or not at all. */
    static int takeLock(int descriptor, MemorySegment lock) {
        return (int) LinuxCall.FCNTL.run(descriptor, F_OFD_SETLK, lock.address());
    }

    /** Writes a lock that stands in the way of the given one over it, or that there is none. */
    static int findLock(int descriptor, MemorySegment lock) {
        return (int) LinuxCall.FCNTL.run(descriptor, F_OFD_GETLK, lock.address());
    }

    /** Moves the descriptor's position, which nobody uses. */
    static long size(int descriptor) {
        return LinuxCall.LSEEK.run(descriptor, 0, SEEK_END);
    }

    static int truncate(int descriptor, long sizeBytes) {
        return (int) LinuxCall.FTRUNCATE.run(descriptor, sizeBytes, 0);
    }

    /** Reads from {@code offset} on into memory; how many bytes came. */
    static long read(int descriptor, long address, long lengthBytes, long offset) {
        long count = LinuxCall.PREAD.tryRun(descriptor, address, lengthBytes, offset, 0, 0);
        // Once more, to learn why; if it comes now, it has come.
        return count >= 0 ? count : LinuxCall.PREAD.run(descriptor, address, lengthBytes, offset, 0, 0);
    }

    /** A counter whose reader waits until it is not 0. */
    static int eventDescriptor() {
        return (int) LinuxCall.EVENTFD.run(0, EFD_CLOEXEC, 0);
    }

    /** Writes the eight bytes at an address; whether that succeeded. */
    static boolean writeWord(int descriptor, long address) {
        return LinuxCall.WRITE.tryRun(descriptor, address, Long.BYTES, 0, 0, 0) == Long.BYTES;
    }

    /** Memory that is shared with the kernel. */
    static long mapShared(int descriptor, long offset, long sizeBytes) {
        return LinuxCall.MMAP.run(0, sizeBytes, PROT_READ_WRITE, MAP_SHARED_POPULATE, descriptor, offset);
    }

    static int setUpRing(int entries, MemorySegment params) {
        return (int) LinuxCall.IO_URING_SETUP.run(entries, params.address(), 0);
    }

    /** Hands over entries and waits for completions; with a state of the caller's own, because it is called all the time. */
    static int enterRing(MemorySegment state, int descriptor, int toSubmit, int minComplete) {
        return (int) LinuxCall.IO_URING_ENTER.run(state, descriptor, toSubmit, minComplete, ENTER_GETEVENTS, 0, 0);
    }

    /** Hands over an entry; whether it was taken. */
    static boolean submitToRing(int descriptor) {
        return LinuxCall.IO_URING_ENTER.tryRun(descriptor, 1, 0, 0, 0, 0) == 1;
    }

    /**
     * Lets the kernel finish what waits for this thread, and waits for so many results, or less long: the caller looks again whatever came of it, and each
     * return from the kernel finishes what waits.
     */
    static void awaitRing(int descriptor, int minComplete) {
        LinuxCall.IO_URING_ENTER.tryRun(descriptor, 0, minComplete, ENTER_GETEVENTS, 0, 0);
    }
}
