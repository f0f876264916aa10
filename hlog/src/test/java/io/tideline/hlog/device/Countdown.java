package io.tideline.hlog.device;

import io.tideline.fault.StoreFault;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * Lets a scenario meet every fault at every step: counts its steps on a sound disk, then runs it again for each step and each
 * {@link Fault} that concerns it, and after each life opens what it left behind, both as the death of the process and as power losses
 * leave it. Each end must be one that the fault allows; the first ones that are not are told with all that replays them.
 */
public final class Countdown {
    /** One life on a disk, and the check of what it left. What it knows of itself, it keeps in its fields: each run gets a new one. */
    @FunctionalInterface
    public interface Scenario {
        /**
         * Lives. Closes every file it opened, also when it fails, but not the disk; lets faults out as they came; and throws an
         * {@link AssertionError} if it is served anything wrong.
         */
        void live(SimulatedDisk disk) throws Exception;

        /** Opens what {@link #live} left behind, however it ended, and checks it against what was acknowledged. */
        default void checkAfterDeath(SimulatedDisk disk) throws Exception {
        }

        /** The same after a power loss, which may have taken what was not synced. */
        default void checkAfterPowerLoss(SimulatedDisk disk) throws Exception {
        }
    }

    /**
     * What was done.
     *
     * @param steps how many the scenario takes on a sound disk
     * @param lives how many times it ran, the first included
     * @param checks how many times something left behind was opened
     * @param ends how many lives met the fault and ended so
     */
    public record Report(String scenario, int steps, int lives, int checks, Map<Fault, Map<Outcome, Integer>> ends) {
        @Override
        public String toString() {
            return scenario + ": " + steps + " steps, " + lives + " lives, " + checks + " checks of what was left; " + ends;
        }
    }

    private record End(Outcome outcome, Throwable thrown) {
        static End of(Throwable thrown) {
            return new End(Outcome.of(thrown), thrown);
        }
    }

    private static final long TIMEOUT_SECONDS = 60;
    private static final int POLL_MILLIS = 2;
    /** After so many looks at a disk that nobody asks for anything, what it holds back is what the scenario waits for. */
    private static final int QUIET_LOOKS = 15;
    /** The same where the scenario spins while it waits, and so looks as if it worked. */
    private static final int QUIET_LOOKS_SPINNING = 150;
    private static final int MAX_FAILURES = 20;

    private final String name;
    private final SimulatedDisk.Options options;
    private final Supplier<? extends Scenario> scenarios;
    private final Map<Fault, Set<Outcome>> widened = new EnumMap<>(Fault.class);
    private Set<Fault> faults = EnumSet.allOf(Fault.class);
    private int powerLosses = 4;
    private int oneIn = 1;
    private Pattern at = Pattern.compile(".*");
    private final List<String> failures = new ArrayList<>();
    private int lives;
    private int checks;
    private final Map<Fault, Map<Outcome, Integer>> ends = new EnumMap<>(Fault.class);

    /** @param options of the disks; with {@link SimulatedDisk.Mode#QUEUED} the scenario runs what it queues */
    public Countdown(String name, SimulatedDisk.Options options, Supplier<? extends Scenario> scenarios) {
        this.name = name;
        this.options = options;
        this.scenarios = scenarios;
    }

    /** Only these. */
    public Countdown faults(Set<Fault> chosen) {
        faults = EnumSet.copyOf(chosen);
        return this;
    }

    /** Lives that meet the fault may end so, too; the caller says why. */
    public Countdown allowing(Fault fault, Outcome... outcomes) {
        Collections.addAll(widened.computeIfAbsent(fault, _ -> EnumSet.noneOf(Outcome.class)), outcomes);
        return this;
    }

    /** How many power losses each life is followed by, each another one of the legal outcomes. */
    public Countdown powerLosses(int count) {
        powerLosses = count;
        return this;
    }

    /** A fault meets one in so many of the steps that it concerns, another one for each fault and seed: where all take too long. */
    public Countdown oneIn(int count) {
        oneIn = count;
        return this;
    }

    /** Only steps that look like this meet faults. */
    public Countdown at(String pattern) {
        at = Pattern.compile(pattern);
        return this;
    }

    /** @throws AssertionError that lists the ends which are not allowed */
    public Report run() {
        List<SimulatedDisk.Step> steps = life(-1, null);
        for (Fault fault : faults) {
            long turn = fault.ordinal() + options.seed();
            for (int index = 0; index < steps.size() && failures.size() < MAX_FAILURES; index++) {
                boolean isMeant = fault.concerns(steps.get(index).io()) && at.matcher(steps.get(index).what()).matches();
                if (isMeant && turn++ % oneIn == 0) {
                    life(index, fault);
                }
            }
        }
        Report report = new Report(name, steps.size(), lives, checks, ends);
        if (!failures.isEmpty()) {
            throw new AssertionError(report + "\n" + String.join("\n", failures));
        }
        return report;
    }

