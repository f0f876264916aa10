package io.tideline.hlog.device;

import io.tideline.fault.StoreFault;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * One transfer or sync, from its submission to its completion; reusable afterwards, so that a pool of them makes I/O without allocating.
 *
 * <p><b>State.</b> A ticket: odd while the request is under way, even while it is idle; it only grows.
 *
 * <p><b>Invariants.</b> (1) Each submission is completed at most once: the ticket that the device got is taken by a compare-and-set, so a
 * second completion, and one that comes after the request was used again, does nothing. (2) The fields are written by the submitter before
 * the ticket and read by the device after it.
 */
public abstract class IoRequest {
    /** What a request does. */
    enum Kind { READ, WRITE, SYNC }

    private static final VarHandle TICKET;

    static {
        try {
            TICKET = MethodHandles.lookup().findVarHandle(IoRequest.class, "ticket", long.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    @SuppressWarnings("unused") // through TICKET
    private volatile long ticket;
    private Kind kind;
    private DeviceFile file;
    private long offset;
    private long address;
    private int lengthBytes;

    protected IoRequest() {
    }

    /**
     * The device is done. Called exactly once a submission, on a thread of the device or, where the device refuses or the submitter reads by
     * itself, on the submitter's; it must not block, and what it throws is a bug of ours.
     *
     * @param fault null if everything was done
     */
    protected abstract void completed(StoreFault fault);

    /** Called by a device that accepts the request; the ticket goes back to {@link #complete}. */
    final long submitted(Kind newKind, DeviceFile newFile, long newOffset, long newAddress, int newLengthBytes) {
        long idle = ticket();
        if ((idle & 1) != 0) {
            throw new IllegalStateException("a request that is under way, " + this + ", is submitted again");
        }
        kind = newKind;
        file = newFile;
        offset = newOffset;
        address = newAddress;
        lengthBytes = newLengthBytes;
        if (!TICKET.compareAndSet(this, idle, idle + 1)) {
            throw new IllegalStateException("two threads submit one request, " + this);
        }
        return idle + 1;
    }

    /** Called by the device; a ticket that was completed before does nothing. */
    final void complete(long submittedTicket, StoreFault fault) {
        if (TICKET.compareAndSet(this, submittedTicket, submittedTicket + 1)) {
            completed(fault);
        }
    }

    /** The ticket of the running submission. */
    final long ticket() {
        return (long) TICKET.getAcquire(this);
    }

    /** Whether it was submitted and is not completed. */
    public final boolean isUnderWay() {
        return (ticket() & 1) != 0;
    }

    final Kind kind() {
        return kind;
    }

    final DeviceFile file() {
        return file;
    }

    final long offset() {
        return offset;
    }

    final long address() {
        return address;
    }

    final int lengthBytes() {
        return lengthBytes;
    }

    @Override
    public final String toString() {
        return file == null ? "idle request" : switch (kind) {
            case READ -> "read of " + lengthBytes + " bytes at offset " + offset + " of " + file.path();
            case WRITE -> "write of " + lengthBytes + " bytes at offset " + offset + " of " + file.path();
            case SYNC -> "sync of " + file.path();
        };
    }
}
