package io.tideline.memory;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Runs threads one at a time, in an order and at a time of day that a seed decides: the same seed gives the same run. Threads are made, started,
 * waited for and locked out through it as the {@link Waits} of what runs, and change over nowhere but there, at the points of a {@link Probe},
 * and, behind the checked door, at ordered accesses to shared words.
 *
 * <p><b>State.</b> Of each thread whether it could go on; which one does, {@code current}; the time, which passes by a little at each point, and
 * where all have to wait, by as much as the first of them waits for.
 *
 * <p><b>Invariants.</b> (1) Only the current thread runs code of the subject or touches this; it hands over by naming the next one, waking it and
 * parking, so what it did happens before what the next one does. (2) What decides is drawn from the seed, and nothing else: neither the clock
 * of the machine, nor identity hashes, nor the order in which threads get processors.
 *
 * <p>What it cannot see: orders that only a weak memory shows, because each access here is seen by all at once; and what two threads could do
 * between two points of each. A thread that takes longer than a bound from point to point, or that waits for anything else than this, ends the
 * run: it says which, and where.
 *
 * <p>The threads are virtual, so that handing over costs about a microsecond where they share one carrier.
 */
public final class Simulation implements Waits, Probe.Hook {
    /** Who goes on, where several could. */
    public enum Policy {
        /** Mostly the same one; from time to time any. */
        RANDOM,
        /** The one of the highest priority, which are drawn; at a few moments the running one's becomes the lowest (Burckhardt et al., ASPLOS 2010). */
        PRIORITIES
    }

    /**
     * @param seed decides everything
     * @param stayBits with {@link Policy#RANDOM}, a point is a change with a probability of 1 in 2 to the power of so many
     * @param freezeBits with {@link Policy#RANDOM}, who is changed from is left where it is for a while with such a probability
     * @param freezeSteps for up to so many points, unless all others wait
     * @param changes with {@link Policy#PRIORITIES}, how often a priority changes within the first {@code changesWithin} points
     * @param maxSteps a run of more points fails
     */
    public record Options(long seed, Policy policy, int stayBits, int freezeBits, int freezeSteps, int changes, long changesWithin, long maxSteps) {
        public Options {
            if (stayBits < 0 || stayBits > 16 || freezeBits < 0 || freezeBits > 16 || freezeSteps < 1 || changes < 0 || changesWithin < 1 || maxSteps < 1) {
                throw new IllegalArgumentException("cannot simulate with " + stayBits + " and " + freezeBits + " bits, " + freezeSteps + " and " + changes + " changes within " + changesWithin
                        + " and " + maxSteps + " points");
            }
        }

        /** Options that the seed decides too. */
        public static Options of(long seed, long maxSteps) {
            SplittableRandom random = new SplittableRandom(seed ^ 0x51_AB);
            Policy policy = random.nextInt(4) == 0 ? Policy.PRIORITIES : Policy.RANDOM;
            return new Options(seed, policy, Math.min(random.nextInt(8), random.nextInt(8)), Math.min(random.nextInt(8), random.nextInt(8)),
                    1 << random.nextInt(4, 13), random.nextInt(1, 12), 1L << random.nextInt(10, 17), maxSteps);
        }
    }

    private enum State { NEW, READY, PAUSED, WAITING, ENDED }

    private static final class Actor {
        final int number;
        final String name;
        Thread thread;
        State state = State.NEW;
        long wakeAt;
        /** Until this point it does not go on. */
        long frozenUntil;
        /** Whether somebody told it to look at its condition since it last did. */
        boolean told;
        /** The lock or the thread that it waits for, null for a condition. */
        Object waitsFor;
        long priority;
        String where = "its start";

        Actor(int number, String name) {
            this.number = number;
            this.name = name;
        }

        @Override
        public String toString() {
            return name + " (" + number + ")";
        }
    }

