package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.checkpoint.Durability;
import io.tideline.hlog.device.SimulatedDisk;
import io.tideline.memory.Simulation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;

/**
 * What one seed stands for: the lives of a store on a simulated disk, in simulated time, with sessions and checkpoints on threads that run one at
 * a time. Each life ends at any moment, be it of its recovery, by a death of the process or a loss of power, or by a close; the next one must find
 * of each session a prefix that reaches from what was promised to what was begun.
 */
final class SimulatedLives {
    private static final long MAX_STEPS = 20_000_000;

    /**
     * What the seed decides, to be printed.
     *
     * @param powerLoss whether a life may end by one; then all checkpoints survive it
     * @param meanSteps about how many points a life lasts
     */
    record Options(long seed, int lives, int sessions, int operations, int pageBits, int frames, int buckets, boolean checkpoints, boolean powerLoss, int sectorBytes,
                   int diskThreads, long latencyNanos, long meanSteps, Simulation.Options schedule) {
        static Options of(long seed) {
            SplittableRandom random = new SplittableRandom(seed);
            return new Options(seed, random.nextInt(1, 4), random.nextInt(1, 9) / (1 + random.nextInt(2)) + 1, random.nextInt(5, 60), random.nextInt(12, 14), random.nextInt(8, 17),
                    1 << random.nextInt(0, 8), random.nextInt(8) > 0, random.nextBoolean(), random.nextBoolean() ? 512 : 4096,
                    random.nextInt(1, 3), 1L << random.nextInt(10, 20), 1L << random.nextInt(8, 17), Simulation.Options.of(seed, MAX_STEPS));
        }
    }

    private final Options options;
    private final SplittableRandom random;
    private final Simulation simulation;
    private final PrefixScript script;
    /** Of each session, what the next life must find, and what it may find at most. */
    private final long[] promised;
    private final long[] begun;
    private Store store;
    private Session[] sessions;
    private SimulatedDisk left;
    private long hash;

    SimulatedLives(Options options) {
        this.options = options;
        this.random = new SplittableRandom(options.seed + 1);
        this.simulation = new Simulation(options.schedule);
        this.script = new PrefixScript(options.seed, options.sessions);
        this.promised = new long[options.sessions];
        this.begun = new long[options.sessions];
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

    /** Of all that happened, and of what was found after each life. */
    long hash() {
        return hash ^ simulation.traceHash();
    }

    private void live() {
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(options.seed).mode(SimulatedDisk.Mode.QUEUED).sectorBytes(options.sectorBytes));
        for (int life = 0; life < options.lives; life++) {
            disk = live(disk, life == options.lives - 1);
        }
    }

    private SimulatedDisk live(SimulatedDisk disk, boolean isLast) {
        left = null;
        sessions = null;
        if (!isLast) {
            simulation.at(simulation.steps() + random.nextLong(2 * options.meanSteps), () -> die(disk));
        }
        DiskService service = new DiskService(disk);
        store = Store.open(StoreConfig.builder().memory((long) options.frames << options.pageBits).pageSize(1 << options.pageBits)
                .segmentSize(1 << options.pageBits + 2).buckets(options.buckets).hashSeed(7).maxPending(3, 6).hugePages(false).maxOpenFiles(2)
                .stripe(() -> 0).waits(simulation).files(disk).build());
        if (left == null) {
            comeBack();
            operate();
        }
        if (left == null || random.nextBoolean()) {
            store.close();
        } else {
            store.abandon();
        }
        if (left == null) {
            simulation.at(Long.MAX_VALUE, () -> { });
            promise();
            left = disk.kill(random.nextLong());
        }
        service.end();
        assertEquals(List.of(), disk.bugs());
        return left;
    }

    /** The closed store has told them. */
    private void promise() {
        System.arraycopy(begun, 0, promised, 0, begun.length);
    }

    /** The end of a life, between two steps of it: what goes on in it from here on leaves no traces. */
    private void die(SimulatedDisk disk) {
        if (sessions != null) {
            for (int i = 0; i < sessions.length; i++) {
                begun[i] = sessions[i].serial();
                promised[i] = sessions[i].durableSerial();
            }
        }
        long seed = random.nextLong();
        left = options.powerLoss && (seed & 1) == 0 ? disk.crash(seed) : disk.kill(seed);
    }

    /** Goes on with the sessions of the life before. */
    private void comeBack() {
        Session[] found = new Session[options.sessions];
        long[] serials = new long[options.sessions];
        for (int i = 0; i < found.length; i++) {
            found[i] = store.sessionNames().contains(name(i)) ? store.resumeSession(name(i)) : store.openSession(name(i));
            serials[i] = found[i].serial();
            int number = i;
            assertTrue(serials[i] >= promised[i] && serials[i] <= begun[i], () -> "session " + number + " came back with " + serials[number]
                    + " operations, was promised " + promised[number] + " and had begun " + begun[number]);
        }
        hash = hash * 31 + Arrays.hashCode(serials);
        script.verify(store, serials, options.toString());
        assertEquals(List.of(), StoreVerifier.verify(store));
        for (int i = 0; i < found.length; i++) {
            script.finishGroup(found[i], i);
        }
        if (left == null) {
            sessions = found;
        }
    }

    private static String name(int session) {
        return "session " + session;
    }

    private void operate() {
        List<Thread> users = new ArrayList<>();
        Session[] open = sessions;
        for (int i = 0; open != null && i < open.length; i++) {
            int number = i;
            users.add(simulation.thread("user " + i, () -> {
                for (int done = 0; done < options.operations && left == null; done++) {
                    script.run(open[number], number);
                }
                begun[number] = left == null ? open[number].serial() : begun[number];
                open[number].close();
            }));
        }
        boolean[] over = new boolean[1];
        Thread committer = simulation.thread("committer", () -> {
            while (!over[0] && left == null && options.checkpoints) {
                simulation.nap("between checkpoints", 1 + random.nextLong(1_000_000));
                commit();
            }
        });
        users.forEach(simulation::start);
        simulation.start(committer);
        users.forEach(simulation::join);
        over[0] = true;
        simulation.join(committer);
    }

    private void commit() {
        Durability durability = options.powerLoss || random.nextBoolean() ? Durability.DISK : Durability.PROCESS;
        CheckpointRequest request = (random.nextBoolean() ? CheckpointRequest.full() : CheckpointRequest.logOnly()).durability(durability);
        CompletableFuture<CommitPoint> point = store.checkpoint(request);
        Thread self = Thread.currentThread();
        point.whenComplete((_, _) -> simulation.wake(self));
        simulation.await(point::isDone);
        point.join();
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
