package io.tideline.core;

import io.tideline.checkpoint.CheckpointKind;
import io.tideline.checkpoint.CommitStep;
import io.tideline.checkpoint.CommitWalk;
import io.tideline.checkpoint.CommittedLogStep;
import io.tideline.checkpoint.Durability;
import io.tideline.checkpoint.FoldOverStep;
import io.tideline.checkpoint.IndexStep;
import io.tideline.checkpoint.LogStep;
import io.tideline.checkpoint.LogStyle;
import io.tideline.checkpoint.Manifest;
import io.tideline.checkpoint.ManifestBuilder;
import io.tideline.checkpoint.Opaque;
import io.tideline.checkpoint.SessionPoint;
import io.tideline.checkpoint.SnapshotStep;
import io.tideline.checkpoint.StateMachine;
import io.tideline.checkpoint.Step;
import io.tideline.checkpoint.SystemState.Phase;
import io.tideline.checkpoint.UndoneRange;
import io.tideline.checkpoint.VersionCut;
import io.tideline.fault.FullFault;
import io.tideline.fault.IoFault;
import io.tideline.fault.StoreFault;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Takes a store's checkpoints, one at a time, on a thread of its own: puts the steps together, and knows the sessions that they are about.
 */
final class Checkpointer implements AutoCloseable, VersionCut.Sessions {
    private static final Logger LOG = System.getLogger(Checkpointer.class.getName());
    private static final int MAX_WAITING = 64;
    private static final long SESSIONS_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(60);

    private record Waiting(CheckpointRequest request, CompletableFuture<CommitPoint> future) {
    }

    private final Kernel kernel;
    private final StoreFiles files;
    private final StateMachine machine;
    /** Held while a checkpoint runs, and by whoever must not meet one. */
    private final Lock running;
    private final Lock queue;
    /** Under that lock, as the thread and the closing. */
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private Thread driver;
    private boolean closed;
    /** Whether the driver has to look at the queue. */
    private volatile boolean woken;
    private volatile CommitPoint lastCommit;
    private volatile long count;
    private volatile long nanos;
    private Session helper;
    private KeyCount keysAtCut;
    /** Of the log, when the store was opened. */
    private final long openedTail;
    /** Whether the newest image of the index survives a crash of the machine; otherwise no checkpoint that does may name it. */
    private boolean imageIsSynced;
    /** Whether it names addresses of a snapshot whose records have others in this life. */
    private boolean imageIsOfAnotherLog;
    /** Whether the checkpoint is that of the store's close. */
    private boolean isLast;

    Checkpointer(Kernel kernel, StoreFiles files) {
        this.kernel = kernel;
        this.running = kernel.waits.lock();
        this.queue = kernel.waits.lock();
        this.files = files;
        this.openedTail = kernel.log.tail();
        this.machine = new StateMachine(kernel.state, kernel.epoch);
        this.lastCommit = files.newest().map(CommitPoint::of).orElse(null);
        this.imageIsOfAnotherLog = lastCommit != null && lastCommit.logStyle() == LogStyle.SNAPSHOT;
        this.imageIsSynced = lastCommit != null && lastCommit.durability() == Durability.DISK;
    }

    Optional<CommitPoint> lastCommit() {
        return Optional.ofNullable(lastCommit);
    }

    /** How many checkpoints there were since the opening. */
    long count() {
        return count;
    }

    /** How long the newest took. */
    long nanos() {
        return nanos;
    }

    /** Has a checkpoint taken after those that wait. */
    CompletableFuture<CommitPoint> submit(CheckpointRequest request) {
        Waiting next = new Waiting(request, new CompletableFuture<>());
        queue.lock();
        try {
            if (closed) {
                throw kernel.closed();
            }
            if (waiting.size() == MAX_WAITING) {
                throw new IllegalStateException(MAX_WAITING + " checkpoints wait already; wait for one to end before the next is asked for");
            }
            waiting.add(next);
            if (driver == null) {
                driver = kernel.waits.thread("tideline-checkpointer", this::drive);
                kernel.waits.start(driver);
            }
            wakeDriver();
        } finally {
            queue.unlock();
        }
        return next.future;
    }

    private void drive() {
        for (Waiting next = next(); next != null; next = next()) {
            try {
                CommitPoint taken = run(next.request);
                tell(next, future -> future.complete(taken));
            } catch (Throwable failed) {
                tell(next, future -> future.completeExceptionally(failed));
            }
        }
    }

