package io.tideline.memory;

import io.tideline.fault.IoFault;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A ring of requests to the kernel and one of their results (io_uring), through {@code java.lang.foreign}. One thread opens it, submits,
 * collects and closes; a request belongs to the thread that submits it, and the kernel cancels what a thread leaves behind when it ends.
 *
 * <p><b>State.</b> Both rings and the entries are memory shared with the kernel. Heads and tails are numbers of 32 bits that
 * wrap; the head and the tail of a ring may be the halves of one word, of which each side changes one.
 *
 * <p><b>Who writes what.</b> This thread the entries, then, with release, the tail of the requests, which the kernel acquires; the
 * kernel the results, then their tail, which this thread acquires; then this thread their head, with release, after it has read them.
 * The kernel is entered from this thread too, so the head of the requests needs no look: an entry is taken or the call says that it was not.
 */
public final class IoUring implements AutoCloseable {
    /** What a request does. */
    public enum Operation {
        READ(22), WRITE(23), SYNC(3);

        private final int code;

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
    private static final int SINGLE_MMAP_NODROP_AND_READ = 1 | 1 << 1 | 1 << 3;
    private static final long OFFSET_OF_ENTRIES = 0x10000000L;
    private static final int PARAMS_BYTES = 120;
    private static final int FLAGS_AT = 8;
    private static final int FEATURES_AT = 20;
    private static final int REQUESTS_AT = 40;
    private static final int RESULTS_AT = 80;
    private static final int ENTRY_BYTES = 64;
    private static final int RESULT_BYTES = 16;
    private static final int HALF = 32;
    private static final long LOW_HALF = 0xFFFF_FFFFL;
    private static final long WAKE = -1;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment state = LinuxCall.newState(arena);
    /** What the waking counter is read into. */
    private final MemorySegment wakeRead = arena.allocate(ValueLayout.JAVA_LONG);
    /** What is written to it, by any thread. */
    private final long wakeWrite = arena.allocateFrom(ValueLayout.JAVA_LONG, 1L).address();
    private final int descriptor;
    private final int wakeDescriptor;
    private final long rings;
    private final long ringsBytes;
    private final long entries;
    private final int entryCount;
    private final long requestsTail;
    private final long resultsHead;
    private final long resultsTail;
    private final long results;
    private final int resultMask;
    /** Entries that were filled, and those of them that the kernel took; both wrap. */
    private int filled;
    private int taken;
    private boolean wakeIsArmed;

    private IoUring(int descriptor, int wakeDescriptor, MemorySegment params) {
        this.descriptor = descriptor;
        this.wakeDescriptor = wakeDescriptor;
        this.entryCount = word(params, 0);
        int resultCount = word(params, 4);
        int array = word(params, REQUESTS_AT + 24);
        int firstResult = word(params, RESULTS_AT + 20);
        this.ringsBytes = Math.max(array + 4L * entryCount, firstResult + (long) RESULT_BYTES * resultCount);
        this.rings = map(descriptor, 0, ringsBytes);
        this.entries = map(descriptor, OFFSET_OF_ENTRIES, (long) ENTRY_BYTES * entryCount);
        this.requestsTail = rings + word(params, REQUESTS_AT + 4);
        this.resultsHead = rings + word(params, RESULTS_AT);
        this.resultsTail = rings + word(params, RESULTS_AT + 4);
        this.results = rings + firstResult;
        this.resultMask = resultCount - 1;
        for (long i = 0; i < entryCount; i += 2) {
            Words.set(rings + array + 4 * i, i | i + 1 << HALF); // entry i always goes through place i
        }
    }

    private static int word(MemorySegment params, int at) {
        return params.get(ValueLayout.JAVA_INT, at);
    }

    private static long map(int descriptor, long offset, long sizeBytes) {
        long address = SystemCall.mapShared(descriptor, offset, sizeBytes);
        if (address < 0 && address > -4096) {
            throw new IoFault("the rings of io_uring, " + sizeBytes + " bytes, could not be mapped: " + Errno.text((int) -address));
        }
        Words.door().opened(address, sizeBytes);
        return address;
    }

    /** A number of 32 bits that the kernel may be changing. */
    private static int half(long address) {
        return (int) (Words.getAcquire(address & -8) >>> halfShift(address));
    }

