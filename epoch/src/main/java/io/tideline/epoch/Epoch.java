package io.tideline.epoch;

import static io.tideline.epoch.EpochSlotLayout.MARK;
import static io.tideline.epoch.EpochSlotLayout.UNOWNED;
import static io.tideline.epoch.EpochSlotLayout.held;
import static io.tideline.epoch.EpochSlotLayout.suspended;

import io.tideline.memory.Probe;
import io.tideline.memory.Region;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import java.lang.ref.Reference;
import java.util.List;
import java.util.concurrent.locks.Lock;

/**
 * Epoch protection: memory that was reachable when a thread entered stays valid until that thread exits or refreshes
 * (Chandramouli et al., FASTER, SIGMOD 2018, §2.3–2.4).
 *
 * <p><b>State.</b> The current epoch, from 1, one word that only grows; the {@link EpochTable}; the {@link DrainList}.
 *
 * <p><b>Invariants.</b> (1) A slot announces an epoch that was current at or before its entering; announcing an old one is only
 * conservative. (2) The announcement is visible before any later load of shared memory by that thread. (3) An action registered by
 * {@link #bump} runs after everybody who was inside at the bump has exited or refreshed, exactly once.
 *
 * <p><b>Who writes what.</b> A slot: its owner. The current epoch: {@link #bump}.
 *
 * <p><b>Linearisation points.</b> {@link #tryEnter}: the CAS of the slot. {@link #exit}: its release store.
 *
 * <p>Entering is the compare-and-set idle → epoch, where the idle word is the owner's own. It announces, it detects two threads in one slot and
 * who comes too late, and it hands the owner's plain fields over from the thread that exited last. Nothing may block between enter and exit. Actions run on whichever thread drains; they only
 * move frontiers and hand work over.
 *
 * <p>The slots can be touched for as long as anybody holds this object, whether it is closed or not: a thread that saw an open store a
 * moment ago may still announce itself or look at the drain list. A reachability fence therefore ends each method of the operations' path,
 * which the JIT could otherwise run on after the last use of {@code this}. What the epoch protects is not kept.
 */
public final class Epoch implements AutoCloseable {
    private static final int DRAIN_CAPACITY = 256;
    private static final int SLOTS_PER_CHUNK = 64;
    private static final long FIRST_EPOCH = 1;
    /** Answer of {@link #tryHold}. */
    public static final long NOT_HELD = -1;

    private final Waits waits;
    private final EpochTable table;
    private final DrainList drainList;
    private final Region region = Region.allocateUntilUnreachable(EpochSlotLayout.SIZE_BYTES);
    private final long currentWord = region.address();
    private volatile Runnable pendingListener = () -> { };
    private final Lock closing;
    /** Under that lock. */
    private boolean closed;

    public Epoch(Waits waits) {
        this(waits, SLOTS_PER_CHUNK, DRAIN_CAPACITY);
    }

    Epoch(Waits waits, int slotsPerChunk, int drainCapacity) {
        this.waits = waits;
        this.closing = waits.lock();
        this.table = new EpochTable(waits, slotsPerChunk);
        this.drainList = new DrainList(drainCapacity);
        Words.setVolatile(currentWord, FIRST_EPOCH);
    }

    /** Takes ownership of a slot; {@code owner} is the name under which {@link StallWatch} reports it. */
    public long claim(String owner) {
        return table.claim(owner);
    }

    /** Gives a slot back that nobody is inside. */
    public void release(long slot) {
        for (int attempt = 0; !table.release(slot); attempt++) {
            waits.pause(attempt);
        }
    }

    /** What the slot holds while nobody is inside, until its owner of this moment gives it back: asked once, by the owner. */
    public long idleWord(long slot) {
        long word = EpochTable.idleWord(slot);
        Reference.reachabilityFence(this);
        return word;
    }