    /** On a thread that holds nothing and that nobody waits for, because what follows is the user's and may close the store. */
    private void tell(Waiting waiting, Consumer<CompletableFuture<CommitPoint>> outcome) {
        kernel.waits.detach("tideline-checkpoint-told", () -> outcome.accept(waiting.future));
    }

    private void wakeDriver() {
        woken = true;
        kernel.waits.wake(driver);
    }

    /** The next request; null when there will be none. */
    private Waiting next() {
        for (;;) {
            woken = false;
            queue.lock();
            try {
                if (!waiting.isEmpty() || closed) {
                    return waiting.poll();
                }
            } finally {
                queue.unlock();
            }
            kernel.waits.await(() -> woken);
        }
    }

    /** Runs what must not meet a checkpoint; waits for the one that runs. */
    void between(Runnable work) {
        running.lock();
        try {
            work.run();
        } finally {
            running.unlock();
        }
    }

    private CommitPoint run(CheckpointRequest request) {
        running.lock();
        try {
            files.manifests().requireSound();
            long start = kernel.waits.nanoTime();
            if (request.kind() == CheckpointKind.INDEX_ONLY) {
                takeIndex(request.durability());
            } else {
                take(request);
            }
            nanos = kernel.waits.nanoTime() - start;
            count = count + 1;
            return lastCommit;
        } finally {
            running.unlock();
        }
    }

    private void take(CheckpointRequest request) {
        long number = files.manifests().nextGeneration();
        Durability durability = request.durability();
        boolean hasImage = request.kind() == CheckpointKind.FULL || !hasImageOfThisIndex() || imageIsOfAnotherLog
                || durability == Durability.DISK && !imageIsSynced;
        VersionCut cut = new VersionCut(kernel.state, kernel.log, this);
        boolean isAside = request.logStyle() == LogStyle.SNAPSHOT;
        LogStep log = isAside ? new SnapshotStep(kernel.state, kernel.log, files.manifests(), files.device(), kernel.waits, files.storeId(), number, durability)
                : new FoldOverStep(kernel.log, durability);
        IndexStep index = hasImage
                ? new IndexStep(kernel.index, kernel.log, files.manifests(), files.device(), kernel.waits, files.storeId(), number, durability, null)
                : null;
        CommitStep commit = commitStep(() -> manifest(request, number, cut, log, index), this::committed);
        List<Step> steps = new ArrayList<>();
        if (hasImage) {
            steps.add(index);
        }
        steps.addAll(List.of(cut, log, commit));
        List<Phase> plan = new ArrayList<>();
        if (hasImage) {
            plan.add(Phase.INDEX);
        }
        plan.addAll(List.of(Phase.PREPARE, Phase.IN_PROGRESS, isAside ? Phase.SNAPSHOT : Phase.WAIT_FLUSH, Phase.PERSISTENCE_CALLBACK));
        run(plan, steps, commit);
        imageIsSynced = hasImage ? durability == Durability.DISK : imageIsSynced;
        imageIsOfAnotherLog &= !hasImage;
    }

    /** Takes an image of the index as the newest checkpoint has it, and names it in another manifest of that one's log. */
    private void takeIndex(Durability durability) {
        Manifest last = files.newest().orElseThrow(() -> new IllegalStateException("there is no checkpoint yet that an image of the index could go with;"
                + " take full() or logOnly() first"));
        if (last.log().begin() != kernel.log.begin()) {
            throw new IllegalStateException("the store was cleared since its newest checkpoint, so an image of its index cannot go with that; take full() or"
                    + " logOnly() first");
        }
        long number = files.manifests().nextGeneration();
        try (CommitWalk walk = new CommitWalk(kernel.epoch, kernel.log, kernel.waits, last)) {
            IndexStep index = new IndexStep(kernel.index, kernel.log, files.manifests(), files.device(), kernel.waits, files.storeId(), number, durability, walk);
            CommittedLogStep log = new CommittedLogStep(kernel.log, files.manifests(), files.device(), kernel.waits, last, files.storeId(), number, durability);
            CommitStep commit = commitStep(() -> {
                ManifestBuilder builder = last.toBuilder().generation(number).kind(CheckpointKind.INDEX_ONLY).durability(durability)
                        .createdAt(kernel.waits.currentTimeMillis()).image(index.image());
                log.describe(builder);
                return builder.build();
            }, same -> lastCommit = CommitPoint.of(same));
            run(List.of(Phase.INDEX, Phase.PERSISTENCE_CALLBACK), List.of(index, log, commit), commit);
        }
        imageIsSynced = durability == Durability.DISK;
        imageIsOfAnotherLog = false;
    }

