package io.tideline.core;

import io.tideline.checkpoint.LostGeneration;
import io.tideline.checkpoint.Recovery;
import io.tideline.checkpoint.RecoveryWork;
import io.tideline.checkpoint.SystemState;
import io.tideline.checkpoint.SystemState.Gate;
import io.tideline.epoch.Epoch;
import io.tideline.epoch.Housekeeper;
import io.tideline.fault.ClosedFault;
import io.tideline.fault.CorruptionFault;
import io.tideline.fault.FullFault;
import io.tideline.fault.FullFault.Place;
import io.tideline.hlog.HybridLog;
import io.tideline.hlog.LogExtent;
import io.tideline.hlog.MutabilityPolicy;
import io.tideline.index.HashIndex;
import io.tideline.index.KeyHash;
import io.tideline.memory.Waits;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Lock;
import java.util.function.Supplier;

/**
 * What the sessions of one store share: the epoch, the log, the index, and the gate at which operations are let in.
 *
 * <p><b>The gate.</b> It is OPEN, PAUSED or CLOSED, and stands in one word with the phase and version of checkpoints. Whoever enters announces itself first and looks at the gate after that;
 * whoever changes the gate then waits until everybody who was inside has left or looked again. So behind a closed gate nobody touches
 * memory, and the announcement's fence makes sure that one of the two sees the other.
 */
final class Kernel {
    private static final long GATE_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(30);
    /** In which whoever only looks at the gate has left again. */
    private static final long PASSING_NANOS = TimeUnit.SECONDS.toNanos(1);

    final StoreConfig config;
    final Waits waits;
    final Epoch epoch;
    /** The gate, and how far a checkpoint is. */
    final SystemState state;
    /** Those that checkpoints tell apart. */
    final NamedSessions names;
    /** Submitted updates that have not taken effect. */
    final AtomicInteger pendingUpdates = new AtomicInteger();
    /** Null where the store lives in memory only. */
    private final StoreFiles files;
    /** Null where nothing is kept. */
    private final Checkpointer checkpointer;
    private final String imageProblem;
    final HybridLog log;
    /** Null where nothing that is read from the device is copied to the tail. */
    final RecentReads recentReads;
    final HashIndex index;
    final KeyHash hash;
    final Housekeeper housekeeper;
    final Throttle throttle;
    /** Operations of all sessions that wait for the device. */
    final AtomicInteger pending = new AtomicInteger();
    /** Bytes of the buffers of all lookups, those that rest included. */
    final AtomicLong readBufferBytes = new AtomicLong();
    private final Lock sessionsLock;
    /** Open sessions in the order of their opening, the pool's included; under that lock. */
    private final Set<Session> sessions = new LinkedHashSet<>();
    /** What closed sessions counted; under that lock. */
    private final long[] retired = new long[Counter.values().length];
    /** What closed sessions counted in the version that they were closed in, by its parity; under that lock. */
    private final long[] keysOfVersion = new long[2];
    /** Whether a user's function ever ran; until then nobody looks for calls from inside one. */
    volatile boolean usesCallbacks;
    /** Held by whoever shuts the gate. */
    private final Lock closing;
    /** Whether a close has come to its end; changed under that lock. */
    private volatile boolean freed;
    /** Whether a close runs whose last checkpoint is still to come, or under way. */
    private volatile boolean ending;
    /** Held by whoever looks at the log and index from outside the epoch, and by whoever frees or empties them. */
    private final Lock mapped;

    /** Opens a store; goes back to older checkpoints where the newest is damaged and the configuration allows that. */
    static Kernel open(StoreConfig wanted) {
        FallBack back = new FallBack(wanted.fallsBack());
        for (;;) {
            try {
                return new Kernel(wanted, back);
            } catch (CorruptionFault damage) {
                back.passOver(damage);
            }
        }
    }

    private Kernel(StoreConfig wanted, FallBack back) {
        this.waits = wanted.waits();
        this.sessionsLock = waits.lock();
        this.closing = waits.lock();
        this.mapped = waits.lock();
        this.epoch = new Epoch(waits);
        this.files = wanted.spills() ? StoreFiles.open(wanted, back) : null;
        this.config = files == null ? wanted : files.config();
        this.hash = new KeyHash(config.hashSeed());
        this.names = new NamedSessions(config.maxNamedSessions());
        this.recentReads = newRecentReads();
        this.log = openLog();
        this.index = openIndex();
        if (config.preTouch()) {
            log.preTouch();
            index.preTouch();
        }
        this.imageProblem = recover();
        this.state = new SystemState(files == null ? SystemState.FIRST_VERSION : files.recovery().nextVersion());
        this.housekeeper = config.housekeeper().apply(epoch, waits);
        this.throttle = new Throttle(this);
        this.checkpointer = files == null || !config.keepFiles() ? null : new Checkpointer(this, files);
    }