    /**
     * Enters; false if somebody is inside this slot already, it was given back by the owner whose {@linkplain #idleWord idle word} this is, or the
     * epoch is closed.
     */
    public boolean tryEnter(long slot, long idle) {
        boolean entered = Words.announce(slot, idle, Words.getAcquire(currentWord));
        Reference.reachabilityFence(this);
        return entered;
    }

    /** The same for who owns the slot without doubt. */
    public boolean tryEnter(long slot) {
        return tryEnter(slot, idleWord(slot));
    }

    /**
     * Whether entering, which failed just now, is worth another try: somebody {@linkplain #tryHold holds} the slot, for a moment that this waits,
     * or did. It is not where somebody is inside, or the slot was given back.
     */
    public boolean awaitTurn(long slot, long idle, int attempt) {
        long word = Words.getVolatile(slot);
        if (word == held(idle)) {
            waits.pause(attempt);
        }
        Reference.reachabilityFence(this);
        return word == held(idle) || word == idle;
    }

    /** Announces the current epoch from inside: whatever was read from shared memory before is stale now. */
    public void refresh(long slot) {
        // A refresh that becomes visible late is only conservative, so release suffices; the loads that follow need no fence
        // because the old announcement still protects what they may reach.
        Words.setRelease(slot, Words.getAcquire(currentWord));
        if (drainList.isPending()) {
            drain();
        }
        Reference.reachabilityFence(this);
    }

    /** Leaves. Looking at the drain list is an optimisation: progress belongs to the housekeeper and to those who wait. */
    public void exit(long slot, long idle) {
        Words.setRelease(slot, idle);
        if (drainList.isPending()) {
            drain();
        }
        Reference.reachabilityFence(this);
    }

    /** The same for who owns the slot without doubt. */
    public void exit(long slot) {
        exit(slot, idleWord(slot));
    }

    /** Leaves so that nobody enters again for this owner, who gives the slot back next. */
    public void exitForGood(long slot) {
        exit(slot, UNOWNED);
    }

    /**
     * Steps outside without giving the slot up, to wait or to allocate: nobody else can enter it, and it holds nothing back. Everything read
     * from shared memory before is stale.
     */
    public void suspend(long slot, long idle) {
        Words.setRelease(slot, suspended(idle));
        if (drainList.isPending()) {
            drain();
        }
        Reference.reachabilityFence(this);
    }

    /** Steps inside again after {@link #suspend}; waits while somebody {@linkplain #tryHold holds} the slot. */
    public void resume(long slot, long idle) {
        for (int attempt = 0; !Words.announce(slot, suspended(idle), Words.getAcquire(currentWord)); attempt++) {
            long word = Words.getVolatile(slot);
            if (word != held(idle) && word != suspended(idle)) {
                throw new AssertionError("a slot that was not suspended is resumed");
            }
            waits.pause(attempt);
        }
        Reference.reachabilityFence(this);
    }

    /**
     * Steps outside in place of a thread that is inside and has died, as {@link #suspend}. That it has died is for the caller to prove.
     *
     * @return false if nobody is inside
     */
    public boolean suspendForTheDead(long slot, long idle) {
        boolean suspended = false;
        for (int attempt = 0; !suspended; attempt++) {
            long word = Words.getVolatile(slot);
            if (word == idle || word == UNOWNED) {
                break;
            }
            if (word == held(idle)) {
                waits.pause(attempt);
            } else {
                suspended = Words.compareAndSet(slot, word, suspended(idle));
            }
        }
        if (drainList.isPending()) {
            drain();
        }
        Reference.reachabilityFence(this);
        return suspended;
    }

    /**
     * Keeps a slot that nobody is inside, be it idle or suspended, as it is until {@link #letGo}: meanwhile what its owner's plain fields hold
     * can be read and changed by the caller. Never waits, and holds nothing back.
     *
     * @return the word for {@link #letGo}, or {@link #NOT_HELD} if somebody is inside or holds it, or it was given back
     */
    public long tryHold(long slot, long idle) {
        long suspended = suspended(idle);
        long held = held(idle);
        long found = Words.compareAndSet(slot, suspended, held) ? suspended : Words.compareAndSet(slot, idle, held) ? idle : NOT_HELD;
        Reference.reachabilityFence(this);
        return found;
    }

