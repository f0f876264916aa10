package io.tideline.core;

import io.tideline.checkpoint.Opaque;
import io.tideline.checkpoint.SessionPoint;
import io.tideline.checkpoint.SystemState;
import io.tideline.epoch.Epoch;
import io.tideline.hlog.HybridLog;
import io.tideline.hlog.RecordLayout;
import io.tideline.index.HashIndex;
import io.tideline.index.KeyHash;
import io.tideline.index.Slot;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Lock;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * A numbered sequence of operations. Any thread may use it, one at a time; a second one at the same moment is refused with
 * {@link IllegalStateException}. A session costs nothing while nobody is inside and never holds the store back then.
 */
public final class Session extends Operations implements AutoCloseable {
    /** Within a batch, how many operations there may be between two looks at the epoch and the gate; a power of two. */
    private static final int BATCH_REFRESH = 256;
    /** Turns of waiting, of at most a millisecond each, after which a latch must have been lost. */
    private static final int MAX_ATTEMPTS = 60_000;

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
    /** By which hot ones of the values that are read from the device are told, to be copied to the tail; null where none is. */
    final RecentReads recentReads;
    /** What the running operation lacks. */
    final Needs needs;

    final Kernel kernel;
    /** The kernel's, one load closer to each operation. */
    private final SystemState state;
    private final Epoch epoch;
    private final long epochSlot;
    /** What the slot holds while nobody is inside; no other owner's is the same. */
    private final long idleWord;
    private final String name;
    private final boolean pooled;
    /** Whether it is the driver's of checkpoints, which works behind a closed gate too. */
    private final boolean passesGate;
    /** Null in a session that checkpoints do not tell apart. */
    private final NamedSessions.Entry entry;
    // What CprGate noted about the phase: of records to be written, and which old ones may be changed in place.
    long parity;
    long inPlaceFrom;
    boolean isCareful;
    boolean isCutting;
    boolean isFrozen;
    private long admitted = -1;
    private long stay;
    /** The last operation that has taken effect, or is running and neither waits nor is about to start over. */
    private long serial;
    /** What that was when the session met a closed gate: the operation that met it began, ended in a ClosedFault, and never was. Negative until then. */
    private long serialAtClose = -1;
    /** What the last one was when this version began. */
    private long cutSerial;
    /** What the user left with it last; written by who is inside. */
    private volatile Opaque cookie = Opaque.EMPTY;
    /** What that was when this version began. */
    private Opaque cutCookie = Opaque.EMPTY;
    /** How many keys it had made, less those it deleted, when this version began. */
    private long cutKeys;
    /** Of the operations; the driver of a checkpoint looks at it. */
    private volatile long version;
    private volatile LongConsumer onDurable;
    private Thread batchThread;
    /** In a batch: what {@link #serial} was when the last operation of it ended. */
    private long completed;
    /** Whether the thread of the batch died in it, and the session was taken out of the epoch in its place; under the lock. */
    private boolean isOrphaned;
    private boolean diedInOperation;
    /** Of one that was closed for a thread that died: how many submitted updates took no effect, and nobody was told. */
    private int failedUpdates;
    /** While in a batch: the session whose batch is around it on the same thread, of whatever store. */
    private Session outerBatch;
    private GroupOp group;
    private final Lock lock;
    /** Made at the first operation that is submitted, under the lock. */
    private volatile Pending pending;
    private volatile boolean closed;

    Session(Kernel kernel, String name, boolean pooled) {
        this(kernel, name, pooled, false, null);
    }

    Session(Kernel kernel, String name, NamedSessions.Entry entry) {
        this(kernel, name, false, false, entry);
    }

    /** The one of the driver of checkpoints. */
    static Session ofDriver(Kernel kernel) {
        return new Session(kernel, "checkpoint", false, true, null);
    }