    private RecentReads newRecentReads() {
        try {
            return files != null && config.copyReadsUp() ? new RecentReads(config.memory()) : null;
        } catch (Throwable failed) {
            closeFiles();
            throw failed;
        }
    }

    private HybridLog openLog() {
        try {
            return new HybridLog(epoch, config.pageBits(), config.memory() >>> config.pageBits(),
                    MutabilityPolicy.ofFraction(config.mutableFraction()), config.hugePages(), files == null ? null : files.logDevice(),
                    files == null ? LogExtent.EMPTY : files.recovery().extent(), waits);
        } catch (Throwable failed) {
            closeFiles();
            throw failed;
        }
    }

    private HashIndex openIndex() {
        try {
            return new HashIndex(epoch, config.buckets(), Math.max(1024, config.buckets()), config.hugePages());
        } catch (Throwable failed) {
            log.close();
            closeFiles();
            throw failed;
        }
    }

    /** Fills the index with what the files hold; why its image was of no use, if it was not. */
    private String recover() {
        if (files == null) {
            return "";
        }
        try {
            Recovery recovery = files.recovery();
            recovery.fill(epoch, index, log, hash, files.device(), waits, config.recoveryProgress());
            files.newest().ifPresent(manifest -> {
                names.recover(manifest);
                retired[Counter.CREATED.ordinal()] = KeyCount.of(manifest).keys();
                retired[Counter.APPENDED.ordinal()] = KeyCount.of(manifest).blind();
            });
            files.beginLife(log);
            return recovery.imageProblem();
        } catch (Throwable failed) {
            epoch.close();
            index.close();
            try {
                log.close();
            } finally {
                closeFiles();
            }
            throw failed;
        }
    }

    /** Why the image of the index that the newest checkpoint has was of no use at the opening; empty where it was, or where there was none. */
    String imageProblem() {
        return imageProblem;
    }

    /** What the opening read. */
    RecoveryWork recoveryWork() {
        return files == null ? RecoveryWork.NONE : files.recovery().work();
    }

    /** The checkpoints that the opening passed over, the newest first. */
    List<LostGeneration> lost() {
        return files == null ? List.of() : files.manifests().lost();
    }

    /** Who takes checkpoints of this store; refused where nothing is kept. */
    Checkpointer checkpointer() {
        if (checkpointer == null) {
            throw new IllegalStateException("the store has no directory that is kept, so there is nothing to take a checkpoint to; configure directory(path)");
        }
        return checkpointer;
    }

    /** Whether checkpoints tell named sessions apart. */
    boolean keepsSessions() {
        return checkpointer != null;
    }

    /** Registers a session, of the version of this moment. */
    void add(Session session) {
        sessionsLock.lock();
        try {
            session.begin(state.version());
            sessions.add(session);
        } finally {
            sessionsLock.unlock();
        }
    }

    /** Every session that may have operated before this moment. */
    List<Session> sessionsNow() {
        sessionsLock.lock();
        try {
            return List.copyOf(sessions);
        } finally {
            sessionsLock.unlock();
        }
    }

    /** Whether it is not closed yet. */
    boolean hasOpen(Session session) {
        sessionsLock.lock();
        try {
            return sessions.contains(session);
        } finally {
            sessionsLock.unlock();
        }
    }

    /** How many there are, the pool's included. */
    int openSessions() {
        sessionsLock.lock();
        try {
            return sessions.size();
        } finally {
            sessionsLock.unlock();
        }
    }

    private void closeFiles() {
        if (files != null) {
            files.close();
        }
    }

    /** The I/O model in use, {@code none} without files. */
    String deviceModel() {
        return files == null ? "none" : files.model();
    }

    /** Why that is not the model that was configured; empty where it is. */
    String deviceFallback() {
        return files == null ? "" : files.fallback();
    }

    boolean isClosed() {
        return state.gate() == Gate.CLOSED;
    }

    ClosedFault closed() {
        return new ClosedFault("the store is closed; nothing was read or changed. Open it again with Store.open");
    }

    /** Runs {@code work} while no operation is inside and none gets in. */
    void exclusively(Runnable work) {
        closing.lock();
        try {
            if (checkpointer == null) {
                pausedFor(work);
            } else {
                checkpointer.between(() -> pausedFor(work));
            }
        } finally {
            closing.unlock();
        }
    }

