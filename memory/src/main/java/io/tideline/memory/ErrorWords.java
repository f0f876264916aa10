package io.tideline.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.NoSuchElementException;

/**
 * What the C library says of an error, in the language of this process. The exceptions of the JDK say the same to the letter: it asks the same function, and reads what
 * comes in the same character set.
 */
final class ErrorWords {
    /** The {@code strerror_r} of POSIX, which glibc and musl have under this name; glibc has one of its own under the other. */
    private static final String NAME = "__xpg_strerror_r";
    /** The JDK takes no longer ones, either. */
    private static final long MAX_BYTES = 1024;

    /** Null where it cannot be called. In the shape of the calls of the kernel, because code for one of its own would take a new JVM some 20 ms. */
    private static final MethodHandle ASK = bind();

    private ErrorWords() {
    }

    private static MethodHandle bind() {
        try {
            return LinuxCall.areThere() ? LinuxCall.bind(NAME) : null;
        } catch (IllegalCallerException | LinkageError | NoSuchElementException denied) {
            return null; // the JVM has no native access, or the C library is another one
        }
    }

    /** In English where the library cannot be asked. */
    static String of(int errno) {
        if (ASK == null) {
            return Errno.text(errno);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(MAX_BYTES);
            long result = (long) ASK.invokeExact((long) errno, memory.address(), MAX_BYTES, 0L, 0L, 0L, 0L);
            return (int) result == 0 ? upToZero(memory.toArray(ValueLayout.JAVA_BYTE)) : Errno.text(errno);
        } catch (RuntimeException | Error failed) {
            throw failed;
        } catch (Throwable impossible) {
            throw new AssertionError(NAME, impossible);
        }
    }

    /** A segment does so itself, but in few of the character sets that a process may have. */
    private static String upToZero(byte[] bytes) {
        int length = 0;
        while (bytes[length] != 0) {
            length++;
        }
        return new String(bytes, 0, length, SystemCall.CHARSET);
    }
}
