package io.tideline.core;

import static io.tideline.hlog.RecordLayout.LINK_OFFSET;
import static io.tideline.hlog.RecordLayout.STATE_OFFSET;

import io.tideline.fault.IoFault;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.HybridLog;
import io.tideline.hlog.RecordLayout;
import io.tideline.hlog.RecordRead;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/**
 * The way down a chain from where it has left the memory, to the newest record of a key. What it finds is true for good, because the chain
 * below an address on the device never changes; whether something newer has come meanwhile, the operation sees when it looks at the memory
 * again.
 *
 * <p>One lookup at a time. The steps run on threads of the device, or on the one that waits; the fields are handed over by {@code ended}.
 */
class DiskLookup extends RecordRead {
    /** The chain was not followed yet. */
    static final long NOWHERE = 0;

    private final HybridLog log;
    private final Waits waits;
    private final Key key;
    private final Scratch buffer;
    private long chain = NOWHERE;
    private long below;
    private boolean found;
    private int reads;
    private StoreFault fault;
    private volatile Thread waiter;
    private volatile boolean ended;
    private final BooleanSupplier hasEnded = () -> ended;

    /**
     * @param key stays as it is while a lookup is under way
     * @param bufferBytes counts the bytes of the buffer
     */
    DiskLookup(HybridLog log, Waits waits, Key key, AtomicLong bufferBytes) {
        super(log);
        this.log = log;
        this.waits = waits;
        this.key = key;
        this.buffer = new Scratch(bufferBytes);
    }

    @Override
    protected final long buffer(int bytes) {
        return buffer.ensure(bytes);
    }

    /**
     * Begins to follow the chain from an address below the log's head, stepping over what stands at or above {@code end}. Outside the epoch; does
     * not wait.
     */
    final void begin(long address, long end) {
        prepare(address, end);
        start(address);
    }

    /** The same, and waits, as {@link #await} does; the calling thread may read by itself. */
    final void run(long address, long end) {
        prepare(address, end);
        startHere(address);
        await();
    }

    private void prepare(long address, long end) {
        chain = address;
        below = end;
        found = false;
        reads = 1;
        fault = null;
        ended = false;
    }

    /** A lookup is about to begin; that an earlier one ended does not count any more. */
    final void expect() {
        ended = false;
    }

    /** Waits, outside the epoch, for the end of what was begun. */
    private void await() {
        waiter = Thread.currentThread();
        waits.await(hasEnded);
        waiter = null;
    }

    @Override
    protected final void done(StoreFault outcome) {
        StoreFault problem = outcome;
        try {
            if (problem == null && goOn()) {
                return;
            }
        } catch (StoreFault unknown) {
            problem = unknown;
        } catch (RuntimeException | Error bug) {
            problem = new IoFault("the record of log address " + address() + " could not be followed", bug);
        }
        // What a clear has dropped meanwhile cannot be read and need not be.
        fault = address() < log.begin() ? null : problem;
        end();
    }

    /** Looks at the record that has come; whether another one is under way. */
    private boolean goOn() {
        long link = Words.get(record() + LINK_OFFSET);
        long stateWord = Words.get(record() + STATE_OFFSET);
        RecordLayout.requireKnown(link, address());
        if (address() < below && ChainWalk.isOf(key, record(), stateWord)) {
            found = !RecordLayout.isTombstone(link);
            return false;
        }
        long previous = RecordLayout.previous(link);
        if (previous < log.begin()) {
            return false;
        }
        reads++;
        startNext(previous);
        return true;
    }

    private void end() {
        ended = true;
        onEnd();
        Thread waiting = waiter;
        if (waiting != null) {
            waits.wake(waiting);
        }
    }

    /** Whether what was begun has ended. */
    final boolean hasEnded() {
        return ended;
    }

    /** Told on a thread of the device that the lookup has ended; must not block. */
    void onEnd() {
    }

    /** Forgets what was found: another operation begins. */
    final void forget() {
        chain = NOWHERE;
    }

    /** Whether this is what the chain holds from {@code address} on. */
    final boolean isAbout(long address) {
        return chain == address;
    }

    /** Whether there is a live record of the key, at {@link #record()}. */
    final boolean isFound() {
        return found;
    }

    /** How many records the last lookup read. */
    final int reads() {
        return reads;
    }

    /** Throws what kept the lookup from its end, if anything did. */
    final void requireRead() {
        if (fault != null) {
            chain = NOWHERE;
            throw fault;
        }
    }

    /** Gives the buffer back; no lookup is under way. */
    void close() {
        buffer.close();
    }
}