    /** Ends what {@link #tryHold} began. */
    public void letGo(long slot, long held) {
        Words.setRelease(slot, held);
        Reference.reachabilityFence(this);
    }

    /** Whether the slot is entered, be it suspended. */
    public boolean isInside(long slot) {
        return EpochSlotLayout.isInside(Words.getVolatile(slot));
    }

    /** The current epoch. */
    public long current() {
        return Words.getVolatile(currentWord);
    }

    /**
     * Starts a new epoch and registers {@code action} to run when everybody inside now has moved on. Callable inside and outside; never waits.
     *
     * @return false if {@value #DRAIN_CAPACITY} actions wait already or the epoch is closed; then the action was not registered and will not run
     */
    public boolean bump(Runnable action) {
        // Registered under the epoch before the increment would let the action run early, were the increment lost in between;
        // registered after it, a drain in between merely misses it, and the housekeeper looks again.
        long prior = Words.getAndAdd(currentWord, 1);
        Probe.at("epoch.bumped");
        if (!drainList.offer(prior, action)) {
            return false;
        }
        pendingListener.run();
        return true;
    }

    /** Runs the actions that have become safe. Returns how many ran here. */
    public int drain() {
        return drainList.drain(safe());
    }

    /** Whether an action is still to run. */
    public boolean isPending() {
        return drainList.isPending();
    }

    /** The newest epoch that nobody inside can still be in. */
    public long safe() {
        return table.oldest(Words.getVolatile(currentWord)) - 1;
    }

    /**
     * Starts a new epoch and waits until everybody who was inside has moved on. Called from outside, by a thread whose own slots are idle.
     *
     * @return false if {@code timeoutNanos} passed first
     */
    public boolean awaitAllPassed(long timeoutNanos) {
        long prior = Words.getAndAdd(currentWord, 1);
        long deadline = waits.nanoTime() + timeoutNanos;
        for (int attempt = 0; safe() < prior; attempt++) {
            if (waits.nanoTime() - deadline > 0) {
                return false;
            }
            waits.pause(attempt);
        }
        drain();
        return true;
    }

    /** What the latest failed action threw, null if none did: a bug of ours, after which the store should take no more work. */
    public Throwable lastFailure() {
        return drainList.lastFailure();
    }

    /** The epoch that the oldest waiting action waits for, or {@link Long#MAX_VALUE}. */
    long oldestPending() {
        return drainList.oldest();
    }

    /** The owners who keep the oldest waiting action from running; empty if none waits. */
    public List<String> holders() {
        long oldest = oldestPending();
        return oldest == Long.MAX_VALUE ? List.of() : table.insideSince(oldest);
    }

    /** The owners inside right now. */
    public List<String> inside() {
        return table.insideSince(MARK - 1);
    }

    /** How many owners are inside at this moment. Cheap, and at once out of date. */
    public int insideNow() {
        return table.countInside();
    }

    /** How many slots are owned. */
    public int ownedSlots() {
        return table.owned();
    }

    /** How many slots exist; chunks once linked stay. */
    public int slotCapacity() {
        return table.capacity();
    }

    /** Called, on the bumping thread, whenever an action was registered; must not block. */
    void onPending(Runnable listener) {
        pendingListener = listener;
    }

    /**
     * Ends it: from here on nobody gets in and no action runs, so what the epoch protected can be unmapped. The caller knows that nobody
     * is inside, and does not call this from an action. Actions that wait still run here; a second close does nothing.
     */
    @Override
    public void close() {
        closing.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            table.close();
            drainList.close(safe(), waits);
        } finally {
            closing.unlock();
        }
    }
}
