package io.tideline.core;

import io.tideline.hlog.HybridLog;
import io.tideline.memory.Words;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * A concurrent hash store of bytes. Every method may be called by any number of threads, platform or virtual, at once; operations are
 * linearizable per key. None needs a session: a call borrows one.
 *
 * <pre>{@code
 * try (Store store = Store.open(StoreConfig.builder().memory(1L << 30).build())) {
 *     store.put(42, 1);
 *     store.add(42, 5);
 *     long six = store.get(42, -1);
 * }
 * }</pre>
 */
public final class Store extends Operations implements AutoCloseable {
    private static final Executor ASYNC = task -> Thread.ofVirtual().name("tideline-async").start(task);

    private final Kernel kernel;
    private final SessionPool pool;
    private final AtomicLong sessionNumbers = new AtomicLong();

    private Store(Kernel kernel) {
        this.kernel = kernel;
        this.pool = new SessionPool(kernel);
    }

    /**
     * Opens a store. Without a directory it lives in memory until {@link #close}. With one it recovers what the directory's newest checkpoint
     * holds, or creates a new store there; from then on {@link #checkpoint()} and {@link #close} say what survives.
     *
     * @throws io.tideline.fault.StoreFault if the directory is in use, is not a store, is damaged, or was made with another configuration than
     *     this one gives; nothing of it was changed
     * @throws IllegalStateException if this JVM denies native access; the message names the flag
     */
    public static Store open(StoreConfig config) {
        return new Store(Kernel.open(config));
    }

    @Override
    Session enter() {
        if (kernel.usesCallbacks && Callbacks.isInside(kernel)) {
            throw Callbacks.refusal();
        }
        return pool.borrow();
    }

    @Override
    Session enterForGroup() {
        return enter();
    }

    /**
     * Runs the closure on a pooled session that holds the epoch across its operations; the session is not to be used after it, so what was
     * submitted to it is completed before this returns.
     */
    @Override
    public void batch(Consumer<Session> operations) {
        Session session = enter();
        try {
            session.runBatch(operations);
        } finally {
            session.leave();
        }
    }

    /**
     * Reads the 8-byte values of many keys without making the caller wait: as {@link #getAll}, on a virtual thread.
     *
     * @param keys copied before this returns
     * @return the values in the order of the keys, {@code ifAbsent} where there is none; fails with what {@code getAll} throws
     */
    public CompletableFuture<long[]> getAllAsync(long[] keys, long ifAbsent) {
        long[] wanted = keys.clone();
        return CompletableFuture.supplyAsync(() -> {
            long[] values = new long[wanted.length];
            getAll(wanted, values, 0, wanted.length, ifAbsent);
            return values;
        }, ASYNC);
    }

    /**
     * Updates many keys without making the caller wait: as {@link #rmwAll}, on a virtual thread.
     *
     * @param keys copied before this returns
     * @return completed when all are updated; fails with what {@code rmwAll} throws, when some may be
     */
    public CompletableFuture<Void> rmwAllAsync(long[] keys, Update update, long operand) {
        long[] wanted = keys.clone();
        Objects.requireNonNull(update);
        return CompletableFuture.runAsync(() -> rmwAll(wanted, 0, wanted.length, update, operand), ASYNC);
    }

    /** Opens a session with a name of the store's choosing, which checkpoints do not tell apart. */
    public Session openSession() {
        return openUnnamed("session ");
    }

    private Session openUnnamed(String kind) {
        if (kernel.isClosed()) {
            throw kernel.closed();
        }
        return new Session(kernel, kind + sessionNumbers.incrementAndGet(), false);
    }

    /**
     * Opens a session with a name, which stands in messages about it. In a store with a directory checkpoints tell the session apart by it, and the
     * name is taken until {@link #forgetSession}.
     *
     * @throws IllegalArgumentException if a checkpoint or an open session has the name
     */
    public Session openSession(String name) {
        Objects.requireNonNull(name);
        if (kernel.isClosed()) {
            throw kernel.closed();
        }
        if (!kernel.keepsSessions()) {
            return new Session(kernel, name, false);
        }
        NamedSessions.Entry entry = kernel.names.create(name);
        try {
            return new Session(kernel, name, entry);
        } catch (Throwable failed) {
            kernel.names.discard(entry);
            throw failed;
        }
    }

    /**
     * Goes on with a session that was closed, or that the store was recovered with. Its {@link Session#serial} says how many of its operations
     * the store holds: exactly those up to it. The user goes on with the one behind.
     *
     * @throws IllegalArgumentException if there is no such session
     * @throws IllegalStateException if it is open
     */
    public Session resumeSession(String name) {
        Objects.requireNonNull(name);
        if (kernel.isClosed()) {
            throw kernel.closed();
        }
        return new Session(kernel, name, kernel.names.resume(name));
    }

    /** The names of the sessions that checkpoints tell apart, open or not. */
    public List<String> sessionNames() {
        return kernel.names.names();
    }

    /** Gives a closed session's name back: from the next checkpoint on nobody can go on with it. */
    public void forgetSession(String name) {
        kernel.names.forget(name);
    }

    /**
     * Closes the sessions that hold the store back because the thread of a {@link Session#batch batch} died in it, in place of that thread. What it had
     * done stays, updates that it had submitted take effect unless the device refuses what they need ({@link ReapedSession#failedUpdates}), and a session
     * with a name can be {@linkplain #resumeSession resumed}. A thread that
     * lives, be it parked for good, keeps its session: that it is dead must be beyond doubt. A checkpoint or close that runs is waited for, once it does
     * not wait for one of these any more; behind a close they are only out of its way.
     *
     * @return the sessions that were closed, without those that another such call is closing at this moment; the store's own, behind calls without a session, are among them
     */
    public List<ReapedSession> reapSessions() {
        kernel.refuseInside("reapSessions");
        return kernel.reap();
    }