    private static final int KEPT = 256;
    private static final long STUCK_SECONDS = 30;
    private static final String WORD = "a word";
    /** About as much as some operations of each of several threads take. */
    private static final int MOST_HELD_STEPS = 1 << 13;

    private final Options options;
    private final SplittableRandom random;
    private final long stayMask;
    private final long freezeMask;
    private final long wordStayMask;
    private final int processors;
    /** How much more work than time has passed, in bits. */
    private final int busyBits;
    private final CountDownLatch over = new CountDownLatch(1);
    private volatile Actor current;
    private volatile Throwable failure;
    // The rest is the current thread's.
    private final List<Actor> actors = new ArrayList<>();
    private final Map<Thread, Actor> byThread = new HashMap<>();
    private final Actor[] recentActors = new Actor[KEPT];
    private final String[] recentPoints = new String[KEPT];
    /** Looked at by the thread that watches too: any old value will do there. */
    private long steps;
    private long switches;
    private long clock;
    private long hash = 0xCBF2_9CE4_8422_2325L;
    private long lowestPriority;
    private long nextChange;
    private long alarmStep = Long.MAX_VALUE;
    private Runnable alarm;
    private boolean isQuiet;
    private long ids;
    private Consumer<String> log;
    private String held = "";

    public Simulation(Options options) {
        this.options = options;
        this.random = new SplittableRandom(options.seed);
        this.wordStayMask = (1L << options.stayBits) - 1;
        this.stayMask = wordStayMask >>> 2;
        this.freezeMask = (1L << options.freezeBits) - 1;
        SplittableRandom machine = new SplittableRandom(options.seed ^ 0x9_0C);
        this.processors = machine.nextBoolean() ? Integer.MAX_VALUE : machine.nextInt(4);
        this.busyBits = machine.nextInt(10);
        drawChange();
    }

    /** Tells somebody about each change from thread to thread. */
    public void logTo(Consumer<String> newLog) {
        log = newLog;
    }

    /** Who comes to that point is late in one case of two: it stays there for long, unless all others wait. */
    public void holdAt(String point) {
        held = point;
    }

    /** Has something done at a moment to come, by whichever thread is there then, between two steps of it. It must not wait. */
    public void at(long step, Runnable work) {
        alarmStep = step;
        alarm = work;
    }

    /**
     * Runs {@code body} as the first of the threads, and returns when all have ended.
     *
     * @throws AssertionError what any of them threw; or that all wait for each other, that one does not come to a point, or that there were too many points
     */
    public void run(Runnable body) {
        if (Probe.isOn()) {
            Probe.install(this);
        }
        try {
            Actor first = newActor("main", body);
            begin(first);
            current = first;
            LockSupport.unpark(first.thread);
            watch();
        } finally {
            if (Probe.isOn()) {
                Probe.install(null);
            }
        }
        if (failure != null) {
            throw new AssertionError(failure.getMessage(), failure);
        }
    }

    /** Waits for the end of the run, and looks whether it goes on. */
    private void watch() {
        long seen = -1;
        for (int idle = 0; !isOver(); ) {
            idle = steps == seen ? idle + 1 : 0;
            seen = steps;
            Actor actor = current;
            Thread.State state = actor.thread.getState();
            if (idle >= STUCK_SECONDS || idle >= 2 && state == Thread.State.BLOCKED) {
                failure = new AssertionError(actor + " came to no point for " + idle + " s behind " + actor.where + "; it is " + state + " at\n\t"
                        + stack(actor.thread) + describe());
                return;
            }
        }
    }

    private boolean isOver() {
        try {
            return over.await(1, TimeUnit.SECONDS);
        } catch (InterruptedException unexpected) {
            throw new AssertionError(unexpected);
        }
    }

    private static String stack(Thread thread) {
        StringBuilder text = new StringBuilder();
        for (StackTraceElement element : thread.getStackTrace()) {
            text.append(element).append("\n\t");
        }
        return text.toString();
    }

