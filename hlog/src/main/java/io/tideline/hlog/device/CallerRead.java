package io.tideline.hlog.device;

import io.tideline.fault.StoreFault;
import io.tideline.memory.IoUring;
import java.io.EOFException;
import java.io.IOException;

/**
 * A read by the thread that asked for it, without a thread of the device in between. No channel, so an interrupt of the caller harms nobody; and what results
 * of the kernel mean, for the reads of a {@link UringThread} too.
 */
final class CallerRead {
    /** How often the kernel may ask for the same again before it counts as an error. */
    static final int MAX_TRIES = 100;

    /** Where the bytes come from. */
    @FunctionalInterface
    interface Source {
        /** Reads to memory; how many bytes came, 0 at the end of the file, or an error below 0, as the kernel counts them. */
        int read(long offset, long address, int lengthBytes);
    }

    private CallerRead() {
    }

    /** Carries out a read that was submitted; what kept its bytes from coming, null for nothing. */
    static StoreFault carryOut(IoRequest request, Source source, int unitBytes) {
        int tries = 0;
        for (int done = 0; done < request.lengthBytes(); ) {
            int result = source.read(request.offset() + done, request.address() + done, request.lengthBytes() - done);
            if (result < 0 && (!IoUring.isTransient(result) || ++tries == MAX_TRIES)) {
                return failure(request, result);
            }
            done += Math.max(0, result);
            if (result >= 0 && done < request.lengthBytes() && isEnd(result, done, unitBytes)) {
                return endOfFile(request, done);
            }
        }
        return null;
    }

    /** Whether a read that brought {@code result} bytes, less than it should, and {@code done} in all so far, has met the end of the file. */
    static boolean isEnd(int result, int done, int unitBytes) {
        return result == 0 || done % unitBytes != 0;
    }

    static StoreFault failure(IoRequest request, int result) {
        return IoThreads.fault(request + " failed", new IOException(IoUring.text(result)));
    }

    static StoreFault endOfFile(IoRequest request, int doneBytes) {
        return IoThreads.fault(request + " failed", new EOFException("the file ends at " + (request.offset() + doneBytes)));
    }
}