    private CommitStep commitStep(Supplier<Manifest> manifest, Consumer<Manifest> onCommitted) {
        Supplier<Manifest> ofHeldDirectory = () -> {
            files.requireHeld();
            return manifest.get();
        };
        return new CommitStep(files.manifests(), kernel.config.retain(), ofHeldDirectory, onCommitted, needed -> {
            files.retired(needed);
            kernel.log.deleteBelow(needed.logFrom());
        });
    }

    /** A log whose chains were made with more buckets than those of the image would be replayed into too few. */
    private boolean hasImageOfThisIndex() {
        return files.newest().flatMap(Manifest::image).filter(image -> image.buckets() == kernel.index.buckets()).isPresent();
    }

    /** What goes wrong once the manifest is there does not take the checkpoint back. */
    private void run(List<Phase> plan, List<Step> steps, CommitStep commit) {
        try {
            machine.run(plan, steps);
        } catch (RuntimeException late) {
            files.noteFailure(late);
            if (commit.committed() == null) {
                throw late;
            }
            LOG.log(Level.WARNING, "checkpoint " + commit.committed().generation() + " is committed; what it made superfluous could not be removed yet", late);
        }
    }

    private Manifest manifest(CheckpointRequest request, long number, VersionCut cut, LogStep log, IndexStep index) {
        Optional<Manifest> before = files.newest();
        ManifestBuilder builder = new ManifestBuilder(Manifest.Configuration.of(files.identity())).generation(number).version(kernel.state.version() - 1)
                .kind(index == null ? CheckpointKind.LOG_ONLY : CheckpointKind.FULL).durability(request.durability()).createdAt(kernel.waits.currentTimeMillis())
                .undone(undone()).sessions(cut.points(), kernel.names.nextId())
                .cookie(request.cookie() != null ? Opaque.of(request.cookie()) : before.map(Manifest::cookie).orElse(Opaque.EMPTY))
                .tables(tables(before));
        log.describe(builder, kernel.log.begin(), cut.address());
        before.ifPresent(manifest -> builder.skipped(manifest.skipped()));
        Optional<Manifest.Image> image = index != null ? Optional.of(index.image()) : before.flatMap(Manifest::image);
        image.ifPresent(builder::image);
        return builder.build();
    }

    /** What recoveries took back, without what lies in front of the log's begin, where nobody looks. */
    private List<UndoneRange> undone() {
        return files.recovery().undone().stream().filter(range -> range.nextTail() > kernel.log.begin()).toList();
    }

    /** Those of the checkpoint before, whoever keeps something there, with the number of keys as it is now. */
    private Map<String, Opaque> tables(Optional<Manifest> before) {
        Map<String, Opaque> tables = new TreeMap<>();
        before.ifPresent(manifest -> tables.putAll(manifest.tables()));
        tables.put(KeyCount.TABLE, keysAtCut.toOpaque());
        return tables;
    }

    private void committed(Manifest manifest) {
        lastCommit = CommitPoint.of(manifest);
        for (Session session : kernel.names.committed(manifest)) {
            try {
                session.tellDurable();
            } catch (Throwable users) { // also an Error: the checkpoint is there, whatever becomes of who is told
                LOG.log(Level.WARNING, "what session " + session.name() + " is told of its durable operations by threw", users);
            }
        }
    }

    // --- what the cut needs of the sessions ---

    /**
     * An update that the device refuses counts all the same, because its session's later operations have taken effect. If nobody has been told of it by
     * the time that a checkpoint says so, and the process dies, then nobody ever is: so whoever asked for this checkpoint is told, in its place. The
     * last one has nobody to ask again.
     */
    @Override
    public void drainPending() {
        List<StoreFault> refused = new ArrayList<>();
        try {
            drainPending(refused);
        } catch (RuntimeException ended) {
            refused.forEach(ended::addSuppressed); // the next checkpoint meets them no more
            throw ended;
        }
        if (!refused.isEmpty() && !isLast) {
            IoFault ended = new IoFault("the checkpoint ended, because a submitted update could not be brought to its effect, and nobody knows of it yet; nothing"
                    + " was committed. Its session is told when it completes it; the next checkpoint counts it as done. " + refused.getFirst().getMessage(),
                    refused.getFirst());
            refused.stream().skip(1).forEach(ended::addSuppressed);
            throw ended;
        }
    }

