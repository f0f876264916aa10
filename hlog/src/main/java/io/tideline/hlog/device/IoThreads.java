package io.tideline.hlog.device;

import io.tideline.fault.FullFault;
import io.tideline.fault.FullFault.Place;
import io.tideline.fault.IoFault;
import io.tideline.fault.StoreFault;
import io.tideline.memory.SystemError;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;

/**
 * The threads that carry out requests on channels, one request each at a time. They belong to a device alone, so nobody interrupts them: an
 * interrupt inside a {@link java.nio.channels.FileChannel} would close the file for everybody.
 */
final class IoThreads {
    /** More requests waiting than this are refused; callers bound theirs far below. */
    private static final int MAX_WAITING = 8192;

    /** Tells a thread to end. */
    private static final IoRequest END = new IoRequest() {
        @Override
        protected void completed(StoreFault fault) {
            throw new AssertionError("the mark of the end is no request");
        }
    };

    /** Has room for the marks of the end beyond what may wait. */
    private final ArrayBlockingQueue<IoRequest> waiting;
    private final List<Thread> threads = new ArrayList<>();
    private boolean closed;

    IoThreads(int count, String name) {
        if (count < 1 || count > 1024) {
            throw new IllegalArgumentException(count + " I/O threads; it takes 1 to 1024");
        }
        waiting = new ArrayBlockingQueue<>(MAX_WAITING + count);
        for (int i = 0; i < count; i++) {
            threads.add(Thread.ofPlatform().daemon().name(name + " " + i).start(this::run));
        }
    }

    /** Takes a request that was submitted, or completes it with a fault. */
    void accept(IoRequest request) {
        String refusal = null;
        synchronized (waiting) {
            if (closed) {
                refusal = "the device is closed: " + request;
            } else if (waiting.size() >= MAX_WAITING || !waiting.offer(request)) {
                refusal = "more than " + MAX_WAITING + " requests are waiting for the device: " + request;
            }
        }
        if (refusal != null) {
            ((ChannelFile) request.file()).complete(request, request.ticket(), new IoFault(refusal));
        }
    }

    private void run() {
        for (;;) {
            IoRequest request = take();
            if (request == END) {
                return;
            }
            long ticket = request.ticket();
            StoreFault fault = null;
            try {
                ((ChannelFile) request.file()).carryOut(request);
            } catch (IOException failed) {
                fault = fault(request.toString() + " failed", failed);
            } catch (StoreFault failed) {
                fault = failed;
            } catch (Throwable unexpected) {
                fault = ((ChannelFile) request.file()).fault(request, unexpected);
            }
            ((ChannelFile) request.file()).complete(request, ticket, fault);
        }
    }

    private IoRequest take() {
        for (;;) {
            try {
                return waiting.take();
            } catch (InterruptedException nobodysBusiness) {
                continue; // the flag is cleared, and the thread is ours alone
            }
        }
    }

    /** An I/O error as the fault it is: no space left is told apart, because it passes. Where no descriptor is left, it says whose limits those are. */
    static StoreFault fault(String what, IOException cause) {
        String reason = reason(what, cause);
        if (Descriptors.ranOut(cause)) {
            return new IoFault(what + ": " + reason + "; the process may open no more (ulimit -n), or the system may not (fs.file-max): raise that, lower maxOpenFiles,"
                    + " or have the process open fewer files and sockets", cause);
        }
        return SystemError.NO_SPACE_LEFT.isReasonOf(cause) ? new FullFault(Place.DISK, what + ": " + reason + "; make room on the disk, then go on", cause)
                : new IoFault(what + ": " + reason + advice(cause), cause);
    }

    /** The operating system's words, with the file only where {@code what} does not name it already. */
    private static String reason(String what, IOException cause) {
        if (cause instanceof FileSystemException named) {
            String words = named instanceof AccessDeniedException ? "Permission denied" : named.getReason();
            boolean isNamed = named.getFile() == null || what.contains(named.getFile());
            return words == null ? named.toString() // its class is the reason
                    : isNamed ? words : named.getFile() + ": " + words;
        }
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }

    /** What to do about those that are nobody's failure. */
    private static String advice(IOException cause) {
        return SystemError.READ_ONLY_FILE_SYSTEM.isReasonOf(cause) ? "; mount it for writing, or copy the directory to where it can be written"
                : cause instanceof AccessDeniedException || SystemError.PERMISSION_DENIED.isReasonOf(cause) ? "; do this as a user who may, or give this one permission" : "";
    }

    /** Carries out what waits, then ends the threads; idempotent. */
    void close() {
        synchronized (waiting) {
            if (!closed) {
                closed = true;
                threads.forEach(_ -> waiting.add(END));
            }
        }
        threads.forEach(IoThreads::join);
    }

    static void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