    /** Takes a checkpoint of index and log that survives a crash of the machine; see {@link #checkpoint(CheckpointRequest)}. */
    public CompletableFuture<CommitPoint> checkpoint() {
        return checkpoint(CheckpointRequest.full());
    }

    /**
     * Takes a checkpoint while operations go on: of every session it holds exactly those up to one, in the order of the session. Checkpoints
     * happen one after the other on a thread of the store.
     *
     * @return completed when nothing that the request's durability survives can take it back; fails with what went wrong, and then the store
     *     is as it was, with the checkpoints before. One that meets a submitted update that the device refuses ends with that fault, the next one
     *     counts the update as done
     * @throws IllegalStateException if the store has no directory, or too many checkpoints wait already
     */
    public CompletableFuture<CommitPoint> checkpoint(CheckpointRequest request) {
        return kernel.checkpointer().submit(Objects.requireNonNull(request));
    }

    /**
     * Makes everything that is in the log now read-only: who changes one of these values from now on copies it to the tail first. In a store that
     * goes to disk they are written there; nothing becomes durable by that, which is for {@link #checkpoint()} to say. Returns at once, though a
     * slower operation may still be about to change in place what it found before.
     *
     * @return the first log address that is still changed in place; all in front is on disk when {@link StoreStats#flushed} is as great
     */
    public long shiftReadOnly() {
        kernel.refuseInside("shiftReadOnly");
        return kernel.shiftReadOnly();
    }

    /** The newest checkpoint, to which a recovery would go back; empty before the first. */
    public Optional<CommitPoint> lastCommit() {
        return kernel.keepsSessions() ? kernel.checkpointer().lastCommit() : Optional.empty();
    }

    /**
     * Shows every entry. A key that is there during the whole call is shown exactly once, with a value that it had at some moment of it; one
     * that comes or goes meanwhile may be shown or not.
     */
    public void forEach(EntryVisitor visitor) {
        kernel.refuseInside("forEach");
        try (Session session = openUnnamed("forEach ")) {
            EntryWalk.walk(kernel, session, visitor);
        }
    }

    /** How many keys there are; exact when nobody is writing. Takes time by the number of sessions, not of keys. */
    public long approximateSize() {
        return kernel.size();
    }

    /**
     * Forgets every key and gives the memory back. Operations of others wait meanwhile; each happens before or after it.
     *
     * @throws io.tideline.fault.StoreFault if the device did not end its writes in time, then nothing was changed; or if files could not be
     *     removed, then they are all that is left
     */
    public void clear() {
        kernel.refuseInside("clear");
        kernel.exclusively(() -> {
            kernel.log.clear(() -> {
                kernel.index.clear();
                kernel.resetSizes();
            });
            kernel.deleteCleared();
        });
    }

    public StoreStats stats() {
        HybridLog log = kernel.log;
        return kernel.whileOpen(() -> new StoreStats(kernel.counted(Counter.CREATED), kernel.counted(Counter.DELETED),
                kernel.counted(Counter.COPIED), kernel.counted(Counter.APPENDED), kernel.counted(Counter.RETRIES), kernel.index.sizeBytes(),
                kernel.index.overflowBuckets(), log.usedBytes(), log.memoryBytes(), kernel.readBufferBytes.get(), kernel.counted(Counter.DEVICE_LOOKUPS),
                kernel.counted(Counter.DEVICE_READS), kernel.counted(Counter.COPIED_UP), log.writtenBytes(), log.pendingDeleteBytes(), log.openFiles(), kernel.throttle.count(),
                kernel.throttle.nanos(), log.begin(), log.head(), log.flushed(), log.readOnly(), log.tail(), kernel.openSessions(),
                kernel.index.hasHugePages(), log.hasHugePages(), Words.doorName(), kernel.deviceModel(), kernel.deviceFallback(),
                CheckpointStats.of(kernel), kernel.housekeeper.stallWatch().lastStall()));
    }

    public StoreConfig config() {
        return kernel.config;
    }

    Kernel kernel() {
        return kernel;
    }

    /**
     * Waits for the operations that are inside, takes a checkpoint of what is kept in a directory, unless nothing was done since an earlier close, then frees the
     * memory; later operations end in a {@link io.tideline.fault.ClosedFault}. Idempotent, from any thread but one that is in a batch or callback of this store.
     *
     * @throws IllegalStateException if somebody stays inside for 30 s; the message names them. Nothing was written or freed then, and a later
     *     close tries again
     * @throws io.tideline.fault.FullFault if the disk has no room for what is in memory. Nothing was freed then, the directory stays in use, and a later close
     *     tries again; {@link #abandon} gives it up
     * @throws io.tideline.fault.StoreFault if the device fails otherwise. The store is closed, and holds what its newest checkpoint does
     */
    @Override
    public void close() {
        kernel.refuseInside("close");
        kernel.close();
    }

    /**
     * Closes the store as {@link #close} does, but without a checkpoint: as if the process had died, what was done since the last one is gone. For
     * who cannot vouch for what is in the store, or cannot make the room that a close asked for.
     *
     * @throws IllegalStateException if somebody stays inside for 30 s; a later call tries again
     */
    public void abandon() {
        kernel.refuseInside("abandon");
        kernel.abandon();
    }
}
