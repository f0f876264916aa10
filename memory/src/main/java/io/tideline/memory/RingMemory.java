package io.tideline.memory;

import io.tideline.fault.IoFault;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The memory of an io_uring: a ring of requests to the kernel and one of their results, and the descriptor that both belong to. One thread at a time uses it.
 *
 * <p><b>State.</b> Both rings and the entries are memory shared with the kernel. Heads and tails are numbers of 32 bits that
 * wrap; the head and the tail of a ring may be the halves of one word, of which each side changes one.
 *
 * <p><b>Who writes what.</b> This side the entries, then, with release, the tail of the requests, which the kernel acquires; the
 * kernel the results, then their tail, which this side acquires; then this side their head, with release, after it has read them.
 * The kernel is entered from here too, so the head of the requests needs no look: an entry is taken or the call says that it was not.
 */
final class RingMemory implements AutoCloseable {
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
    /** In the flags of the requests: results are ready but for a step of the kernel's that this thread must enter it for. */
    private static final int TASK_RUN = 1 << 2;

    final int descriptor;
    private final long rings;
    private final long ringsBytes;
    private final long entries;
    private final int entryCount;
    private final long requestsTail;
    private final long requestsFlags;
    private final long resultsHead;
    private final long resultsTail;
    private final long results;
    private final int resultMask;
    /** Entries that were filled, and results that were taken; both wrap. Nobody else writes what they are published as. */
    private int filled;
    private int taken;

    private RingMemory(int descriptor, MemorySegment params) {
        this.descriptor = descriptor;
        this.entryCount = word(params, 0);
        int resultCount = word(params, 4);
        int array = word(params, REQUESTS_AT + 24);
        int firstResult = word(params, RESULTS_AT + 20);
        this.ringsBytes = Math.max(array + 4L * entryCount, firstResult + (long) RESULT_BYTES * resultCount);
        this.rings = map(descriptor, 0, ringsBytes);
        this.entries = mapEntries(descriptor, entryCount);
        this.requestsTail = rings + word(params, REQUESTS_AT + 4);
        this.requestsFlags = rings + word(params, REQUESTS_AT + 16);
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

    private long mapEntries(int descriptor, int count) {
        try {
            return map(descriptor, OFFSET_OF_ENTRIES, (long) ENTRY_BYTES * count);
        } catch (Throwable failed) {
            unmap(rings, ringsBytes);
            throw failed;
        }
    }

    private static void unmap(long address, long sizeBytes) {
        Words.door().closed(address, sizeBytes);
        NativeMemory.unmap(address, sizeBytes);
    }

    /**
     * @param count requests that can be under way at once: a power of two from 2 to 4096
     * @param flags of the set-up, which are left out where the kernel knows them not
     * @throws IoUring.Refusal if the kernel has none to give; the message says why, and what could be done
     */
    static RingMemory open(int count, int flags) throws IoUring.Refusal {
        if (!NativeFile.isSupported()) {
            throw new IoUring.Refusal("io_uring is a part of Linux, behind a door to native memory");
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment params = arena.allocate(PARAMS_BYTES, Long.BYTES);
            params.set(ValueLayout.JAVA_INT, FLAGS_AT, flags);
            int descriptor = SystemCall.setUpRing(count, params);
            if (descriptor == -Errno.EINVAL) {
                params.fill((byte) 0);
                descriptor = SystemCall.setUpRing(count, params);
            }
            if (descriptor < 0) {
                throw IoUring.refusal(-descriptor);
            }
            if ((word(params, FEATURES_AT) & SINGLE_MMAP_NODROP_AND_READ) != SINGLE_MMAP_NODROP_AND_READ) {
                SystemCall.close(descriptor);
                throw new IoUring.Refusal("the io_uring of this kernel is older than Linux 5.6");
            }
            try {
                return new RingMemory(descriptor, params);
            } catch (Throwable failed) {
                SystemCall.close(descriptor);
                throw failed;
            }
        }
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

    /** Fills the next entry, which {@link #publish} hands over. */
    void fill(int code, int file, long offset, long address, int lengthBytes, long userData) {
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

    /** Makes visible to the kernel what was filled; how many entries that were, ever, in a number that wraps. */
    int publish() {
        setHalf(requestsTail, filled);
        return filled;
    }

    /** Takes the last entry back, which the kernel did not take. */
    void withdraw() {
        filled--;
        publish();
    }

    /** How many results there are. */
    int resultCount() {
        return half(resultsTail) - taken;
    }

    /** Whether a result waits for this thread to enter the kernel. */
    boolean isEntryWanted() {
        return (half(requestsFlags) & TASK_RUN) != 0;
    }

    private long firstResult() {
        return results + (long) RESULT_BYTES * (taken & resultMask);
    }

    /** What the request of the first result was prepared with. */
    long firstUserData() {
        return Words.get(firstResult());
    }

    /** Takes the first result. */
    int takeResult() {
        int outcome = (int) Words.get(firstResult() + 8);
        taken++;
        setHalf(resultsHead, taken);
        return outcome;
    }

    /** No request is under way. */
    @Override
    public void close() {
        unmap(entries, (long) ENTRY_BYTES * entryCount);
        unmap(rings, ringsBytes);
        SystemCall.close(descriptor);
    }
}
