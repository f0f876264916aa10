package io.tideline.hlog.device;

import io.tideline.fault.IoFault;
import io.tideline.fault.StoreFault;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;

/** An open file that knows how many of its requests are under way, and is closed after the last of them. */
abstract class CountedFile implements DeviceFile {
    /** Where there is not even memory to tell of it. */
    private static final IoFault UNEXPLAINED = new IoFault("a read failed, and there was no memory left to say how");

    final Path path;
    private final Set<CountedFile> open;
    /** Where a thread reads that waits for what it asks for; null where it cannot. */
    private final CallerRead.Source source;
    /** Of what transfers are multiples. */
    final int unitBytes;
    /** How many requests were submitted and did not end; guarded by this. */
    private int underWay;
    /** Guarded by this. */
    private boolean closed;
    /** Guarded by this. */
    private boolean released;

    /**
     * @param open the open files of the device, thread-safe, to which this one belongs until it is closed
     * @param source where a thread reads that waits for what it asks for; null where it cannot
     * @param unitBytes of what transfers are multiples
     */
    CountedFile(Path path, Set<CountedFile> open, CallerRead.Source source, int unitBytes) {
        this.path = path;
        this.open = open;
        this.source = source;
        this.unitBytes = unitBytes;
        open.add(this);
    }

    /** Takes a request that was submitted; {@link #ended} is called once for it, before its completion. */
    abstract void take(IoRequest request);

    /** Gives the file back to the operating system; called once, with no request under way. */
    abstract void release() throws IOException;

    @Override
    public final String path() {
        return path.toString();
    }

    @Override
    public final void read(IoRequest request, long offset, long address, int lengthBytes) {
        request.submitted(IoRequest.Kind.READ, this, offset, address, lengthBytes);
        accept(request);
    }

    @Override
    public final void write(IoRequest request, long offset, long address, int lengthBytes) {
        request.submitted(IoRequest.Kind.WRITE, this, offset, address, lengthBytes);
        accept(request);
    }

    @Override
    public final void sync(IoRequest request) {
        request.submitted(IoRequest.Kind.SYNC, this, 0, 0, 0);
        accept(request);
    }

    private void accept(IoRequest request) {
        if (begin()) {
            take(request);
        } else {
            request.complete(request.ticket(), closedFault(request));
        }
    }

    /** A virtual thread would block its carrier, and others with it, so a thread of the device reads for it. */
    @Override
    public final void readHere(IoRequest request, long offset, long address, int lengthBytes) {
        if (source == null || Thread.currentThread().isVirtual()) {
            read(request, offset, address, lengthBytes);
            return;
        }
        long ticket = request.submitted(IoRequest.Kind.READ, this, offset, address, lengthBytes);
        if (!begin()) {
            request.complete(ticket, closedFault(request));
            return;
        }
        StoreFault fault;
        try {
            fault = CallerRead.carryOut(request, source, unitBytes);
        } catch (Throwable unexpected) { // no stack or no memory, say; who waits must hear of it, and once
            fault = fault(request, unexpected);
        }
        complete(request, ticket, fault);
    }

    /** What is told of something that no transfer is expected to throw; never throws itself. */
    final StoreFault fault(IoRequest request, Throwable unexpected) {
        try {
            return new IoFault(request + " failed: " + reason(unexpected), unexpected);
        } catch (Throwable again) {
            return UNEXPLAINED;
        }
    }

    /** Why, as far as the file knows more of it than it says. */
    String reason(Throwable unexpected) {
        return unexpected.toString();
    }

    /** The file is done with a request, and tells it. What a completion throws is a bug of ours that nobody here can handle. */
    final void complete(IoRequest request, long ticket, StoreFault fault) {
        ended();
        try {
            request.complete(ticket, fault);
        } catch (Throwable bug) {
            System.getLogger(CountedFile.class.getName()).log(System.Logger.Level.ERROR, "the completion of a request failed", bug);
        }
    }

    private static IoFault closedFault(IoRequest request) {
        return new IoFault("the file is closed: " + request);
    }

    /** Keeps the file open until {@link #ended}; false if it is closed. */
    final synchronized boolean begin() {
        underWay += closed ? 0 : 1;
        return !closed;
    }

    final synchronized void ended() {
        if (--underWay == 0) {
            notifyAll();
        }
    }

    @Override
    public final void close() {
        awaitRequests();
        open.remove(this);
        synchronized (this) {
            if (released) {
                return;
            }
            released = true;
        }
        try {
            release();
        } catch (IOException failed) {
            throw IoThreads.fault("cannot close " + path, failed);
        }
    }

    private synchronized void awaitRequests() {
        closed = true;
        boolean interrupted = false;
        while (underWay > 0) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