    /** Releases a number of 32 bits, whose neighbour the kernel may be changing: then it is tried again with what that is now. */
    private static void setHalf(long address, int value) {
        long word = address & -8;
        long mask = LOW_HALF << halfShift(address);
        long bits = (value & LOW_HALF) << halfShift(address);
        for (long old = Words.get(word); !Words.compareAndSet(word, old, old & ~mask | bits); old = Words.get(word)) {
            Thread.onSpinWait(); // lost to the kernel, which got on
        }
    }

    private static int halfShift(long address) {
        return (int) (address & 4) << 3;
    }

    /**
     * Makes rings for the calling thread.
     *
     * @param count requests that can be under way at once: a power of two from 2 to 4096, one less than which are the caller's own
     * @throws Refusal if the kernel has none to give; the message says why, and what could be done
     */
    public static IoUring open(int count) throws Refusal {
        if (!NativeFile.isSupported()) {
            throw new Refusal("io_uring is a part of Linux, behind a door to native memory");
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment params = arena.allocate(PARAMS_BYTES, Long.BYTES);
            params.set(ValueLayout.JAVA_INT, FLAGS_AT, SETUP_SINGLE_ISSUER_DEFER_TASKRUN);
            int descriptor = SystemCall.setUpRing(count, params);
            if (descriptor == -Errno.EINVAL) {
                params.fill((byte) 0); // before Linux 6.1
                descriptor = SystemCall.setUpRing(count, params);
            }
            if (descriptor < 0) {
                throw refusal(-descriptor);
            }
            if ((word(params, FEATURES_AT) & SINGLE_MMAP_NODROP_AND_READ) != SINGLE_MMAP_NODROP_AND_READ) {
                SystemCall.close(descriptor);
                throw new Refusal("the io_uring of this kernel is older than Linux 5.6");
            }
            int wakeDescriptor = SystemCall.eventDescriptor();
            if (wakeDescriptor < 0) {
                SystemCall.close(descriptor);
                throw refusal(-wakeDescriptor);
            }
            try {
                return new IoUring(descriptor, wakeDescriptor, params);
            } catch (Throwable failed) {
                SystemCall.close(descriptor);
                SystemCall.close(wakeDescriptor);
                throw failed;
            }
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
        fill(operation.code, file.descriptor(), offset, address, lengthBytes, userData);
    }

    private void fill(int code, int file, long offset, long address, int lengthBytes, long userData) {
        long entry = entries + (long) ENTRY_BYTES * (filled & entryCount - 1);
        Words.set(entry, code | (long) file << HALF);
        Words.set(entry + 8, offset);
        Words.set(entry + 16, address);
        Words.set(entry + 24, lengthBytes);
        Words.set(entry + 32, userData);
        Words.set(entry + 40, 0);
        Words.set(entry + 48, 0);
        Words.set(entry + 56, 0);
        filled++;
    }

    /**
     * Hands over what was prepared, waits for a result or for {@link #wake} unless there are results already, and tells of those that are there.
     */
    public void enter(Sink sink) {
        if (!wakeIsArmed) {
            fill(Operation.READ.code, wakeDescriptor, 0, wakeRead.address(), Long.BYTES, WAKE);
            wakeIsArmed = true;
        }
        setHalf(requestsTail, filled);
        int result = SystemCall.enterRing(state, descriptor, filled - taken, collect(sink) == 0 ? 1 : 0);
        if (result >= 0) {
            taken += result;
        } else if (result != -Errno.EINTR && result != -Errno.EAGAIN && result != -Errno.EBUSY) {
            throw new IoFault("io_uring ended with " + Errno.text(-result));
        }
        collect(sink);
    }

    /** How many results there were. */
    private int collect(Sink sink) {
        int head = half(resultsHead); // only this thread writes it
        int tail = half(resultsTail);
        int count = tail - head;
        for (; head != tail; head++) {
            long result = results + (long) RESULT_BYTES * (head & resultMask);
            long userData = Words.get(result);
            int outcome = (int) Words.get(result + 8);
            setHalf(resultsHead, head + 1);
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
        Words.door().closed(entries, (long) ENTRY_BYTES * entryCount);
        Words.door().closed(rings, ringsBytes);
        NativeMemory.unmap(entries, (long) ENTRY_BYTES * entryCount);
        NativeMemory.unmap(rings, ringsBytes);
        SystemCall.close(descriptor);
        SystemCall.close(wakeDescriptor);
        arena.close();
    }
}