    /** How many points were passed. */
    public long steps() {
        return steps;
    }

    /** How often another thread went on. */
    public long switches() {
        return switches;
    }

    /** Of all threads and points in their order. */
    public long traceHash() {
        return hash;
    }

    /** Where each thread is, and what was passed last. */
    public String describe() {
        StringBuilder text = new StringBuilder("\nafter " + steps + " points and " + clock + " ns; " + options);
        for (Actor actor : actors) {
            if (actor.state != State.ENDED) {
                text.append("\n  ").append(actor).append(actor == current ? " runs" : " is " + actor.state).append(", at ").append(actor.where);
                if (actor.waitsFor != null) {
                    text.append(", for ").append(actor.waitsFor);
                }
                if (actor.state == State.WAITING) {
                    text.append("\n\t").append(stack(actor.thread));
                }
            }
        }
        text.append("\n  the last points:");
        for (long step = Math.max(1, steps - KEPT + 1); step <= steps; step++) {
            int place = (int) (step % KEPT);
            text.append("\n    ").append(step).append(' ').append(recentActors[place]).append(' ').append(recentPoints[place]);
        }
        return text.toString();
    }

    // --- threads ---

    private Actor newActor(String name, Runnable work) {
        Actor actor = new Actor(actors.size(), name);
        actor.priority = random.nextLong(1L << 40);
        actor.thread = Thread.ofVirtual().name(name).unstarted(() -> live(actor, work));
        actors.add(actor);
        byThread.put(actor.thread, actor);
        return actor;
    }

    private static void begin(Actor actor) {
        actor.state = State.READY;
        actor.thread.start();
    }

    private void live(Actor actor, Runnable work) {
        awaitTurn(actor);
        try {
            work.run();
        } catch (Throwable thrown) {
            fail(new AssertionError(actor + " threw " + thrown + describe(), thrown));
        }
        end(actor);
    }

    private void end(Actor actor) {
        actor.state = State.ENDED;
        pass(actor, "its end");
        wakeThoseWaitingFor(actor);
        if (actors.stream().allMatch(each -> each.state == State.ENDED || each.state == State.NEW)) {
            over.countDown();
        } else {
            handOver(choose());
        }
    }

    private void awaitTurn(Actor actor) {
        while (current != actor) {
            LockSupport.park(this);
        }
    }

    private void handOver(Actor next) {
        switches++;
        if (log != null) {
            log.accept(steps + " " + clock + " ns: " + current + " at " + current.where + " -> " + next + " at " + next.where);
        }
        current = next;
        LockSupport.unpark(next.thread);
    }

    /** Ends the run; nobody gets a turn any more, this thread included. */
    private void fail(Throwable why) {
        failure = why;
        over.countDown();
        for (;;) {
            LockSupport.park(this);
        }
    }

    private void wakeThoseWaitingFor(Object what) {
        for (Actor actor : actors) {
            if (actor.waitsFor == what) {
                actor.waitsFor = null;
                actor.state = State.READY;
            }
        }
    }

    // --- choosing ---

    private Actor self() {
        Actor actor = current;
        if (actor == null || actor.thread != Thread.currentThread()) {
            throw new IllegalStateException(Thread.currentThread() + " is none of the simulation's, and waits by it");
        }
        return actor;
    }

    /** Notes a point; the number that decides what happens there. */
    private long pass(Actor self, String where) {
        self.where = where;
        steps++;
        int place = (int) (steps % KEPT);
        recentActors[place] = self;
        recentPoints[place] = where;
        hash = (hash ^ ((long) self.number << 32 ^ where.hashCode())) * 0x100_0000_01B3L;
        long drawn = random.nextLong();
        clock += drawn & 1023;
        if (steps >= options.maxSteps) {
            fail(new AssertionError("more than " + options.maxSteps + " points" + describe()));
        }
        if (steps >= alarmStep) {
            alarmStep = Long.MAX_VALUE;
            isQuiet = true;
            try {
                alarm.run();
            } finally {
                isQuiet = false;
            }
        }
        return drawn >>> 10;
    }

