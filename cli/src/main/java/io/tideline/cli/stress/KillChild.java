package io.tideline.cli.stress;

import io.tideline.checkpoint.Durability;
import io.tideline.core.CheckpointRequest;
import io.tideline.core.CommitPoint;
import io.tideline.core.Session;
import io.tideline.core.Store;
import io.tideline.core.StoreVerifier;
import io.tideline.memory.Probe;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * The process that is killed: opens the store, checks what it finds, lets sessions work and checkpoints be taken, and says on its standard
 * output, one word a line, when it comes to the place where it is to be killed.
 */
final class KillChild {

    /** What it says. */
    static final String OPENING = "opening";
    static final String WORKING = "working";
    /** There were as many checkpoints as the plan wants. */
    static final String COMMITTED = "committed";
    /** The thread that says it stays at the probe point; the others go on until the kill. */
    static final String HERE = "here";
    static final String CLOSING = "closing";
    static final String CHECKED = "checked";
    static final String VIOLATION = "violation ";
    /** In place of a directory. */
    static final String NONE = "-";

    private static final int WRONG = 1;
    private static final long HANGS_SECONDS = 50;
    private static final int MOST_BURST = 12;
    private static final long BURST_PAUSE_NANOS = 60_000;
    private static final long CHECKPOINT_PAUSE_NANOS = 40_000_000;
    private static final int REOPEN_ONE_IN = 400;

    private final Path directory;
    private final Path copy;
    private final KillPlan plan;
    private final KillLedger ledger;
    private final KillScript script;
    private final AtomicInteger hits = new AtomicInteger();
    private final CountDownLatch committed;
    private final AtomicBoolean stop = new AtomicBoolean();

    private KillChild(Path directory, Path copy, KillPlan plan, KillLedger ledger) {
        this.directory = directory;
        this.copy = copy;
        this.plan = plan;
        this.ledger = ledger;
        this.script = new KillScript(plan.seed());
        this.committed = new CountDownLatch(plan.commits());
    }

    /** Arguments: the directory, a copy of it to be recovered first or {@value #NONE}, the ledger, the seed of the store, the life, the ending. */
    public static void main(String[] arguments) {
        CountDownLatch done = new CountDownLatch(1);
        Thread.ofPlatform().daemon().name("watch").start(() -> watch(done));
        try {
            long seed = Long.parseLong(arguments[3]);
            int life = Integer.parseInt(arguments[4]);
            KillPlan plan = KillPlan.Ending.valueOf(arguments[5]) == KillPlan.Ending.CHECK ? KillPlan.check(seed, life) : KillPlan.of(seed, life);
            new KillChild(Path.of(arguments[0]), arguments[1].equals(NONE) ? null : Path.of(arguments[1]), plan, KillLedger.map(Path.of(arguments[2]))).live();
            done.countDown();
        } catch (Throwable wrong) {
            complain(wrong);
        }
    }

    private static void watch(CountDownLatch done) {
        try {
            if (!done.await(HANGS_SECONDS, TimeUnit.SECONDS)) {
                Thread.getAllStackTraces().forEach((thread, frames) -> {
                    System.err.println(thread);
                    for (StackTraceElement frame : frames) {
                        System.err.println("    at " + frame);
                    }
                });
                complain(new Violation("nothing has happened for " + HANGS_SECONDS + " s; the standard error says where every thread is"));
            }
        } catch (InterruptedException nobodysBusiness) {
            complain(nobodysBusiness);
        }
    }

    private static synchronized void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    private static void complain(Throwable wrong) {
        if (!(wrong instanceof Violation)) {
            wrong.printStackTrace();
        }
        say(VIOLATION + (wrong instanceof Violation ? wrong.getMessage() : wrong.toString()).replaceAll("\\s*\\R\\s*", " "));
        Runtime.getRuntime().halt(WRONG);
    }

    private void live() throws IOException {
        boolean wasClosed = ledger.phase() == KillLedger.Phase.CLOSED;
        String expected = copy == null ? null : contentsOfCopy();
        if (plan.endsInOpening()) {
            arm();
        }
        ledger.phase(KillLedger.Phase.OPENING);
        say(OPENING);
        Store store = Store.open(plan.config(directory));
        if (expected != null && !expected.equals(KillCheck.contents(store))) {
            throw new Violation("recovered twice, the store holds first " + expected + ", then " + KillCheck.contents(store));
        }
        KillScript.Prefix[] prefixes = new KillCheck(store, script, ledger).run(wasClosed);
        if (plan.ending() == KillPlan.Ending.CHECK) {
            say(CHECKED);
            Runtime.getRuntime().halt(0);
        }
        work(store, prefixes);
    }

    private String contentsOfCopy() {
        try (Store store = Store.open(plan.config(copy))) {
            return KillCheck.contents(store);
        }
    }

    /** Holds the thread that reaches the probe point for that time, and has the process killed. */
    private void arm() {
        if (plan.site() == null) {
            return;
        }
        String wanted = plan.site().point;
        Probe.install(point -> {
            if (point.equals(wanted) && hits.incrementAndGet() == plan.hit()) {
                say(HERE);
                for (;;) {
                    LockSupport.park();
                }
            }
        });
    }