    private void pausedFor(Runnable work) {
        if (isClosed()) {
            throw closed();
        }
        state.setGate(Gate.PAUSED);
        try {
            awaitEmpty("clear");
            mapped.lock();
            try {
                work.run();
            } finally {
                mapped.unlock();
            }
        } finally {
            state.setGate(Gate.OPEN);
        }
    }

    /** Makes everything that is in the log read-only; the address in front of which it is. Meets neither a close nor a clear. */
    long shiftReadOnly() {
        closing.lock();
        try {
            if (isClosed()) {
                throw closed();
            }
            return log.closeStretch();
        } finally {
            closing.unlock();
        }
    }

    /** Removes the files of what was cleared, as far as no checkpoint needs them. */
    void deleteCleared() {
        if (files != null) {
            log.deleteBelow(checkpointer == null ? log.begin() : files.neededFrom());
        }
    }

    /** Looks at the store's own words unless a close has freed them; {@code gone} if it has. */
    <T> T whileThere(Supplier<T> look, T gone) {
        mapped.lock();
        try {
            return freed ? gone : look.get();
        } finally {
            mapped.unlock();
        }
    }

    /** Looks at the store's own words, which a close would free. Never waits for operations to leave. */
    <T> T whileOpen(Supplier<T> look) {
        mapped.lock();
        try {
            if (isClosed()) {
                throw closed();
            }
            return look.get();
        } finally {
            mapped.unlock();
        }
    }

    /**
     * Closes the gate, waits for those inside, brings the log to the device if there is one, then frees the memory; idempotent. Where somebody
     * stays inside, or the disk has no room, nothing is freed, and the next call tries again.
     */
    void close() {
        close(checkpointer != null);
    }

    /** The same, but nothing is brought to the device. */
    void abandon() {
        close(false);
    }

    private void close(boolean takesCheckpoint) {
        closing.lock();
        try {
            if (freed) {
                return;
            }
            ending = true; // before the gate: who meets that shut may rely on it
            state.setGate(Gate.CLOSED);
            awaitEmpty("close");
            if (takesCheckpoint) {
                requireOutside(GATE_TIMEOUT_NANOS); // for that it waits for every session
            }
            end(takesCheckpoint);
        } finally {
            ending = false;
            closing.unlock();
        }
    }

    private void end(boolean takesCheckpoint) {
        try {
            if (takesCheckpoint) {
                checkpointer.close();
            } else if (checkpointer != null) {
                checkpointer.abandon();
            }
        } catch (Throwable failed) {
            // Where the next one may go through nothing is freed: the only place where what is unsaved is, is the memory.
            if (failed instanceof FullFault full && full.place() == Place.DISK) {
                throw notClosed(full);
            }
            if (takesCheckpoint) {
                requireNobodyInItsWay(failed);
            }
            try {
                free();
            } catch (Throwable more) {
                failed.addSuppressed(more);
            }
            throw failed;
        }
        free();
    }

    /** A batch that was suspended when the checkpoint began, and then stayed inside, may be why it failed. */
    private void requireNobodyInItsWay(Throwable failed) {
        try {
            requireOutside(PASSING_NANOS);
        } catch (IllegalStateException inside) {
            inside.addSuppressed(failed);
            throw inside;
        }
    }

    private static FullFault notClosed(FullFault full) {
        return new FullFault(Place.DISK, "the store is not closed, and nothing is lost: it takes no more operations, and keeps in memory what has no room on the disk. Make"
                + " room, then close it again, or give up what came behind its newest checkpoint with abandon(). " + full.getMessage(), full);
    }

    /**
     * Closes the sessions whose threads died in a batch: first all of them leave the epoch, because a checkpoint or a close that runs may wait for
     * that; the rest is done while neither does. Behind a close there is no rest.
     */
    List<ReapedSession> reap() {
        List<Session> dead = sessionsNow().stream().filter(Session::leaveForTheDead).toList();
        if (dead.isEmpty()) {
            return List.of();
        }
        closing.lock();
        try {
            List<Session> reaped = new ArrayList<>();
            if (isClosed()) {
                reaped.addAll(dead);
            } else if (checkpointer == null) {
                close(dead, reaped);
            } else {
                checkpointer.between(() -> close(dead, reaped));
            }
            return reaped.stream().map(Session::reaped).toList();
        } finally {
            closing.unlock();
        }
    }

