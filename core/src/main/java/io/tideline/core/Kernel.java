package io.tideline.core;

import io.tideline.epoch.Epoch;
import io.tideline.epoch.Housekeeper;
import io.tideline.fault.ClosedFault;
import io.tideline.hlog.HybridLog;
import io.tideline.hlog.MutabilityPolicy;
import io.tideline.index.HashIndex;
import io.tideline.index.KeyHash;
import io.tideline.memory.Waits;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * What the sessions of one store share: the epoch, the log, the index, and the gate at which operations are let in.
 *
 * <p><b>The gate.</b> {@code state} is OPEN, PAUSED or CLOSED. Whoever enters announces itself first and looks at the gate after that;
 * whoever changes the gate then waits until everybody who was inside has left or looked again. So behind a closed gate nobody touches
 * memory, and the announcement's fence makes sure that one of the two sees the other.
 */
final class Kernel {
    private static final long GATE_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(30);

    private enum Gate { OPEN, PAUSED, CLOSED }

    final StoreConfig config;
    final Waits waits;
    final Epoch epoch;
    /** Null where the store lives in memory only. */
    private final StoreFiles files;
    final HybridLog log;
    final HashIndex index;
    final KeyHash hash;
    final Housekeeper housekeeper;
    final Throttle throttle;
    /** Operations of all sessions that wait for the device. */
    final AtomicInteger pending = new AtomicInteger();
    /** Bytes of the buffers of all lookups, those that rest included. */
    final AtomicLong readBufferBytes = new AtomicLong();
    /** Open sessions, the pool's included. */
    final Set<Session> sessions = ConcurrentHashMap.newKeySet();
    /** What closed sessions counted; under the monitor of sessions. */
    private final long[] retired = new long[Counter.values().length];
    /** Whether a user's function ever ran; until then nobody looks for calls from inside one. */
    volatile boolean usesCallbacks;
    private volatile Gate gate = Gate.OPEN;
    /** Whether the close found nobody inside any more; under the monitor. */
    private boolean emptied;
    /** Held by whoever looks at the log and index from outside the epoch, and by whoever frees or empties them. */
    private final Object mapped = new Object();

    Kernel(StoreConfig config) {
        this.config = config;
        this.waits = config.waits();
        this.hash = new KeyHash(config.hashSeed());
        this.epoch = new Epoch(waits);
        this.files = config.spills() ? StoreFiles.create(config) : null;
        this.log = openLog();
        this.index = openIndex();
        this.housekeeper = config.housekeeper().apply(epoch, waits);
        this.throttle = new Throttle(this);
    }

    private HybridLog openLog() {
        try {
            return new HybridLog(epoch, config.pageBits(), config.memory() >>> config.pageBits(),
                    MutabilityPolicy.ofFraction(config.mutableFraction()), config.hugePages(), files == null ? null : files.logDevice(), waits);
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

    /** Whether operations may go on; the fast look of everyone who has announced itself. */
    boolean isOpen() {
        return gate == Gate.OPEN;
    }

    boolean isClosed() {
        return gate == Gate.CLOSED;
    }

    ClosedFault closed() {
        return new ClosedFault("the store is closed; nothing was read or changed. Open it again with Store.open");
    }

    /** Runs {@code work} while no operation is inside and none gets in. */
    synchronized void exclusively(Runnable work) {
        if (isClosed()) {
            throw closed();
        }
        gate = Gate.PAUSED;
        try {
            awaitEmpty("clear");
            synchronized (mapped) {
                work.run();
            }
        } finally {
            gate = Gate.OPEN;
        }
    }

    /** Looks at the store's own words, which a close would free. Never waits for operations to leave. */
    <T> T whileOpen(Supplier<T> look) {
        synchronized (mapped) {
            if (isClosed()) {
                throw closed();
            }
            return look.get();
        }
    }

    /**
     * Closes the gate, waits for those inside, brings the log to the device if there is one, then frees the memory; idempotent. Where somebody
     * stays inside, the next call tries again.
     */
    synchronized void close() {
        if (emptied) {
            return;
        }
        gate = Gate.CLOSED;
        awaitEmpty("close");
        emptied = true;
        try {
            if (files != null && config.keepFiles()) {
                log.flushAll();
                files.closedCleanly(log.begin(), log.tail());
            }
        } catch (Throwable failed) {
            try {
                free();
            } catch (Throwable more) {
                failed.addSuppressed(more);
            }
            throw failed;
        }
        free();
    }

    private void free() {
        epoch.close(); // before the log: an action that ran later would touch frontiers that are gone
        housekeeper.close();
        try {
            synchronized (mapped) {
                try {
                    log.close();
                } finally {
                    index.close();
                }
            }
        } finally {
            if (log.isIdle()) {
                closeFiles();
            }
        }
    }

    private void awaitEmpty(String what) {
        if (!epoch.awaitAllPassed(GATE_TIMEOUT_NANOS)) {
            List<String> inside = epoch.inside();
            throw new IllegalStateException("cannot " + what + " the store: still inside after "
                    + TimeUnit.NANOSECONDS.toSeconds(GATE_TIMEOUT_NANOS) + " s: " + inside + (isClosed()
                    ? ". The store takes no more operations; nothing was written or freed under them. Close it again once they have left"
                    : ". Nothing was changed"));
        }
    }

    /** Refuses what would wait for its own thread. */
    void refuseInside(String what) {
        if (usesCallbacks && Callbacks.isInside(this) || Session.isInBatch(this)) {
            throw new IllegalStateException(what + " was called from inside a batch or a callback of the same store");
        }
    }

    /** Takes over what a session counted. The store may be closed already. */
    void sessionClosed(Session session) {
        synchronized (sessions) {
            for (Counter counter : Counter.values()) {
                retired[counter.ordinal()] += session.counted(counter);
            }
            sessions.remove(session);
        }
    }

    /** Forgets what was created and deleted; nobody is inside. */
    void resetSizes() {
        synchronized (sessions) {
            sessions.forEach(Session::resetSizes);
            retired[Counter.CREATED.ordinal()] = 0;
            retired[Counter.DELETED.ordinal()] = 0;
        }
    }

    /** Live keys: what was created less what was deleted. */
    long size() {
        synchronized (sessions) {
            return counted(Counter.CREATED) - counted(Counter.DELETED);
        }
    }

    /** What all sessions counted together, the closed ones included. */
    long counted(Counter counter) {
        synchronized (sessions) {
            return retired[counter.ordinal()] + sessions.stream().mapToLong(session -> session.counted(counter)).sum();
        }
    }
}