    /** @param entry whose session it is; null for one that checkpoints do not tell apart */
    private Session(Kernel kernel, String name, boolean pooled, boolean passesGate, NamedSessions.Entry entry) {
        this.kernel = kernel;
        this.state = kernel.state;
        this.log = kernel.log;
        this.index = kernel.index;
        this.hash = kernel.hash;
        this.waits = kernel.waits;
        this.lock = waits.lock();
        this.recentReads = kernel.recentReads;
        this.epoch = kernel.epoch;
        this.name = name;
        this.pooled = pooled;
        this.passesGate = passesGate;
        this.writer = new ValueWriter(value.scratch, (int) log.maxRecordBytes());
        this.needs = new Needs(this, kernel.throttle);
        this.entry = entry;
        this.epochSlot = claimSlot();
        this.idleWord = epoch.idleWord(epochSlot);
        boolean added = false;
        try {
            kernel.add(this);
            added = true;
        } finally {
            if (!added) {
                epoch.release(epochSlot);
            }
        }
    }

    private long claimSlot() {
        try {
            return epoch.claim(name);
        } catch (IllegalStateException refused) {
            throw kernel.isClosed() ? kernel.closed() : refused; // it was open when it was looked at, and its close was quick
        }
    }

    /** Becomes one of the store's sessions: from here on a checkpoint finds it. */
    void begin(long currentVersion) {
        version = currentVersion;
        if (entry != null) {
            kernel.names.opened(entry, this);
        }
    }

    /** Where it goes on, before anybody else finds it. */
    void goOnFrom(long ownSerial, long ownCutSerial, Opaque ownCookie, Opaque ownCutCookie) {
        serial = ownSerial;
        cutSerial = ownCutSerial;
        cookie = ownCookie;
        cutCookie = ownCutCookie;
    }

    public String name() {
        return name;
    }

    /**
     * How many operations were begun in the life of this session; the number of the latest one. Of a session that was
     * {@linkplain Store#resumeSession resumed}: behind a recovery, those that it kept.
     */
    public long serial() {
        return serialAtClose < 0 ? serial : serialAtClose;
    }

    /**
     * Leaves bytes with the session, such as the place in a stream up to which its operations go. A checkpoint that holds the session up to an
     * operation holds what was left with it last when that operation began, or, if it falls behind that, what was left between that operation and the
     * next. Which of them, {@link #serial} tells that stands among the bytes. No operation by itself; in a batch, it stands between two operations.
     *
     * @param bytes up to {@value SessionPoint#MAX_COOKIE_BYTES}; copied
     */
    public void setCookie(byte[] bytes) {
        requireNamed();
        SessionPoint.requireCookie(bytes.length);
        Opaque left = Opaque.of(bytes);
        enterForGroup();
        try {
            cookie = left;
        } finally {
            leave();
        }
    }

    /**
     * What was left with the session last; empty if nothing ever was. Of a session that was {@linkplain Store#resumeSession resumed} behind a recovery,
     * what had been left with it by the last operation that it kept.
     */
    public byte[] cookie() {
        return cookie.toBytes();
    }

    /** The last operation that the newest checkpoint holds, so that no crash that it survives takes it back; 0 if there is none. */
    public long durableSerial() {
        return entry == null ? 0 : entry.durableSerial();
    }

    /**
     * Has a checkpoint tell how far it holds this session, on a thread of its own which must not be kept waiting; null for nobody. Like
     * any callback it must not call the store.
     *
     * @param listener given the durable serial
     */
    public void onDurable(LongConsumer listener) {
        requireNamed();
        onDurable = listener;
    }