    private void close(List<Session> dead, List<Session> reaped) {
        try (Session helper = new Session(this, "reaping", false)) {
            for (Session session : dead) {
                if (session.closeForTheDead(helper)) {
                    reaped.add(session);
                }
            }
        }
    }

    /** Whether a close has done its last checkpoint, or given that up. */
    boolean isFreed() {
        return freed;
    }

    /** Whether a checkpoint of a close may still bring submitted updates to their effect. */
    boolean isEnding() {
        return ending && !freed;
    }

    private void free() {
        freed = true;
        epoch.close(); // before the log: an action that ran later would touch frontiers that are gone
        housekeeper.close();
        try {
            mapped.lock();
            try {
                try {
                    log.close();
                } finally {
                    index.close();
                }
            } finally {
                mapped.unlock();
            }
        } finally {
            if (log.isIdle()) {
                closeFiles();
            }
        }
    }

    private void awaitEmpty(String what) {
        if (!epoch.awaitAllPassed(GATE_TIMEOUT_NANOS)) {
            throw stillInside(what, epoch.inside());
        }
    }

    /**
     * Waits until each session has been outside for a moment. A batch that was refused at the gate may go on without the store: a checkpoint that met it would end there, and what it
     * was to keep would be lost. One that is suspended counts as outside, and comes back.
     */
    private void requireOutside(long timeoutNanos) {
        long deadline = waits.nanoTime() + timeoutNanos;
        for (Session session : sessionsNow()) {
            for (int attempt = 0; hasOpen(session) && !session.isOutside(); attempt++) {
                if (waits.nanoTime() - deadline > 0) {
                    throw stillInside("close", List.of(session.name()));
                }
                waits.pause(attempt);
            }
        }
    }

    private IllegalStateException stillInside(String what, List<String> inside) {
        return new IllegalStateException("cannot " + what + " the store: still inside after " + TimeUnit.NANOSECONDS.toSeconds(GATE_TIMEOUT_NANOS) + " s: " + inside
                + (isClosed() ? ". The store takes no more operations; nothing was written or freed under them. Close it again once they have left" : ". Nothing was changed"));
    }

    /** Refuses what would wait for its own thread. */
    void refuseInside(String what) {
        if (usesCallbacks && Callbacks.isInside(this) || Session.isInBatch(this)) {
            throw new IllegalStateException(what + " was called from inside a batch or a callback of the same store");
        }
    }

    /** Takes over what a session counted. The store may be closed already. */
    void sessionClosed(Session session, NamedSessions.Entry entry) {
        sessionsLock.lock();
        try {
            if (entry != null) {
                names.closed(entry, session);
            }
            for (Counter counter : Counter.values()) {
                retired[counter.ordinal()] += session.counted(counter);
            }
            if (session.version() == state.version()) { // else it was created before what is counted now
                keysOfVersion[(int) session.version() & 1] += session.keys() - session.cutKeys();
            }
            sessions.remove(session);
        } finally {
            sessionsLock.unlock();
        }
    }

    /** Forgets what was created and deleted; nobody is inside. */
    void resetSizes() {
        sessionsLock.lock();
        try {
            sessions.forEach(Session::resetSizes);
            retired[Counter.CREATED.ordinal()] = 0;
            retired[Counter.DELETED.ordinal()] = 0;
            Arrays.fill(keysOfVersion, 0);
        } finally {
            sessionsLock.unlock();
        }
    }

    /** No session is of that version yet. */
    void beginCounting(long version) {
        sessionsLock.lock();
        try {
            keysOfVersion[(int) version & 1] = 0;
        } finally {
            sessionsLock.unlock();
        }
    }

    /** How many keys there were when a version began, which all sessions are of. */
    KeyCount keysBefore(long version) {
        sessionsLock.lock();
        try {
            long keys = retired[Counter.CREATED.ordinal()] - retired[Counter.DELETED.ordinal()] - keysOfVersion[(int) version & 1];
            return new KeyCount(keys + sessions.stream().mapToLong(Session::cutKeys).sum(), counted(Counter.APPENDED));
        } finally {
            sessionsLock.unlock();
        }
    }

    /** Live keys: what was created less what was deleted. */
    long size() {
        sessionsLock.lock();
        try {
            return counted(Counter.CREATED) - counted(Counter.DELETED);
        } finally {
            sessionsLock.unlock();
        }
    }

    /** What all sessions counted together, the closed ones included. */
    long counted(Counter counter) {
        sessionsLock.lock();
        try {
            return retired[counter.ordinal()] + sessions.stream().mapToLong(session -> session.counted(counter)).sum();
        } finally {
            sessionsLock.unlock();
        }
    }
}
