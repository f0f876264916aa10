package io.tideline.core;

import static io.tideline.epoch.EpochSlotLayout.OWNER_WORDS_OFFSET;

import io.tideline.epoch.Epoch;
import io.tideline.hlog.HybridLog;
import io.tideline.hlog.RecordLayout;
import io.tideline.index.HashIndex;
import io.tideline.index.KeyHash;
import io.tideline.index.Slot;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import java.util.List;
import java.util.function.Consumer;

/**
 * A numbered sequence of operations. Any thread may use it, one at a time; a second one at the same moment is refused with
 * {@link IllegalStateException}. A session costs nothing while nobody is inside and never holds the store back then.
 */
public final class Session extends Operations implements AutoCloseable {
    /** Within a batch, how many operations there may be between two looks at the epoch and the gate; a power of two. */
    private static final int BATCH_REFRESH = 256;
    /** Turns of waiting, of at most a millisecond each, after which a latch must have been lost. */
    private static final int MAX_ATTEMPTS = 60_000;
    private static final int CREATED = OWNER_WORDS_OFFSET;
    private static final int DELETED = OWNER_WORDS_OFFSET + 8;
    private static final int COPIED = OWNER_WORDS_OFFSET + 16;
    private static final int RETRIES = OWNER_WORDS_OFFSET + 24;

    // What operations use; final, so one load away.
    final HybridLog log;
    final HashIndex index;
    final KeyHash hash;
    final Waits waits;
    final Slot slot = new Slot();
    final Key key = new Key();
    final Payload value = new Payload();
    final Target target = new Target();
    /** A copy of an old value, or an expected one. */
    final Scratch old = new Scratch();
    final ValueView oldView = new ValueView();
    final ValueWriter writer;
    /** What the device said about the running operation's key; null until one meets the device. */
    DiskLookup lookup;

    private final Kernel kernel;
    private final Epoch epoch;
    private final long epochSlot;
    private final String name;
    private final boolean pooled;
    private long serial;
    private Thread batchThread;
    private Scratch lacking;
    private int lackingBytes;
    private GroupOp group;
    private volatile boolean closed;

    Session(Kernel kernel, String name, boolean pooled) {
        this.kernel = kernel;
        this.log = kernel.log;
        this.index = kernel.index;
        this.hash = kernel.hash;
        this.waits = kernel.waits;
        this.epoch = kernel.epoch;
        this.name = name;
        this.pooled = pooled;
        this.writer = new ValueWriter(value.scratch, (int) log.maxRecordBytes());
        this.epochSlot = epoch.claim(name);
        kernel.sessions.add(this);
    }

    public String name() {
        return name;
    }

    /** How many operations were begun; the number of the latest one. */
    public long serial() {
        return serial;
    }

    // --- entering and leaving ---

    /** Enters for the closure and holds the epoch across its operations: cheaper than one by one. It must not block. */
    @Override
    public void batch(Consumer<Session> operations) {
        if (batchThread != null) {
            throw new IllegalStateException("session " + name + " is in a batch already");
        }
        enter();
        serial--; // the batch itself is no operation
        try {
            runBatch(operations);
        } finally {
            leave();
        }
    }

    /** Runs a batch in a session that was entered. */
    void runBatch(Consumer<Session> operations) {
        batchThread = Thread.currentThread();
        try {
            operations.accept(this);
        } finally {
            batchThread = null;
        }
    }

    @Override
    Session enter() {
        if (kernel.usesCallbacks && Callbacks.isInside(kernel)) {
            throw Callbacks.refusal();
        }
        if (batchThread != null) {
            continueBatch();
        } else {
            if (closed || pooled || !epoch.tryEnter(epochSlot)) {
                throw kernel.isClosed() ? kernel.closed() : refusal();
            }
            admitEntered();
        }
        serial++;
        return this;
    }

    @Override
    Session enter(int operations) {
        enter();
        serial += operations - 1;
        return this;
    }

    private void continueBatch() {
        if (batchThread != Thread.currentThread()) {
            throw refusal();
        }
        // The gate is looked at each time: a closure that caught a ClosedFault and went on would touch memory that is gone.
        if ((serial & BATCH_REFRESH - 1) == 0 || !kernel.isOpen()) {
            breathe();
        }
    }

    /** In a long stay: lets the epoch move on and looks at the gate. Whatever was read from the log or index before is stale. */
    void breathe() {
        epoch.refresh(epochSlot);
        admit();
    }

    private IllegalStateException refusal() {
        return new IllegalStateException(closed ? "session " + name + " is closed"
                : pooled && batchThread == null ? "a session of a batch was used after the end of the batch"
                : "session " + name + " is used by two threads at once, or from inside its own callback; take a session per thread");
    }

    /** Enters a pooled session for one call of the store; false if another call has it. */
    boolean tryBorrow() {
        if (!epoch.tryEnter(epochSlot)) {
            return false;
        }
        admitEntered();
        return true;
    }

    /** The rest of entering: the gate, and a close that came between. On failure the slot is left again. */
    private void admitEntered() {
        boolean admitted = false;
        try {
            admit();
            if (closed) {
                throw refusal();
            }
            admitted = true;
        } finally {
            if (!admitted) {
                epoch.exit(epochSlot);
            }
        }
    }

