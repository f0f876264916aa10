package io.tideline.memory;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.charset.Charset;

/** The calls of Linux on descriptors, through {@code java.lang.foreign}: each gives its result, or the error as a negative number. */
final class SystemCall {
    private static final int O_RDWR = 2;
    private static final int O_CREAT = 0x40;
    private static final int O_EXCL = 0x80;
    private static final int O_CLOEXEC = 0x80000;
    private static final boolean IS_ARM = System.getProperty("os.arch").equals("aarch64");
    private static final int O_NOFOLLOW = IS_ARM ? 0x8000 : 0x20000;
    private static final int O_DIRECT = IS_ARM ? 0x10000 : 0x4000;
    private static final int OWNER_READS_AND_WRITES = 0600;
    private static final int SEEK_END = 2;
    private static final int EFD_CLOEXEC = 0x80000;

    /** The numbers of io_uring are the same on every architecture. */
    private static final long IO_URING_SETUP = 425;
    private static final long IO_URING_ENTER = 426;
    static final int ENTER_GETEVENTS = 1;

    private static final int PROT_READ_WRITE = 1 | 2;
    private static final int MAP_SHARED_POPULATE = 0x01 | 0x8000;

    private static final FunctionDescriptor READ = FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    // Bound when they are first needed, group by group: each takes milliseconds.

    private static final class FileCalls {
        static final MethodHandle OPEN = bind("open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT), 2);
        static final MethodHandle CLOSE = bind("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT), -1);
        static final MethodHandle LSEEK = bind("lseek", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT), -1);
    }

    private static final class TruncateCall {
        static final MethodHandle FTRUNCATE = bind("ftruncate", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG), -1);
    }

    private static final class ReadCall {
        /** A pointer is a word as well: without a segment around it, and without a place for the error, a read needs no memory. */
        static final MethodHandle PREAD = bindWithoutErrno("pread", READ);
    }

    private static final class FailedReadCall {
        static final MethodHandle PREAD = bind("pread", READ, -1);
    }

