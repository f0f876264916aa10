package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tideline.checkpoint.Durability;
import io.tideline.checkpoint.SystemState.Phase;
import io.tideline.core.SimHistory.Death;
import io.tideline.fault.ClosedFault;
import io.tideline.fault.FullFault;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.device.Fault;
import io.tideline.hlog.device.FaultPlan;
import io.tideline.hlog.device.SimulatedDisk;
import io.tideline.memory.Simulation;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * What one seed stands for: the lives of a store on a simulated disk, in simulated time, with sessions and checkpoints on threads that run one at
 * a time. Each life but the last ends at any moment, be it of its recovery, by the death of the process or the loss of power, or by a close; the next
 * one is checked against the history of all before it. The last one has no faults, and must come to its end.
 */
final class SimulatedLives {
    /** Far more than any seed takes that comes to its end. */
    private static final long MAX_STEPS = 20_000_000;
    private static final Phase[] PHASES = Phase.values();
    static final String OPENING = "OPENING";
    /** They change the order of things only. */
    private static final Set<Fault> HARMLESS = EnumSet.of(Fault.LATE, Fault.DOUBLE_COMPLETION, Fault.FOREIGN_THREAD);
    private static final Set<Fault> REPORTED = EnumSet.of(Fault.EIO, Fault.SHORT, Fault.ENOSPC, Fault.SYNC_FAILS, Fault.BIT_FLIP_ON_READ);

    /**
     * What the seed decides, to be printed.
     *
     * @param operations of each session in each life
     * @param commitEveryNanos about so much time between two checkpoints; 0 for none
     * @param powerLoss whether a life may end by one; then all checkpoints survive it
     * @param meanSteps about how many points a life lasts
     * @param faults with a probability of {@code faultRate} each
     */
    record Options(long seed, int lives, int sessions, int operations, int pageBits, int pages, int buckets, double mutable, boolean copiesReadsUp,
                   long commitEveryNanos, boolean powerLoss, int sectorBytes, int diskThreads, long latencyNanos, long meanSteps, boolean closesEarly,
                   Set<Fault> faults, double faultRate, SimScript.Options script, Simulation.Options schedule) {
        static Options of(long seed) {
            SplittableRandom random = new SplittableRandom(seed * 0x9E37_79B9_7F4A_7C15L);
            int sessions = 1 + random.nextInt(1, 9) / (1 + random.nextInt(3));
            Set<Fault> faults = EnumSet.noneOf(Fault.class);
            if (random.nextBoolean()) {
                choose(HARMLESS, random, faults);
            }
            if (random.nextInt(4) == 0) {
                choose(REPORTED, random, faults);
            }
            return new Options(seed, random.nextInt(2, 6), Math.min(8, sessions), (8 << random.nextInt(0, 6)) / sessions + random.nextInt(20),
                    random.nextInt(12, 14), random.nextInt(8, 17), 1 << random.nextInt(0, 8), random.nextBoolean() ? 0.9 : 0.3, random.nextBoolean(),
                    random.nextInt(6) == 0 ? 0 : 1L << random.nextInt(12, 22), random.nextBoolean(), random.nextBoolean() ? 512 : 4096, random.nextInt(1, 3),
                    1L << random.nextInt(8, 20), 1L << random.nextInt(10, 18), random.nextInt(8) == 0, faults, random.nextBoolean() ? 0.01 : 0.002,
                    SimScript.Options.swarm(seed).walkEvery(200), Simulation.Options.of(seed, MAX_STEPS));
        }

        private static void choose(Set<Fault> from, SplittableRandom random, Set<Fault> some) {
            for (Fault fault : from) {
                if (random.nextBoolean()) {
                    some.add(fault);
                }
            }
        }
    }