    /** One life, with one fault or none, and everything that is checked after it; its steps. */
    private List<SimulatedDisk.Step> life(int index, Fault fault) {
        FaultPlan plan = fault == null ? FaultPlan.none() : FaultPlan.ofSeed(options.seed()).failAt(index, fault);
        Scenario scenario = scenarios.get();
        SimulatedDisk disk = new SimulatedDisk(options, plan);
        lives++;
        End end = ended(disk, () -> scenario.live(disk));
        List<SimulatedDisk.Step> steps = disk.steps();
        boolean met = !disk.met().isEmpty();
        Set<Outcome> allowed = met ? allowed(fault, fault.allowed()) : EnumSet.of(Outcome.SUCCEEDS);
        String what = name + ", " + disk + (met ? ", step " + index + " (" + steps.get(index).what() + ")" : "");
        judge(what, end, allowed);
        if (met) {
            ends.computeIfAbsent(fault, _ -> new TreeMap<>()).merge(end.outcome, 1, Integer::sum);
        }
        Set<Outcome> allowedLater = met ? allowed(fault, fault.allowedAfterwards()) : EnumSet.of(Outcome.SUCCEEDS);
        if (fault != Fault.POWER_LOSS) {
            check(what + ", after the death of the process", disk.kill(options.seed()), scenario::checkAfterDeath, allowedLater);
        }
        for (long seed = 1; seed <= powerLosses; seed++) {
            check(what + ", after power loss " + seed, disk.crash(seed), scenario::checkAfterPowerLoss, allowedLater);
        }
        disk.close();
        return steps;
    }

    private Set<Outcome> allowed(Fault fault, Set<Outcome> usual) {
        Set<Outcome> allowed = EnumSet.copyOf(usual);
        allowed.addAll(widened.getOrDefault(fault, Set.of()));
        return allowed;
    }

    /** A step of a scenario on a disk. */
    @FunctionalInterface
    private interface Part {
        void on(SimulatedDisk disk) throws Exception;
    }

    private void check(String what, SimulatedDisk left, Part part, Set<Outcome> allowed) {
        checks++;
        judge(what, ended(left, () -> part.on(left)), allowed);
        left.close();
    }

    private void judge(String what, End end, Set<Outcome> allowed) {
        if (!allowed.contains(end.outcome)) {
            failures.add("  " + what + ": " + end.outcome + (end.thrown == null ? "" : " (" + end.thrown + ")") + ", where " + allowed + " is allowed");
        }
    }

    /** Something that runs on a disk. */
    @FunctionalInterface
    private interface Work {
        void run() throws Exception;
    }

    /** How something ends on a thread of its own, which gets what the disk holds back once nothing else happens. */
    private static End ended(SimulatedDisk disk, Work work) {
        FutureTask<Void> task = new FutureTask<>(() -> {
            work.run();
            return null;
        });
        Thread thread = Thread.ofPlatform().daemon().name("scenario").start(task);
        boolean stalled = false;
        int steps = -1;
        int quiet = 0;
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(TIMEOUT_SECONDS);
        while (!isDone(task)) {
            int now = disk.stepCount();
            quiet = now == steps ? quiet + 1 : 0;
            steps = now;
            boolean spins = thread.getState() == Thread.State.RUNNABLE;
            if (quiet >= (spins ? QUIET_LOOKS_SPINNING : QUIET_LOOKS) && disk.releaseLate() == 0) {
                stalled |= disk.failStalled() > 0;
            }
            if (System.nanoTime() > deadline) {
                return new End(Outcome.WRONG, new AssertionError("it did not end within " + TIMEOUT_SECONDS + " s: " + List.of(thread.getStackTrace())));
            }
        }
        End end = End.of(thrownBy(task));
        if (end.outcome != Outcome.WRONG && disk.openFiles() > 0) {
            end = new End(Outcome.WRONG, new AssertionError(disk.openFiles() + " files were left open by what ended in " + end));
        }
        if (end.outcome != Outcome.WRONG && !disk.bugs().isEmpty()) {
            end = new End(Outcome.WRONG, disk.bugs().getFirst());
        }
        return stalled && end.outcome != Outcome.WRONG ? new End(Outcome.STALLS, end.thrown) : end;
    }

    private static boolean isDone(FutureTask<Void> task) {
        try {
            task.get(POLL_MILLIS, TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException notYet) {
            return false;
        } catch (ExecutionException failed) {
            return true;
        } catch (InterruptedException e) {
            throw new AssertionError("a countdown was interrupted", e);
        }
    }

    private static Throwable thrownBy(FutureTask<Void> task) {
        if (task.state() == FutureTask.State.SUCCESS) {
            return null;
        }
        Throwable thrown = task.exceptionNow();
        for (Throwable cause = thrown; cause != null && !(thrown instanceof AssertionError); cause = cause.getCause()) {
            if (cause instanceof StoreFault) {
                return cause;
            }
        }
        return thrown;
    }
}