    private void point(Actor self, String where, long mask) {
        long drawn = pass(self, where);
        if (options.policy == Policy.RANDOM) {
            if ((drawn & mask) != 0) {
                return;
            }
            if ((drawn >>> 20 & freezeMask) == 0) {
                self.frozenUntil = steps + (drawn >>> 40) % options.freezeSteps;
            }
        } else if (steps >= nextChange) {
            self.priority = --lowestPriority;
            drawChange();
        }
        goOn(self);
    }

    private void hold(Actor self, String where) {
        long drawn = pass(self, where);
        if ((drawn & 1) == 0) {
            self.frozenUntil = steps + (drawn >>> 1) % MOST_HELD_STEPS;
        }
        goOn(self);
    }

    private void drawChange() {
        nextChange = steps + 1 + random.nextLong(2 * options.changesWithin / Math.max(1, options.changes) + 1);
        if (steps > options.changesWithin || options.changes == 0) {
            nextChange = Long.MAX_VALUE;
        }
    }

    /** Goes on with whoever is chosen; returns when that is this thread again. */
    private void goOn(Actor self) {
        Actor next = choose();
        if (next != self) {
            handOver(next);
            awaitTurn(self);
        }
    }

    private Actor choose() {
        for (;;) {
            Actor chosen = options.policy == Policy.RANDOM ? anyRunnable() : firstRunnable();
            if (chosen != null) {
                chosen.state = State.READY;
                return chosen;
            }
            if (thaw()) {
                continue;
            }
            long earliest = Long.MAX_VALUE;
            for (Actor actor : actors) {
                earliest = actor.state == State.PAUSED ? Math.min(earliest, actor.wakeAt) : earliest;
            }
            if (earliest == Long.MAX_VALUE) {
                fail(new AssertionError("every thread waits for another" + describe()));
            }
            clock = earliest;
        }
    }

    /** Lets the one go on whose time comes first; false if nobody is kept. */
    private boolean thaw() {
        Actor first = null;
        for (Actor actor : actors) {
            boolean isKept = actor.frozenUntil > steps && actor.state != State.ENDED && actor.state != State.WAITING;
            if (isKept && (first == null || actor.frozenUntil < first.frozenUntil)) {
                first = actor;
            }
        }
        if (first != null) {
            first.frozenUntil = 0;
        }
        return first != null;
    }

    private boolean isRunnable(Actor actor) {
        return (actor.state == State.READY || actor.state == State.PAUSED && actor.wakeAt <= clock) && actor.frozenUntil <= steps;
    }

    private Actor anyRunnable() {
        int runnable = 0;
        for (Actor actor : actors) {
            runnable += isRunnable(actor) ? 1 : 0;
        }
        int skip = runnable < 2 ? 0 : random.nextInt(runnable);
        for (Actor actor : actors) {
            if (isRunnable(actor) && skip-- == 0) {
                return actor;
            }
        }
        return null;
    }

    private Actor firstRunnable() {
        Actor first = null;
        for (Actor actor : actors) {
            if (isRunnable(actor) && (first == null || actor.priority > first.priority)) {
                first = actor;
            }
        }
        return first;
    }

    // --- points ---

    @Override
    public void at(String point) {
        Actor actor = current;
        if (actor != null && actor.thread == Thread.currentThread() && !isQuiet) {
            if (held.equals(point)) {
                hold(actor, point);
            } else {
                point(actor, point, stayMask);
            }
        }
    }

    @Override
    public void atWord() {
        Actor actor = current;
        if (actor != null && actor.thread == Thread.currentThread() && !isQuiet) {
            point(actor, WORD, wordStayMask);
        }
    }

    // --- waits ---

    @Override
    public void spin() {
        nap("spin", 1_000);
    }