    private final Options options;
    private final SplittableRandom random;
    private final Simulation simulation;
    private final SimScript script;
    private Store store;
    /** What it has its files on. */
    private SimulatedDisk beneath;
    /** Who uses it. */
    private final List<Thread> users = new ArrayList<>();
    /** Whether sessions are open: what the disk holds at the end of the life is not what it held at its beginning. */
    private boolean isOpen;
    /** What the end of this life has left, and which end that was; null while it goes on. */
    private SimulatedDisk left;
    private Death death;
    private long copiedUp;
    private int fullCloses;
    /** Whether this life is closed on a disk that is made to have little room. */
    private boolean isTight;
    /** Where lives ended in which something was still to come: the phase of a store in use, or the name of an opening or a close. */
    private final Map<String, Integer> deaths = new TreeMap<>();
    /** The death to come, and in or behind which checkpoint; 0 if it does not wait for any. */
    private Runnable dying;
    private int commitsToLive;
    private boolean diesInside;
    /** As many as the life before had, or more. */
    private int buckets;
    private long hash;

    SimulatedLives(Options options) {
        this.options = options;
        this.random = new SplittableRandom(options.seed + 1);
        this.buckets = options.buckets;
        this.simulation = new Simulation(options.schedule);
        simulation.holdAt("gate.prepared"); // who is late there is overtaken by the next version
        this.script = new SimScript(options.seed, options.sessions, options.script, new AtomicLong()::incrementAndGet);
    }

    Simulation simulation() {
        return simulation;
    }

    /** Lives them; fails as soon as something is wrong. */
    void run() {
        try {
            simulation.run(this::live);
        } catch (AssertionError failed) {
            throw new AssertionError("-Dtest.sim.seed=" + options.seed + " replays it: " + options, failed);
        }
    }

    /** Lives those of so many seeds. */
    static void live(long firstSeed, int seeds) {
        for (long seed = firstSeed; seed < firstSeed + seeds; seed++) {
            new SimulatedLives(Options.of(seed)).run();
        }
    }

    /** Of all that happened, and of what was left of it. */
    long hash() {
        return hash ^ simulation.traceHash();
    }

    private void live() {
        SimulatedDisk disk = new SimulatedDisk(
                SimulatedDisk.Options.DEFAULT.seed(options.seed).mode(SimulatedDisk.Mode.QUEUED).sectorBytes(options.sectorBytes), plan());
        for (int life = 1; life <= options.lives; life++) {
            live(disk, life == options.lives);
            for (int session = 0; session < options.sessions; session++) {
                hash = hash * 31 + script.serial(session);
            }
            disk = left;
            hash = hash * 31 + disk.contentHash();
        }
        live(disk, true);
    }

    private FaultPlan plan() {
        FaultPlan plan = FaultPlan.ofSeed(random.nextLong());
        options.faults.forEach(fault -> plan.sometimes(fault, HARMLESS.contains(fault) ? 10 * options.faultRate : options.faultRate));
        return plan;
    }

    // --- a life ---

    private void live(SimulatedDisk disk, boolean isLast) {
        left = null;
        beneath = disk;
        isOpen = false;
        isTight = false;
        boolean isFirst = death == null;
        Death before = death;
        FaultPlan next = isLast ? FaultPlan.none() : plan();
        dying = () -> die(disk, next);
        commitsToLive = isLast ? 0 : random.nextInt(4); // what is wrong with one shows only where no other comes behind it
        diesInside = random.nextBoolean();
        if (!isLast && commitsToLive == 0) {
            simulation.at(simulation.steps() + random.nextLong(2 * options.meanSteps), dying);
        }
        DiskService service = new DiskService(disk);
        if (open(disk)) {
            if (!isFirst) {
                disk.spare(true); // what the check cannot read it cannot tell from what is wrong
                script.check(store);
                disk.spare(false);
            }
            if (left == null) {
                isOpen = true;
                script.open(store);
                operate();
            } else {
                script.died(death);
            }
            end(disk, isLast);
        } else if (left != null && (before == null || before == Death.KILL)) {
            script.died(death); // it may have taken more than the one before
        }
        simulation.at(Long.MAX_VALUE, () -> { });
        if (left == null) {
            left = disk.kill(random.nextLong(), next);
        }
        service.end();
        assertEquals(List.of(), disk.bugs());
    }