    /**
     * Waits until a checkpoint holds an operation. Does not ask for one.
     *
     * @param timeout as long as anybody likes: what no clock can count is forever
     * @throws IllegalStateException if it is called in a batch or a callback, which the checkpoint would wait for
     * @throws io.tideline.fault.ClosedFault if the store was closed, and its last checkpoint does not hold it
     * @return false if {@code timeout} passed first
     */
    public boolean awaitDurable(long wantedSerial, Duration timeout) {
        requireNamed();
        kernel.refuseInside("awaitDurable");
        long start = waits.nanoTime();
        long timeoutNanos = TimeUnit.NANOSECONDS.convert(timeout); // or the most that there is
        for (int attempt = 0; ; attempt++) {
            boolean isOver = kernel.isFreed(); // before the look: the close's own checkpoint was the last that could tell
            if (durableSerial() >= wantedSerial) {
                return true;
            }
            if (isOver) {
                throw kernel.closed();
            }
            if (waits.nanoTime() - start > timeoutNanos) {
                return false;
            }
            waits.pause(attempt);
        }
    }

    private void requireNamed() {
        if (entry == null) {
            throw new IllegalStateException("session " + name + " has no name of its user's, so checkpoints do not tell it apart; open it with openSession(name)"
                    + " in a store with a directory");
        }
    }

    // --- versions; for the driver of a checkpoint, which holds the slot, or for who is inside ---

    long version() {
        return version;
    }

    long cutSerial() {
        return cutSerial;
    }

    Opaque cutCookie() {
        return cutCookie;
    }

    Opaque leftCookie() {
        return cookie;
    }

    long cutKeys() {
        return cutKeys;
    }

    /** How many keys it has made, less those it deleted. */
    long keys() {
        return counted(Counter.CREATED) - counted(Counter.DELETED);
    }

    /** The operations from here on are of that version. */
    void moveTo(long next) {
        if (version != next) {
            cutSerial = serial();
            cutCookie = cookie;
            cutKeys = keys();
            version = next;
        }
    }

    /** Whether nobody is inside at this moment. Behind a closed gate nobody gets in again but a batch that is suspended, which comes back. */
    boolean isOutside() {
        long held = epoch.tryHold(epochSlot, idleWord);
        if (held == Epoch.NOT_HELD) {
            return false;
        }
        epoch.letGo(epochSlot, held);
        return true;
    }

    /** Moves the session if nobody is inside; whether it is of that version now. */
    boolean tryMoveTo(long next) {
        if (version == next) {
            return true;
        }
        long held = epoch.tryHold(epochSlot, idleWord);
        if (held == Epoch.NOT_HELD) {
            return false;
        }
        moveTo(next);
        epoch.letGo(epochSlot, held);
        return true;
    }

    void tellDurable() {
        LongConsumer listener = onDurable;
        if (listener != null) {
            beginCallback();
            try {
                listener.accept(entry.durableSerial());
            } finally {
                endCallback();
            }
        }
    }

    /** What was submitted; null if nothing ever was. */
    Pending submitted() {
        return pending;
    }

    /** Where the chain of a hash begins, as far as the session may see it. */
    long newest(long hashed) {
        long newest = index.find(hashed);
        return isCareful ? CprGate.awaitNewest(this, hashed, newest) : newest;
    }

    /** The same between two operations, for one of a group that is not counted yet. */
    long newestBetween(long hashed) {
        beginOne();
        try {
            return newest(hashed);
        } finally {
            unbegin();
        }
    }

    // --- entering and leaving ---