    private void drainPending(List<StoreFault> refused) {
        kernel.beginCounting(kernel.state.version() + 1);
        long deadline = kernel.waits.nanoTime() + SESSIONS_TIMEOUT_NANOS;
        for (int attempt = 0; kernel.pendingUpdates.get() > 0; ) {
            if (kernel.waits.nanoTime() - deadline > 0) {
                throw new IoFault("the checkpoint ended, because " + kernel.pendingUpdates.get() + " submitted updates still wait for the device after "
                        + TimeUnit.NANOSECONDS.toSeconds(SESSIONS_TIMEOUT_NANOS) + " s; nothing was committed");
            }
            int drained = 0;
            for (Session session : kernel.sessionsNow()) {
                Pending pending = session.submitted();
                drained += pending == null ? 0 : pending.drain(helper(), deadline, refused::add);
            }
            if (drained > 0) {
                attempt = 0;
                deadline = kernel.waits.nanoTime() + SESSIONS_TIMEOUT_NANOS; // a slow device is no dead one
            } else {
                kernel.waits.pause(attempt++);
            }
        }
    }

    private Session helper() {
        if (helper == null) {
            helper = Session.ofDriver(kernel);
        }
        return helper;
    }

    @Override
    public List<SessionPoint> moveTo(long version) {
        long deadline = kernel.waits.nanoTime() + SESSIONS_TIMEOUT_NANOS;
        for (Session session : kernel.sessionsNow()) {
            for (int attempt = 0; kernel.hasOpen(session) && !session.tryMoveTo(version); attempt++) {
                if (kernel.waits.nanoTime() - deadline > 0) {
                    throw new IoFault("the checkpoint ended, because session " + session.name() + " stays inside the store; nothing was committed");
                }
                kernel.waits.pause(attempt);
            }
        }
        keysAtCut = kernel.keysBefore(version);
        return kernel.names.pointsBefore(version);
    }

    /** Takes the last checkpoint, behind a closed gate with nobody inside; what waits for one of its own is refused. */
    @Override
    public void close() {
        end();
        isLast = true;
        try {
            files.manifests().requireSound(); // else nobody knows with which manifest it would be closed
            if (!isAsItWasClosed()) {
                takeLast();
            }
            noteCleanClose();
        } finally {
            closeHelper();
        }
    }

    /** All is kept whether the note is there or not, so for want of room nobody is kept waiting. */
    private void noteCleanClose() {
        try {
            files.closedCleanly(kernel.log.begin());
        } catch (FullFault full) {
            LOG.log(Level.WARNING, "the store is closed, and its last checkpoint holds everything; the note that says so had no room: " + full.getMessage());
        }
    }

    /** With an image of the index, or if the disk has no room for that, of the log alone, where there is an image of an earlier checkpoint to go with it. */
    private void takeLast() {
        try {
            run(CheckpointRequest.full());
        } catch (FullFault full) {
            kernel.log.requireMendable(); // else room would be asked for in vain
            try {
                run(CheckpointRequest.logOnly());
            } catch (RuntimeException again) {
                full.addSuppressed(again);
                throw full;
            }
            LOG.log(Level.WARNING, "the store is closed with a checkpoint of the log alone, so the next opening replays more: " + full.getMessage());
        }
    }

    /** Whether nothing was done since the store was closed before, so that another checkpoint would say the same: what is changed behind a recovery is appended. */
    private boolean isAsItWasClosed() {
        boolean isSameLog = kernel.log.tail() == openedTail && kernel.pendingUpdates.get() == 0;
        boolean hasGoodImage = kernel.imageProblem().isEmpty() && hasImageOfThisIndex();
        return isSameLog && hasGoodImage && files.newest().filter(files::wasClosedWith)
                .filter(newest -> kernel.log.begin() == newest.log().begin()) // a clear appends nothing
                .filter(kernel.names::areAsIn).isPresent();
    }

    /** Ends without a last checkpoint. */
    void abandon() {
        end();
        closeHelper();
    }

    private void closeHelper() {
        if (helper != null) {
            helper.close();
            helper = null; // a close that the disk had no room for is called again
        }
    }

    /** Waits for the checkpoint that runs, and refuses those that wait. */
    private void end() {
        List<Waiting> refused;
        Thread ending;
        queue.lock();
        try {
            closed = true;
            refused = List.copyOf(waiting);
            waiting.clear();
            ending = driver;
            if (ending != null) {
                wakeDriver();
            }
        } finally {
            queue.unlock();
        }
        refused.forEach(each -> tell(each, future -> future.completeExceptionally(kernel.closed())));
        if (ending != null) {
            kernel.waits.join(ending);
        }
    }
}