    /** For about as long as the system's waits; longer where somebody waits so long already that only a time limit will end it. */
    @Override
    public void pause(int attempt) {
        if (attempt < 64) {
            nap("pause", 1_000);
        } else if (attempt < 400) {
            nap("pause", Math.min(1_000_000, 10_000L * (attempt - 63)));
        } else {
            nap("pause", Math.min(1_000_000_000, 1_000_000L * (attempt - 399)));
        }
    }

    /** Lets about so much time pass. */
    public void nap(String why, long nanos) {
        Actor self = self();
        long drawn = pass(self, why);
        self.state = State.PAUSED;
        self.wakeAt = clock + (drawn >>> 1) % (2 * nanos);
        goOn(self);
    }

    @Override
    public void await(BooleanSupplier condition) {
        Actor self = self();
        point(self, "await", 0);
        while (!condition.getAsBoolean()) {
            if (!self.told) {
                self.state = State.WAITING;
                goOn(self);
            }
            self.told = false;
            point(self, "told", stayMask);
        }
    }

    @Override
    public void wake(Thread waiter) {
        self();
        Actor actor = byThread.get(waiter);
        actor.told = true;
        if (actor.state == State.WAITING && actor.waitsFor == null) {
            actor.state = State.READY;
        }
    }

    /** Nothing shall depend on the machine: one without a processor is crowded even when nobody does anything, and the largest never is. */
    @Override
    public int processors() {
        return processors;
    }

    @Override
    public long busyNanos() {
        return clock << busyBits;
    }

    @Override
    public long nanoTime() {
        return clock;
    }

    @Override
    public long currentTimeMillis() {
        return TimeUnit.NANOSECONDS.toMillis(clock);
    }

    @Override
    public long newId() {
        return new SplittableRandom(options.seed + ++ids).nextLong() | 1;
    }

    @Override
    public Thread thread(String name, Runnable work) {
        self();
        return newActor(name, work).thread;
    }

    @Override
    public void start(Thread thread) {
        self();
        begin(byThread.get(thread));
        at("start");
    }

    @Override
    public void join(Thread thread) {
        Actor self = self();
        point(self, "join", 0);
        Actor other = byThread.get(thread);
        if (other.state != State.ENDED && other.state != State.NEW) {
            self.waitsFor = other;
            self.state = State.WAITING;
            goOn(self);
        }
    }

    @Override
    public void detach(String name, Runnable work) {
        start(thread(name, work));
    }

    @Override
    public Lock lock() {
        return new Turnstile();
    }

    /** A lock whose waiters the simulation knows. */
    private final class Turnstile implements Lock {
        private Actor owner;
        private int holds;

        @Override
        public void lock() {
            Actor self = self();
            if (isQuiet) {
                throw new IllegalStateException("a lock is taken between two steps");
            }
            if (owner != self) {
                point(self, "lock", wordStayMask);
                while (owner != null) {
                    self.waitsFor = this;
                    self.state = State.WAITING;
                    goOn(self);
                }
                owner = self;
            }
            holds++;
        }

        @Override
        public void unlock() {
            if (owner != self()) {
                throw new IllegalMonitorStateException("held by " + owner);
            }
            holds--;
            if (holds == 0) {
                owner = null;
                wakeThoseWaitingFor(this);
            }
        }

        @Override
        public void lockInterruptibly() {
            throw new UnsupportedOperationException("nobody is interrupted here");
        }

        @Override
        public boolean tryLock() {
            Actor self = self();
            if (owner == null || owner == self) {
                owner = self;
                holds++;
                return true;
            }
            return false;
        }

        @Override
        public boolean tryLock(long time, TimeUnit unit) {
            throw new UnsupportedOperationException("whoever locks waits");
        }

        @Override
        public Condition newCondition() {
            throw new UnsupportedOperationException("conditions are awaited through Waits");
        }

        @Override
        public String toString() {
            return "a lock of " + owner;
        }
    }
}
