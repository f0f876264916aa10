package io.tideline.memory;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.stream.Stream;

/**
 * The calls of the Linux kernel, all through its one entry {@code syscall} and so in one shape, and in another one where the error is wanted:
 * {@code java.lang.foreign} makes code for each shape of a call, which takes a new JVM some 10 ms, and an opening uses a dozen calls.
 *
 * <p>Arguments are words: numbers, and addresses that the caller keeps alive.
 */
enum LinuxCall {
    WRITE(1, 64),
    CLOSE(3, 57),
    LSEEK(8, 62),
    MMAP(9, 222),
    MUNMAP(11, 215),
    PREAD(17, 67),
    MREMAP(25, 216),
    MADVISE(28, 233),
    FCNTL(72, 25),
    FTRUNCATE(77, 46),
    OPENAT(257, 56),
    EVENTFD(290, 19),
    IO_URING_SETUP(425, 425),
    IO_URING_ENTER(426, 426);

    private static final String NAME = "syscall";
    private static final int WORDS = 7;

    private final long number;

    LinuxCall(long numberOnX86, long numberOnArm) {
        this.number = Machine.IS_ARM ? numberOnArm : numberOnX86;
    }

    /** In a class of its own, because a constructor of an enum sees none of its static fields. */
    static final class Machine {
        private static final String ARCHITECTURE = System.getProperty("os.arch");
        static final boolean IS_ARM = ARCHITECTURE.equals("aarch64");

        private Machine() {
        }
    }

    // Each bound when it is first needed.

    private static final class Plain {
        static final MethodHandle CALL = bind(NAME);
    }

    private static final class WithErrno {
        static final MethodHandle CALL = bind(NAME, Linker.Option.captureCallState("errno"));
    }

    /** Where a call leaves its error; binds nothing, so that it can be made where calls are denied. */
    private static final class ErrorState {
        static final MemoryLayout LAYOUT = Linker.Option.captureStateLayout();
        static final VarHandle ERRNO = LAYOUT.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    }

    /** A function of the C library in the shape of {@code syscall}: it takes words, of which it looks at those that are its own, and gives one. */
    @SuppressWarnings("restricted") // these calls are what this class is for
    static MethodHandle bind(String name, Linker.Option... options) {
        Linker linker = Linker.nativeLinker();
        MemoryLayout[] words = new MemoryLayout[WORDS];
        Arrays.fill(words, JAVA_LONG);
        return linker.downcallHandle(linker.defaultLookup().find(name).orElseThrow(), FunctionDescriptor.of(JAVA_LONG, words),
                Stream.concat(Stream.of(Linker.Option.firstVariadicArg(1)), Stream.of(options)).toArray(Linker.Option[]::new));
    }

    /** Whether this is a Linux whose numbers are known here; elsewhere memory comes from arenas. */
    static boolean areThere() {
        return System.getProperty("os.name").equals("Linux") && (Machine.IS_ARM || Machine.ARCHITECTURE.equals("amd64"));
    }

    /** Memory for {@link #run(MemorySegment, long, long, long, long, long, long)}. */
    static MemorySegment newState(Arena arena) {
        return arena.allocate(ErrorState.LAYOUT);
    }

    /** The result, or the error as a negative number. */
    long run(long first, long second, long third, long fourth, long fifth, long sixth) {
        try (Arena arena = Arena.ofConfined()) {
            return run(newState(arena), first, second, third, fourth, fifth, sixth);
        }
    }

    long run(long first, long second, long third) {
        return run(first, second, third, 0, 0, 0);
    }

    /** The same, and no object is made: with memory of the caller's own, which no other call uses meanwhile. */
    long run(MemorySegment state, long first, long second, long third, long fourth, long fifth, long sixth) {
        try {
            long result = (long) WithErrno.CALL.invokeExact(state, number, first, second, third, fourth, fifth, sixth);
            return result == -1 ? -(int) ErrorState.ERRNO.get(state, 0L) : result;
        } catch (Throwable failed) {
            throw unexpected(failed);
        }
    }

    /** The result, or -1 and nobody learns why. Makes no object either. */
    long tryRun(long first, long second, long third, long fourth, long fifth, long sixth) {
        try {
            return (long) Plain.CALL.invokeExact(number, first, second, third, fourth, fifth, sixth);
        } catch (Throwable failed) {
            throw unexpected(failed);
        }
    }

    private Error unexpected(Throwable failed) {
        return switch (failed) {
            case IllegalCallerException denied -> throw new IllegalStateException(NativeMemory.NATIVE_ACCESS_DENIED, denied);
            case LinkageError denied -> throw new IllegalStateException(NativeMemory.NATIVE_ACCESS_DENIED, denied);
            case VirtualMachineError spent -> spent;
            default -> new AssertionError(name(), failed);
        };
    }
}
