package io.tideline.memory;

import io.tideline.fault.IoFault;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Requests to the kernel, many at once, and their results (io_uring), through {@code java.lang.foreign}. One thread opens it, submits,
 * collects and closes; a request belongs to the thread that submits it, and the kernel cancels what a thread leaves behind when it ends.
 */
public final class IoUring implements AutoCloseable {
    /** What a request does. */
    public enum Operation {
        READ(22), WRITE(23), SYNC(3);

        final int code;

        Operation(int code) {
            this.code = code;
        }
    }

    /** Told of each result. */
    @FunctionalInterface
    public interface Sink {
        /** @param result bytes moved, or an error as a negative number; see {@link IoUring#text} */
        void completed(long userData, int result);
    }

    /** The kernel has no rings for this process; the message says why. */
    public static final class Refusal extends Exception {
        private static final long serialVersionUID = 1L;

        public Refusal(String message) {
            super(message);
        }
    }

    /** Completions are worked on only when this thread asks for them, and the kernel need not lock against others; since Linux 6.1. */
    private static final int SETUP_SINGLE_ISSUER_DEFER_TASKRUN = 1 << 12 | 1 << 13;
    private static final long WAKE = -1;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment state = LinuxCall.newState(arena);
    /** What the waking counter is read into. */
    private final MemorySegment wakeRead = arena.allocate(ValueLayout.JAVA_LONG);
    /** What is written to it, by any thread. */
    private final long wakeWrite = arena.allocateFrom(ValueLayout.JAVA_LONG, 1L).address();
    private final RingMemory ring;
    private final int wakeDescriptor;
    /** Entries that the kernel took; wraps. */
    private int taken;
    private boolean wakeIsArmed;

    private IoUring(RingMemory ring, int wakeDescriptor) {
        this.ring = ring;
        this.wakeDescriptor = wakeDescriptor;
    }

    /**
     * Makes rings for the calling thread.
     *
     * @param count requests that can be under way at once: a power of two from 2 to 4096, one less than which are the caller's own
     * @throws Refusal if the kernel has none to give; the message says why, and what could be done
     */
    public static IoUring open(int count) throws Refusal {
        RingMemory ring = RingMemory.open(count, SETUP_SINGLE_ISSUER_DEFER_TASKRUN);
        int wakeDescriptor = SystemCall.eventDescriptor();
        if (wakeDescriptor < 0) {
            ring.close();
            throw refusal(-wakeDescriptor);
        }
        try {
            return new IoUring(ring, wakeDescriptor);
        } catch (Throwable failed) {
            ring.close();
            SystemCall.close(wakeDescriptor);
            throw failed;
        }
    }

    /** Why the kernel refuses, from its error. */
    static Refusal refusal(int errno) {
        return new Refusal("the kernel refuses io_uring (" + Errno.text(errno) + ")" + switch (errno) {
            case Errno.ENOSYS -> ": it was built without it, or a filter of system calls hides it";
            case Errno.EPERM -> ": the setting kernel.io_uring_disabled or a filter of system calls, such as a container's, forbids it";
            case Errno.ENOMEM -> ": raise the limit of locked memory, ulimit -l";
            default -> "";
        });
    }

    /** The text of an error that came as a result. */
    public static String text(int result) {
        return Errno.text(-result);
    }

    /** Whether it is worth trying the same request again. */
    public static boolean isTransient(int result) {
        return result == -Errno.EINTR || result == -Errno.EAGAIN;
    }

    /**
     * Fills an entry, which the next {@link #enter} hands over; at most one less than {@link #open} was asked for are under way.
     *
     * @param userData comes back with the result; not negative
     */
    public void prepare(Operation operation, NativeFile file, long offset, long address, int lengthBytes, long userData) {
        ring.fill(operation.code, file.descriptor(), offset, address, lengthBytes, userData);
    }

    /**
     * Hands over what was prepared, waits for a result or for {@link #wake} unless there are results already, and tells of those that are there.
     */
    public void enter(Sink sink) {
        if (!wakeIsArmed) {
            ring.fill(Operation.READ.code, wakeDescriptor, 0, wakeRead.address(), Long.BYTES, WAKE);
            wakeIsArmed = true;
        }
        int filled = ring.publish();
        int result = SystemCall.enterRing(state, ring.descriptor, filled - taken, collect(sink) == 0 ? 1 : 0);
        if (result >= 0) {
            taken += result;
        } else if (result != -Errno.EINTR && result != -Errno.EAGAIN && result != -Errno.EBUSY) {
            throw new IoFault("io_uring ended with " + Errno.text(-result));
        }
        collect(sink);
    }

    /** How many results there were. */
    private int collect(Sink sink) {
        int count = ring.resultCount();
        for (int i = 0; i < count; i++) {
            long userData = ring.firstUserData();
            int outcome = ring.takeResult();
            if (userData == WAKE) {
                wakeIsArmed = false;
            } else {
                sink.completed(userData, outcome);
            }
        }
        return count;
    }

    /** Lets {@link #enter} return; from any thread; begun before the close. */
    public void wake() {
        SystemCall.writeWord(wakeDescriptor, wakeWrite);
    }

    /** Gives everything back. No request is under way. */
    @Override
    public void close() {
        wake();
        while (wakeIsArmed) { // the kernel must not write into memory that is given back
            enter((userData, _) -> {
                throw new AssertionError("request " + userData + " was under way at the close of its ring");
            });
        }
        ring.close();
        SystemCall.close(wakeDescriptor);
        arena.close();
    }
}