    private static final class RingCalls {
        static final MethodHandle EVENTFD = bind("eventfd", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT), -1);
        static final MethodHandle WRITE = bind("write", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG), -1);
        static final MethodHandle MMAP =
                bind("mmap", FunctionDescriptor.of(JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG), -1);
        static final MethodHandle SETUP = bind("syscall", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS), 1);
        static final MethodHandle ENTER = bind("syscall",
                FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_LONG), 1);
    }

    private static final class ErrorState {
        static final MemoryLayout LAYOUT = Linker.Option.captureStateLayout();
        static final VarHandle ERRNO = LAYOUT.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    }

    /** @param firstVariadic where the arguments begin that the C prototype shows as three dots; -1 if it has none */
    @SuppressWarnings("restricted") // these calls are what this class is for
    private static MethodHandle bind(String name, FunctionDescriptor descriptor, int firstVariadic) {
        Linker linker = Linker.nativeLinker();
        Linker.Option errno = Linker.Option.captureCallState("errno");
        Linker.Option[] options = firstVariadic < 0 ? new Linker.Option[] {errno}
                : new Linker.Option[] {errno, Linker.Option.firstVariadicArg(firstVariadic)};
        return linker.downcallHandle(linker.defaultLookup().find(name).orElseThrow(), descriptor, options);
    }

    @SuppressWarnings("restricted")
    private static MethodHandle bindWithoutErrno(String name, FunctionDescriptor descriptor) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().find(name).orElseThrow(), descriptor);
    }

    /** A call that leaves its error in the given memory. */
    @FunctionalInterface
    private interface Call {
        long run(Arena arena, MemorySegment errno) throws Throwable;
    }

    private SystemCall() {
    }

    private static long call(String name, Call call) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(ErrorState.LAYOUT);
            long result = call.run(arena, state);
            return result == -1 ? -(int) ErrorState.ERRNO.get(state, 0L) : result;
        } catch (IllegalCallerException | LinkageError denied) {
            throw new IllegalStateException(NativeMemory.NATIVE_ACCESS_DENIED, denied);
        } catch (Throwable unexpected) {
            throw new AssertionError(name, unexpected);
        }
    }

    /** A descriptor that is closed in programs this one starts, for reading and writing, not through a symbolic link. */
    static int open(String path, boolean create, boolean direct) {
        int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | (create ? O_CREAT | O_EXCL : 0) | (direct ? O_DIRECT : 0);
        byte[] name = path.getBytes(Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"))); // as the JDK names files
        return (int) call("open", (arena, state) -> {
            MemorySegment text = arena.allocate(name.length + 1);
            MemorySegment.copy(name, 0, text, java.lang.foreign.ValueLayout.JAVA_BYTE, 0, name.length);
            return (int) FileCalls.OPEN.invokeExact(state, text, flags, OWNER_READS_AND_WRITES);
        });
    }

    static int close(int descriptor) {
        return (int) call("close", (_, state) -> (int) FileCalls.CLOSE.invokeExact(state, descriptor));
    }

    /** Moves the descriptor's position, which nobody uses. */
    static long size(int descriptor) {
        return call("lseek", (_, state) -> (long) FileCalls.LSEEK.invokeExact(state, descriptor, 0L, SEEK_END));
    }

    static int truncate(int descriptor, long sizeBytes) {
        return (int) call("ftruncate", (_, state) -> (int) TruncateCall.FTRUNCATE.invokeExact(state, descriptor, sizeBytes));
    }

    /** Reads from {@code offset} on into memory; how many bytes came. */
    static long read(int descriptor, long address, long lengthBytes, long offset) {
        try {
            long count = (long) ReadCall.PREAD.invokeExact(descriptor, address, lengthBytes, offset);
            if (count >= 0) {
                return count;
            }
        } catch (IllegalCallerException | LinkageError denied) {
            throw new IllegalStateException(NativeMemory.NATIVE_ACCESS_DENIED, denied);
        } catch (Throwable unexpected) {
            throw new AssertionError("pread", unexpected);
        }
        // Once more, to learn why; if it comes now, it has come.
        return call("pread", (_, state) -> (long) FailedReadCall.PREAD.invokeExact(state, descriptor, address, lengthBytes, offset));
    }

    /** A counter whose reader waits until it is not 0. */
    static int eventDescriptor() {
        return (int) call("eventfd", (_, state) -> (int) RingCalls.EVENTFD.invokeExact(state, 0, EFD_CLOEXEC));
    }

    /** Writes eight bytes. */
    static long writeWord(int descriptor, long word) {
        return call("write", (arena, state) ->
                (long) RingCalls.WRITE.invokeExact(state, descriptor, arena.allocateFrom(JAVA_LONG, word), (long) Long.BYTES));
    }

    /** Memory that is shared with the kernel. */
    static long mapShared(int descriptor, long offset, long sizeBytes) {
        return call("mmap", (_, state) ->
                (long) RingCalls.MMAP.invokeExact(state, MemorySegment.NULL, sizeBytes, PROT_READ_WRITE, MAP_SHARED_POPULATE, descriptor, offset));
    }

    static int setUpRing(int entries, MemorySegment params) {
        return (int) call("io_uring_setup", (_, state) -> (long) RingCalls.SETUP.invokeExact(state, IO_URING_SETUP, entries, params));
    }

    /** Hands over entries and waits for completions; with a state of the caller's own, because it is called all the time. */
    static int enterRing(MemorySegment state, int descriptor, int toSubmit, int minComplete) {
        try {
            long result = (long) RingCalls.ENTER.invokeExact(state, IO_URING_ENTER, descriptor, toSubmit, minComplete, ENTER_GETEVENTS, MemorySegment.NULL, 0L);
            return result == -1 ? -(int) ErrorState.ERRNO.get(state, 0L) : (int) result;
        } catch (Throwable unexpected) {
            throw new AssertionError("io_uring_enter", unexpected);
        }
    }

    static MemoryLayout stateLayout() {
        return ErrorState.LAYOUT;
    }
}