    /** Waits outside while the gate is shut. */
    private void admit() {
        for (int attempt = 0; !kernel.isOpen(); attempt++) {
            if (kernel.isClosed()) {
                throw kernel.closed();
            }
            waitOutside(attempt);
        }
    }

    /**
     * Waits with all batches of this thread outside: who shut the gate waits for each of them. None but this is in the middle of an
     * operation, so none holds anything from the log or the index.
     */
    private void waitOutside(int attempt) {
        List<Session> batches = kernel.batchesOfThisThread(this);
        batches.forEach(Session::stepOutside);
        stepOutside();
        try {
            waits.pause(attempt);
        } finally {
            epoch.resume(epochSlot);
            batches.forEach(batch -> epoch.resume(batch.epochSlot));
        }
    }

    /** Ends what {@link #enter} or {@link #tryBorrow} began. */
    void leave() {
        if (batchThread == null) {
            epoch.exit(epochSlot);
        }
    }

    /** Leaves the epoch to wait or allocate; the session stays the caller's. Whatever was read from the log or index before is stale. */
    void stepOutside() {
        epoch.suspend(epochSlot);
    }

    void stepInside() {
        epoch.resume(epochSlot);
        admit();
    }

    /** After a lost race: waits outside the epoch and makes the room that was asked for. Then the operation begins anew. */
    void startOver(int attempt) {
        Words.set(epochSlot + RETRIES, Words.get(epochSlot + RETRIES) + 1);
        if (attempt > MAX_ATTEMPTS) {
            throw new AssertionError("session " + name + " met a latched record or index entry " + attempt + " times; its holder is lost");
        }
        if (diskAddress != 0 || needsLogRoom) {
            waitForDevice();
            return;
        }
        stepOutside();
        try {
            if (lacking != null) {
                Scratch growing = lacking;
                lacking = null;
                growing.ensure(lackingBytes);
            } else {
                waits.pause(attempt);
            }
        } finally {
            stepInside();
        }
    }

    /** Asks {@link #startOver} to make room in one of the session's buffers. */
    void needRoom(Scratch scratch, int bytes) {
        lacking = scratch;
        lackingBytes = bytes;
    }

    void beginCallback() {
        Callbacks.begin(kernel);
    }

    void endCallback() {
        Callbacks.end();
    }

    boolean isBatchOf(Thread thread) {
        return batchThread == thread;
    }

    // --- buffers, filled inside the session but, where they must grow, outside the epoch ---

    /** Makes room in one of the session's buffers. */
    long room(Scratch scratch, long bytes) {
        if (!scratch.hasRoom(bytes)) {
            stepOutside();
            try {
                scratch.ensure(bytes);
            } finally {
                stepInside();
            }
        }
        return scratch.address();
    }

    void setKey(int lengthBytes) {
        key.length = lengthBytes;
        long address = key.scratch.address();
        if (lengthBytes == 8) {
            key.word = Words.get(address);
            key.hash = hash.of(key.word);
        } else {
            key.hash = hash.of(address, lengthBytes);
        }
    }

    /** The buffers of group operations, made at the first one. */
    GroupOp group() {
        if (group == null) {
            stepOutside();
            try {
                group = new GroupOp();
            } finally {
                stepInside();
            }
        }
        return group;
    }

    /** Refuses lengths that no record holds, before anything is touched. */
    void requireFits(long keyBytes, long valueBytes) {
        long max = log.maxRecordBytes();
        if (keyBytes > max || valueBytes > max || RecordLayout.sizeBytes((int) keyBytes, (int) valueBytes) > max) {
            throw new IllegalArgumentException("a key of " + keyBytes + " bytes with a value of " + valueBytes + " bytes; a record with its"
                    + " header of 16 to 24 bytes, its key and its value, each padded, holds at most the page size of " + max + " bytes");
        }
    }

    // --- statistics: words of the epoch slot, written only by who is inside ---

    void countCreated() {
        count(CREATED);
    }

    void countDeleted() {
        count(DELETED);
    }

    void countCopied() {
        count(COPIED);
    }

    private void count(int word) {
        Words.setRelease(epochSlot + word, Words.get(epochSlot + word) + 1);
    }

    long created() {
        return Words.getAcquire(epochSlot + CREATED);
    }

    long deleted() {
        return Words.getAcquire(epochSlot + DELETED);
    }

    long copied() {
        return Words.getAcquire(epochSlot + COPIED);
    }

    long retries() {
        return Words.getAcquire(epochSlot + RETRIES);
    }

    /** Starts counting from zero; nobody is inside. */
    void resetSizes() {
        Words.setRelease(epochSlot + CREATED, 0);
        Words.setRelease(epochSlot + DELETED, 0);
    }

    /** Gives the slot back; the second and later calls do nothing. Refused while another thread is inside. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        if (pooled || batchThread != null) {
            throw refusal();
        }
        boolean entered = epoch.tryEnter(epochSlot);
        if (!entered && !kernel.isClosed()) {
            throw refusal();
        }
        closed = true;
        if (entered) {
            freeBuffers();
            epoch.exit(epochSlot);
        }
        kernel.sessionClosed(this);
        epoch.release(epochSlot);
    }

    private void freeBuffers() {
        key.scratch.close();
        value.scratch.close();
        old.close();
        if (lookup != null) {
            lookup.close();
        }
    }
}