    /** Opens the store; false if a fault prevents it, and then what the disk holds is what it held. */
    private boolean open(SimulatedDisk disk) {
        buckets = random.nextInt(4) == 0 ? Math.min(buckets * 2, 1 << 9) : buckets;
        try {
            store = Store.open(StoreConfig.builder().memory((long) random.nextInt(8, options.pages + 1) << options.pageBits).pageSize(1 << options.pageBits)
                    .segmentSize(1 << options.pageBits + 2).buckets(buckets).hashSeed(options.seed).maxPending(3, 6).hugePages(false).maxOpenFiles(2)
                    .mutableFraction(options.mutable).copyReadsUp(options.copiesReadsUp).stripe(() -> 0).waits(simulation).files(disk).build());
            return true;
        } catch (StoreFault fault) {
            requireReason(disk, fault);
            return false;
        }
    }

    /** The end of a life, between two steps of it: what goes on in it from here on leaves no traces. */
    private void die(SimulatedDisk disk, FaultPlan next) {
        deaths.merge(isOpen ? store.kernel().state.phase().toString() : OPENING, 1, Integer::sum);
        long seed = random.nextLong();
        death = options.powerLoss && (seed & 1) == 0 ? Death.POWER_LOSS : Death.KILL;
        if (isOpen) {
            script.died(death);
        }
        left = death == Death.POWER_LOSS ? disk.crash(seed, next) : disk.kill(seed, next);
    }

    /** Looks again and again whether the checkpoint is that far, and draws a moment then. */
    private void dieIn(Phase phase, int within) {
        simulation.at(simulation.steps() + 1 + random.nextInt(8), () -> {
            if (store.kernel().state.phase() == phase) {
                simulation.at(simulation.steps() + random.nextInt(within), dying);
            } else if (left == null) {
                dieIn(phase, within);
            }
        });
    }

    /** How often a life ended in each phase of a checkpoint, or in an {@link #OPENING}. */
    Map<String, Integer> deaths() {
        return deaths;
    }

    /** How many values that were read from the device were copied to the tail, in all lives. */
    long copiedUp() {
        return copiedUp;
    }

    /** How many closes found no room on the disk. */
    int fullCloses() {
        return fullCloses;
    }

    private void end(SimulatedDisk disk, boolean isLast) {
        boolean closes = isLast || random.nextBoolean(); // a close takes a checkpoint, behind which no other is looked at
        copiedUp += isOpen ? store.stats().copiedUp() : 0;
        try {
            if (isOpen && !options.closesEarly) {
                script.close();
            }
            if (closes) {
                isTight = !isLast && random.nextInt(5) == 0;
                if (isTight) {
                    disk.leaveRoom(random.nextInt(8) * 4096L);
                }
                closes = close(disk);
            } else {
                store.abandon();
            }
        } catch (StoreFault fault) {
            requireMet(disk, fault); // want of room is no reason to give up what is in memory
            closes = false;
        }
        if (isOpen && left == null) {
            death = closes ? Death.CLOSE : Death.KILL;
            script.died(death);
        }
        if (isOpen && options.closesEarly) {
            users.forEach(simulation::join);
            script.close();
        }
    }

    /** Whether it went through: where the disk has no room it is tried again, as often as somebody makes some, and given up at last. */
    private boolean close(SimulatedDisk disk) {
        for (;;) {
            try {
                store.close();
                return true;
            } catch (FullFault full) {
                requireReason(disk, full);
                fullCloses++;
                if (random.nextInt(4) == 0) {
                    store.abandon();
                    return false;
                }
                simulation.nap("until there is room", 1 << 20);
                disk.leaveRoom(random.nextBoolean() ? Long.MAX_VALUE : random.nextInt(8) * 4096L);
            }
        }
    }