    private void work(Store store, KillScript.Prefix[] prefixes) throws IOException {
        Session[] sessions = new Session[KillScript.SESSIONS];
        for (int i = 0; i < sessions.length; i++) {
            String name = KillScript.sessionName(i);
            sessions[i] = store.sessionNames().contains(name) ? store.resumeSession(name) : store.openSession(name);
            if (sessions[i].serial() != prefixes[i].serial) {
                throw new Violation("session " + i + " was resumed behind " + sessions[i].serial() + " operations, the checkpoint has " + prefixes[i].serial);
            }
            if (!script.isCookie(sessions[i].cookie(), i, sessions[i].serial())) {
                throw new Violation("session " + i + " was resumed behind " + sessions[i].serial() + " operations with the cookie "
                        + Arrays.toString(sessions[i].cookie()) + ", which was not left with it then");
            }
            // what was recovered cannot get lost any more
            ledger.durable(i, prefixes[i].serial);
            ledger.issued(i, prefixes[i].serial);
            ledger.acknowledged(i, prefixes[i].serial);
        }
        ledger.phase(KillLedger.Phase.WORKING);
        if (!plan.endsInOpening()) {
            arm();
        }
        say(WORKING);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < plan.threads(); i++) {
            int number = i;
            threads.add(Thread.ofPlatform().name("worker " + i).start(() -> guarded(() -> runSessions(store, sessions, prefixes, number))));
        }
        threads.add(Thread.ofPlatform().name("checkpoints").start(() -> guarded(() -> takeCheckpoints(store))));
        boolean closes = plan.ending() == KillPlan.Ending.CLOSED || plan.ending() == KillPlan.Ending.CLOSING;
        await(committed);
        say(COMMITTED);
        if (!closes) {
            await(new CountDownLatch(1)); // the kill
        }
        stop.set(true);
        for (Thread thread : threads) {
            join(thread);
        }
        close(store, sessions);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException nobodysBusiness) {
            throw new Violation("interrupted", nobodysBusiness);
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException nobodysBusiness) {
            throw new Violation("interrupted", nobodysBusiness);
        }
    }

    private void close(Store store, Session[] sessions) {
        List<String> problems = StoreVerifier.verify(store);
        if (!problems.isEmpty()) {
            throw new Violation("the store is not sound: " + String.join("; ", problems));
        }
        for (int i = 0; i < sessions.length; i++) {
            sessions[i].close();
            ledger.acknowledged(i, sessions[i].serial());
        }
        ledger.phase(KillLedger.Phase.CLOSING);
        say(CLOSING);
        store.close();
        ledger.phase(KillLedger.Phase.CLOSED);
        Runtime.getRuntime().halt(0);
    }

    private static void guarded(Runnable work) {
        try {
            work.run();
        } catch (Throwable wrong) {
            complain(wrong);
        }
    }

    // --- who works ---

    /** Runs bursts of the operations of every session whose turn it is on this thread. */
    private void runSessions(Store store, Session[] sessions, KillScript.Prefix[] prefixes, int thread) {
        SplittableRandom random = new SplittableRandom(plan.seed() * KillPlan.MOST_LIVES + plan.life() + 31L * thread);
        for (int i = thread; i < sessions.length; i += plan.threads()) {
            ledger.issued(i, sessions[i].serial() + KillScript.GROUP);
            script.finishGroup(sessions[i], i, prefixes[i]);
            ledger.acknowledged(i, sessions[i].serial());
        }
        while (!stop.get()) {
            for (int i = thread; i < sessions.length; i += plan.threads()) {
                for (int burst = random.nextInt(MOST_BURST); burst >= 0; burst--) {
                    ledger.issued(i, sessions[i].serial() + script.length(i, sessions[i].serial()));
                    script.run(sessions[i], i, KillChild::complain);
                    ledger.acknowledged(i, sessions[i].serial());
                }
                sessions[i].completePending(random.nextInt(8) == 0);
                if (random.nextInt(REOPEN_ONE_IN) == 0) {
                    sessions[i].close();
                    sessions[i] = store.resumeSession(KillScript.sessionName(i));
                }
            }
            LockSupport.parkNanos(BURST_PAUSE_NANOS);
        }
    }

    private void takeCheckpoints(Store store) {
        SplittableRandom random = new SplittableRandom(~(plan.seed() * KillPlan.MOST_LIVES + plan.life()));
        while (!stop.get()) {
            Durability durability = random.nextInt(4) == 0 ? Durability.DISK : Durability.PROCESS;
            noteDurable(commit(store, anyKind(random, store.lastCommit().isEmpty()).durability(durability)));
            committed.countDown();
            LockSupport.parkNanos(random.nextLong(CHECKPOINT_PAUSE_NANOS));
        }
    }

    private static CheckpointRequest anyKind(SplittableRandom random, boolean isFirst) {
        return switch (random.nextInt(8)) {
            case 0, 1 -> CheckpointRequest.full();
            case 2 -> CheckpointRequest.full().snapshot();
            case 3 -> isFirst ? CheckpointRequest.full() : CheckpointRequest.indexOnly();
            case 4, 5 -> CheckpointRequest.logOnly().snapshot();
            default -> CheckpointRequest.logOnly();
        };
    }

    private static CommitPoint commit(Store store, CheckpointRequest request) {
        try {
            return store.checkpoint(request).get(HANGS_SECONDS, TimeUnit.SECONDS);
        } catch (Exception failed) {
            throw new Violation("a checkpoint failed: " + (failed.getCause() == null ? failed : failed.getCause()), failed);
        }
    }

    private void noteDurable(CommitPoint point) {
        for (Map.Entry<String, Long> each : point.serials().entrySet()) {
            for (int i = 0; i < KillScript.SESSIONS; i++) {
                if (each.getKey().equals(KillScript.sessionName(i))) {
                    ledger.durable(i, each.getValue());
                }
            }
        }
        ledger.commit(point.number());
        ledger.countCheckpoint();
    }
}
