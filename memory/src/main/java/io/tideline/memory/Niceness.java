package io.tideline.memory;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;

/** The weight of a thread where more threads would run than there are processors. On Linux each thread has its own; Java's priorities do not reach it. */
final class Niceness {
    /** At 5 a thread has a quarter of a processor that it shares with one other. */
    private static final int STEP = 5;

    private static final class Calls {
        static final MethodHandle NICE = bind();

        @SuppressWarnings("restricted") // this call is what this class is for
        private static MethodHandle bind() {
            Linker linker = Linker.nativeLinker();
            return linker.downcallHandle(linker.defaultLookup().find("nice").orElseThrow(), FunctionDescriptor.of(JAVA_INT, JAVA_INT));
        }
    }

    private Niceness() {
    }

    /** Makes the calling thread step back, for good: only the administrator may take that back. Elsewhere than on Linux nothing happens. */
    static void raise() {
        if (!NativeMemory.isLinux()) {
            return;
        }
        try {
            int _ = (int) Calls.NICE.invokeExact(STEP); // to more than 19 it is never raised, and nothing else can be refused
        } catch (IllegalCallerException | LinkageError denied) {
            throw new IllegalStateException(NativeMemory.NATIVE_ACCESS_DENIED, denied);
        } catch (Throwable unexpected) {
            throw new AssertionError("nice", unexpected);
        }
    }
}