    /** Fails unless the disk had a fault, or no room where the store says so. */
    private void requireReason(SimulatedDisk disk, StoreFault fault) {
        boolean isOfNoRoom = isTight && Stream.<Throwable>iterate(fault, Objects::nonNull, Throwable::getCause).anyMatch(FullFault.class::isInstance);
        if (!isOfNoRoom) {
            requireMet(disk, fault);
        }
    }

    private static void requireMet(SimulatedDisk disk, StoreFault fault) {
        if (disk.met().stream().allMatch(HARMLESS::contains)) {
            throw new AssertionError("without a reason: " + fault, fault);
        }
    }

    // --- what goes on in it ---

    private void operate() {
        users.clear();
        for (int i = 0; i < options.sessions; i++) {
            int number = i;
            users.add(simulation.thread("user " + i, () -> use(number)));
        }
        boolean[] over = new boolean[1];
        Thread committer = simulation.thread("committer", () -> {
            boolean goesOn = options.commitEveryNanos > 0;
            while (goesOn && !over[0] && left == null) {
                simulation.nap("between checkpoints", 1 + random.nextLong(options.commitEveryNanos));
                goesOn = commit();
            }
        });
        users.add(committer);
        users.forEach(simulation::start);
        if (options.closesEarly) {
            simulation.nap("before the close", 1 + random.nextLong(1_000 * options.meanSteps));
        } else {
            users.subList(0, options.sessions).forEach(simulation::join);
            over[0] = true;
            simulation.join(committer);
        }
    }

    private void use(int number) {
        for (long end = script.serial(number) + options.operations; script.serial(number) < end && left == null; ) {
            try {
                script.run(number);
            } catch (ClosedFault closed) {
                return;
            } catch (StoreFault fault) {
                requireReason(beneath, fault);
                hash = hash * 31 + number;
            }
        }
    }

    /** Takes a checkpoint; false if the store is closed. */
    private boolean commit() {
        Durability durability = options.powerLoss || random.nextBoolean() ? Durability.DISK : Durability.PROCESS;
        CheckpointRequest request = AnyCheckpoint.of(random, durability, store.lastCommit().isEmpty());
        Thread self = Thread.currentThread();
        try {
            if (commitsToLive == 1 && diesInside) {
                commitsToLive = 0;
                Phase phase = PHASES[random.nextInt(PHASES.length)];
                dieIn(phase, 1 << random.nextInt(3, 10));
            }
            CompletableFuture<CommitPoint> point = script.checkpoint(request);
            point.whenComplete((_, _) -> simulation.wake(self));
            simulation.await(point::isDone);
            hash = hash * 31 + point.join().number();
            if (--commitsToLive == 0) {
                simulation.at(simulation.steps() + random.nextLong(random.nextBoolean() ? 60 : 300), dying);
            }
            return true;
        } catch (ClosedFault closed) {
            return false;
        } catch (CompletionException failed) {
            if (failed.getCause() instanceof ClosedFault) {
                return false;
            }
            if (!(failed.getCause() instanceof StoreFault fault)) {
                throw failed;
            }
            requireReason(beneath, fault);
            return true;
        }
    }

    /** The threads of a disk. */
    private final class DiskService {
        private final SimulatedDisk disk;
        private final List<Thread> threads = new ArrayList<>();
        private boolean over;

        DiskService(SimulatedDisk disk) {
            this.disk = disk;
            for (int i = 0; i < options.diskThreads; i++) {
                threads.add(simulation.thread("disk " + i, this::serve));
            }
            disk.steer(simulation, () -> {
                threads.forEach(simulation::wake);
                simulation.at("disk.asked");
            });
            threads.forEach(simulation::start);
        }

        private void serve() {
            while (!over) {
                simulation.await(() -> over || disk.queued() + disk.late() > 0);
                simulation.nap("disk", options.latencyNanos);
                if (!disk.runOne()) {
                    disk.releaseLate();
                }
            }
        }

        void end() {
            over = true;
            threads.forEach(simulation::wake);
            threads.forEach(simulation::join);
            disk.close();
        }
    }
}