    /** Enters for the closure and holds the epoch across its operations: cheaper than one by one. It must not block. */
    @Override
    public void batch(Consumer<Session> operations) {
        if (batchThread != null && !closed) {
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

    /**
     * Runs a batch in a session that was entered. What was submitted to a pooled one is completed here, because nobody could do it later.
     */
    void runBatch(Consumer<Session> operations) {
        beginBatch();
        try {
            operations.accept(this);
            if (pooled) {
                completePending(true);
            }
        } catch (Throwable thrown) {
            Throwable more = pooled && pending != null ? pending.completeAll() : null;
            if (more != null && more != thrown) {
                thrown.addSuppressed(more);
            }
            throw thrown;
        } finally {
            Callbacks.endBatch(outerBatch);
            outerBatch = null;
            batchThread = null;
        }
    }

    /** The session, which was entered, is the current thread's until the end of the batch. */
    void beginBatch() {
        completed = serial;
        batchThread = Thread.currentThread();
        outerBatch = Callbacks.beginBatch(this);
    }

    @Override
    Session enter() {
        if (kernel.usesCallbacks && Callbacks.isInside(kernel)) {
            throw Callbacks.refusal();
        }
        if (batchThread != null) {
            continueBatch();
        } else {
            if (pooled || !enterSlot()) {
                throw kernel.isClosed() ? kernel.closed() : refusal();
            }
            admitEntered();
        }
        serial++;
        return this;
    }

    @Override
    Session enterForGroup() {
        enter();
        serial--;
        return this;
    }

    /** An operation begins that entering did not count: a member of a group, or one that was taken back with {@link #unbegin}. */
    void beginOne() {
        serial++;
    }

    /** A group that was entered for no operation, and changes nothing, is done. */
    void endReads(int members) {
        serial += members;
    }

    /** The running operation goes to wait, or to start over: nothing of it has taken effect. */
    void unbegin() {
        serial--;
    }

    private void continueBatch() {
        if (batchThread != Thread.currentThread()) {
            throw refusal();
        }
        // The gate is looked at each time: a closure that caught a ClosedFault and went on would touch memory that is gone.
        if ((serial & BATCH_REFRESH - 1) == 0 || state.word() != admitted) {
            breathe();
        }
    }

    /** In a long stay: lets the epoch move on and looks at the gate. Whatever was read from the log or index before is stale. */
    void breathe() {
        stay++;
        epoch.refresh(epochSlot);
        admit();
    }

    /** What misuse of the session ends in. */
    IllegalStateException refusal() {
        return new IllegalStateException(closed ? "session " + name + " is closed"
                : pooled && batchThread == null ? "a session of a batch was used after the end of the batch"
                : "session " + name + " is used by two threads at once, or from inside its own callback; take a session per thread");
    }

    /**
     * Claims the slot; false if another thread is inside, or the session or the store is closed. Once the session is closed the slot may be somebody
     * else's, whom this does not disturb.
     */
    private boolean enterSlot() {
        for (int attempt = 0; !epoch.tryEnter(epochSlot, idleWord); attempt++) {
            if (!epoch.awaitTurn(epochSlot, idleWord, attempt)) {
                return false;
            }
        }
        return true;
    }

    /** Enters a pooled session for one call of the store; false if another call has it. */
    boolean tryBorrow() {
        if (!epoch.tryEnter(epochSlot, idleWord)) {
            return false;
        }
        admitEntered();
        return true;
    }

    /** The rest of entering: the gate. On failure the slot is left again. Whoever gets in is in a session that is not closed: a close leaves for good. */
    private void admitEntered() {
        boolean admitted = false;
        try {
            admit();
            admitted = true;
        } finally {
            if (!admitted) {
                epoch.exit(epochSlot, idleWord);
            }
        }
    }

    /** Looks at the state, and at what is new in it. */
    private void admit() {
        long word = state.word();
        if (word != admitted) {
            meet(word);
        }
    }

    /** Waits outside while the gate is shut; then goes on by the phase. */
    private void meet(long seen) {
        long word = seen;
        for (int attempt = 0; SystemState.gate(word) != SystemState.Gate.OPEN && !passesGate; attempt++) {
            if (SystemState.gate(word) == SystemState.Gate.CLOSED) {
                serialAtClose = serial(); // whoever looks has taken back what he is about to do, because a checkpoint might cut here
                throw kernel.closed();
            }
            waitOutside(attempt);
            word = state.word();
        }
        CprGate.meet(this, word);
        admitted = word;
    }

    /**
     * Waits with all batches of this thread outside: who shut the gate waits for each of them. None but this is in the middle of an
     * operation, so none holds anything from the log or the index.
     */
    private void waitOutside(int attempt) {
        stepOutsideWithBatches();
        try {
            waits.pause(attempt);
        } finally {
            stepInsideWithBatches();
        }
    }

    /** Ends what {@link #enter} or {@link #tryBorrow} began. */
    void leave() {
        if (batchThread == null) {
            epoch.exit(epochSlot, idleWord);
        } else {
            completed = serial;
        }
    }

    /** Leaves the epoch to wait or allocate; the session stays the caller's. Whatever was read from the log or index before is stale. */
    void stepOutside() {
        stay++;
        epoch.suspend(epochSlot, idleWord);
    }

    /** Which stay in the epoch this is: who finds another number than before may touch nothing that it found in the log or index then. */
    long stay() {
        return stay;
    }

    void stepInside() {
        resume();
        admit();
    }

    /** Enters again without a look at the gate; nothing of the log or the index is touched before the next one. */
    void resume() {
        epoch.resume(epochSlot, idleWord);
    }

    /** Leaves the epoch with all batches of this thread: the progress of the device, or of who shut the gate, may need them to leave. */
    void stepOutsideWithBatches() {
        leaveOtherBatches();
        stepOutside();
    }

    /** The same for who is not inside this session. */
    void leaveOtherBatches() {
        for (Session batch = Callbacks.innermostBatch(); batch != null; batch = batch.outerBatch) {
            if (batch != this && batch.kernel == kernel) {
                batch.stepOutside();
            }
        }
    }

    /** Enters again; whoever called looks at the gate next. */
    void stepInsideWithBatches() {
        resume();
        resumeOtherBatches();
    }

    /** Ends what {@link #leaveOtherBatches} began. */
    void resumeOtherBatches() {
        for (Session batch = Callbacks.innermostBatch(); batch != null; batch = batch.outerBatch) {
            if (batch != this && batch.kernel == kernel) {
                batch.resume();
            }
        }
    }

    /** After a lost race, or for want of something: waits for it outside the epoch. Then the operation begins anew. */
    void startOver(int attempt) {
        if (attempt > MAX_ATTEMPTS) {
            throw new AssertionError("session " + name + " met a latched record or a changed entry " + attempt + " times; its holder is lost");
        }
        unbegin();
        try {
            if (needs.isDevice()) {
                needs.awaitDevice();
                admit();
            } else {
                awaitTurn(attempt);
            }
        } finally {
            beginOne();
        }
    }

    private void awaitTurn(int attempt) {
        count(Counter.RETRIES);
        stepOutside();
        try {
            if (!needs.makeRoom()) {
                waits.pause(attempt);
            }
        } finally {
            stepInside();
        }
    }

    /** Runs what needs no epoch, and may allocate, in the middle of an operation that has not taken effect. */
    void outside(Runnable work) {
        unbegin();
        stepOutside();
        try {
            work.run();
        } finally {
            try {
                stepInside();
            } finally {
                beginOne();
            }
        }
    }

    /** The rest of entering for what belongs to operations that were begun and counted before. */
    void enterAgain() {
        enter();
        serial--;
    }

    /** Whether it works behind a closed gate. */
    boolean passesGate() {
        return passesGate;
    }

    /** Whether it belongs to calls without a session, and nobody can complete later what was submitted in it. */
    boolean isPooled() {
        return pooled;
    }

    boolean isBatchOf(Thread thread) {
        return batchThread == thread;
    }

    /** Whether the current thread is in a batch of this store. */
    static boolean isInBatch(Kernel kernel) {
        for (Session batch = Callbacks.innermostBatch(); batch != null; batch = batch.outerBatch) {
            if (batch.kernel == kernel) {
                return true;
            }
        }
        return false;
    }

    void beginCallback() {
        Callbacks.begin(kernel);
    }

    void endCallback() {
        Callbacks.end();
    }

    // --- operations that are submitted and do not wait for the device ---

    private Pending pending() {
        Pending made = pending;
        return made == null ? makePending() : made;
    }

    private Pending makePending() {
        lock.lock();
        try {
            if (pending == null) {
                pending = new Pending(this);
            }
            return pending;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Reads. Where the key's chain goes on on the device this answers {@link Status#PENDING} and does not wait; otherwise the completion has
     * been told already. The number of pending operations is bounded: beyond it, this completes others first.
     */
    public Status submitGet(long key, long context, Completion completion) {
        return pending().submit(key, PendingOp.Kind.GET, null, 0, null, context, completion);
    }

    /** The same for a key of bytes. */
    public Status submitGet(byte[] key, int offset, int length, long context, Completion completion) {
        return pending().submit(key, offset, length, PendingOp.Kind.GET, null, 0, null, context, completion);
    }

    /** Updates an 8-byte value; see {@link #submitGet(long, long, Completion)} for what may be pending and {@link #rmw(long, Update, long)}. */
    public Status submitRmw(long key, LongRmw function, long operand, long context, Completion completion) {
        return pending().submit(key, PendingOp.Kind.UPDATE, Objects.requireNonNull(function), operand, null, context, completion);
    }

    /** The same for a key of bytes. */
    public Status submitRmw(byte[] key, int offset, int length, LongRmw function, long operand, long context, Completion completion) {
        return pending().submit(key, offset, length, PendingOp.Kind.UPDATE, Objects.requireNonNull(function), operand, null, context, completion);
    }

    /** Updates by the caller's function; what it is shown is a copy, and it may run more than once. */
    public Status submitRmw(long key, Rmw function, long context, Completion completion) {
        return pending().submit(key, PendingOp.Kind.APPLY, null, 0, Objects.requireNonNull(function), context, completion);
    }

    /** The same for a key of bytes. */
    public Status submitRmw(byte[] key, int offset, int length, Rmw function, long context, Completion completion) {
        return pending().submit(key, offset, length, PendingOp.Kind.APPLY, null, 0, Objects.requireNonNull(function), context, completion);
    }

    /**
     * Completes submitted operations whose reads have come, and tells their completions.
     *
     * @param wait whether to wait until none is pending
     * @return how many were completed
     * @throws io.tideline.fault.ClosedFault as {@link #close} does, where updates are left to a further close of the store; they stay pending
     */
    public int completePending(boolean wait) {
        return pending == null ? 0 : pending.complete(wait);
    }

    /** How many submitted operations are not completed. */
    public int pendingOperations() {
        return pending == null ? 0 : pending.count();
    }

    // --- buffers, filled inside the session but, where they must grow, outside the epoch ---

    /** Makes room in one of the session's buffers. */
    long room(Scratch scratch, long bytes) {
        if (!scratch.hasRoom(bytes)) {
            outside(() -> scratch.ensure(bytes));
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
            stepOutside(); // no member has begun
            try {
                group = new GroupOp(log);
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

    void count(Counter counter) {
        count(counter, 1);
    }

    /** What the store's read buffers take. */
    AtomicLong readBufferBytes() {
        return kernel.readBufferBytes;
    }

    void countLookup(DiskLookup ended) {
        count(Counter.DEVICE_LOOKUPS, 1);
        count(Counter.DEVICE_READS, ended.reads());
    }

    private void count(Counter counter, long more) {
        Words.setRelease(epochSlot + counter.offset, Words.get(epochSlot + counter.offset) + more);
    }

    long counted(Counter counter) {
        return Words.getAcquire(epochSlot + counter.offset);
    }

    /** Starts counting from zero; nobody is inside. */
    void resetSizes() {
        Words.setRelease(epochSlot + Counter.CREATED.offset, 0);
        Words.setRelease(epochSlot + Counter.DELETED.offset, 0);
        cutKeys = 0;
    }

    /**
     * Completes what is pending and gives the slot back; the second and later calls do nothing. Refused while another thread is inside. What
     * completions throw does not keep it from closing: the first of that is thrown once it is closed, the others are suppressed in it. Beside a close of
     * the store it waits for that one's checkpoint, which holds what was submitted.
     *
     * @throws io.tideline.fault.ClosedFault if updates are pending that only a further close of the store can bring to their effect, because one found no room
     *     on the disk, or somebody inside. The session stays open: close it again behind that, or behind {@link Store#abandon}
     */
    @Override
    public void close() {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            if (isOrphaned && kernel.isFreed()) {
                closed = true; // reaped behind a close of the store, which was all that was left to do
                freeBuffers();
                return;
            }
            if (pooled || batchThread != null) {
                throw refusal();
            }
            if (pending != null && Callbacks.isInside(kernel)) {
                throw Callbacks.refusal(); // else a completion that is told behind a close of the store would free what it is shown
            }
            Throwable thrown = pending == null ? null : kernel.isFreed() ? pending.tellDone() : pending.completeAll();
            boolean entered = enterSlot();
            if (entered ? pending != null && !pending.takeForGood() : !kernel.isClosed()) {
                if (entered) {
                    epoch.exit(epochSlot, idleWord);
                }
                IllegalStateException refused = refusal();
                Pending.join(refused, thrown);
                throw refused;
            }
            closed = true;
            try {
                if (entered) {
                    endPending();
                    freeBuffers();
                }
            } finally {
                if (entered) {
                    epoch.exitForGood(epochSlot);
                }
                kernel.sessionClosed(this, entry);
                epoch.release(epochSlot);
            }
            Callbacks.rethrow(thrown);
        } finally {
            lock.unlock();
        }
    }

    // --- in place of a thread that died inside ---

    /**
     * Takes the session out of the epoch if the thread of its batch died in it. What that thread last did to {@code batchThread} is seen once it is
     * not alive; if it still stands there then, the batch was not ended, so nobody else can have got in since.
     *
     * @return whether the session is such a one
     */
    boolean leaveForTheDead() {
        if (!lock.tryLock()) {
            return false; // whoever closes the session may wait for a close of the store that waits for what this call does; or another such call is at it
        }
        try {
            Thread owner = batchThread;
            if (closed || owner == null || owner.isAlive() || batchThread != owner) {
                return false;
            }
            if (!isOrphaned) {
                diedInOperation = serial > completed;
                if (diedInOperation) {
                    serial--;
                }
                isOrphaned = epoch.suspendForTheDead(epochSlot, idleWord);
            }
            return isOrphaned;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Closes such a session. Updates that were submitted take effect, because they were counted; nobody is told.
     *
     * @param helper a session of the caller's, to work in
     * @return false if somebody else has closed it
     */
    boolean closeForTheDead(Session helper) {
        lock.lock();
        try {
            if (closed) {
                return false;
            }
            if (pending != null) {
                failedUpdates = pending.closeForTheDead(helper);
            }
            if (group != null) {
                group.close();
            }
            closed = true;
            freeBuffers();
            kernel.sessionClosed(this, entry);
            epoch.exitForGood(epochSlot);
            epoch.release(epochSlot);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** What became of it. */
    ReapedSession reaped() {
        lock.lock();
        try {
            return new ReapedSession(name, serial(), diedInOperation, failedUpdates);
        } finally {
            lock.unlock();
        }
    }

    /** Waits for the device; what is still pending then, because the store was closed before the device had answered, is dropped. */
    private void endPending() {
        stepOutside();
        try {
            if (pending != null) {
                pending.close();
            }
            if (group != null) {
                group.close();
            }
        } finally {
            resume();
        }
    }

    private void freeBuffers() {
        key.scratch.close();
        value.scratch.close();
        old.close();
        needs.close();
    }
}
