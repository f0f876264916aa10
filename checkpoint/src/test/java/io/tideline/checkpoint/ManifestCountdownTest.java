package io.tideline.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.fault.CorruptionFault;
import io.tideline.fault.IoFault;
import io.tideline.hlog.device.BlockingIo;
import io.tideline.hlog.device.Countdown;
import io.tideline.hlog.device.Device;
import io.tideline.hlog.device.DeviceFile;
import io.tideline.hlog.device.Fault;
import io.tideline.hlog.device.FaultPlan;
import io.tideline.hlog.device.SimulatedDisk;
import io.tideline.hlog.device.SimulatedDisk.Options;
import io.tideline.memory.Region;
import io.tideline.memory.Waits;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A life of publications and retentions in which each step meets each fault, and what the death of the process and power losses leave of it:
 * the newest manifest or the one before, whole, with the files it names, and never less than what was acknowledged.
 */
final class ManifestCountdownTest {
    private static final int POWER_LOSSES = 8;
    /** As many, so that chance draws each style of a crash several times. */
    private static final int MANY_POWER_LOSSES = 64;

    private static class Life implements Countdown.Scenario {
        private final Durability[] durabilities;
        /** The last generation that was published. */
        private long acknowledged;
        /** The last one that survives a power loss. */
        private long synced;
        private long begun;

        Life(Durability... durabilities) {
            this.durabilities = durabilities;
        }

        @Override
        public void live(SimulatedDisk disk) {
            ManifestStore store = ManifestStore.open(disk, Waits.SYSTEM, Manifests.IDENTITY);
            for (Durability durability : durabilities) {
                publish(disk, store, durability);
                if (acknowledged > 1) {
                    store.retain(2);
                }
            }
            Manifest newest = ManifestStore.open(disk, Waits.SYSTEM, Manifests.IDENTITY).newest().orElseThrow();
            assertEquals(expected(acknowledged), newest);
        }

        private Manifest expected(long generation) {
            return ManifestStoreTest.manifest(generation, durabilities[(int) generation - 1]);
        }

        void publish(Device disk, ManifestStore store, Durability durability) {
            begun = store.nextGeneration();
            acknowledged = published(disk, store, durability);
            synced = durability == Durability.DISK ? acknowledged : synced;
        }

        private static long published(Device disk, ManifestStore store, Durability durability) {
            long generation = store.nextGeneration();
            writeImage(disk, generation, durability);
            store.publish(ManifestStoreTest.manifest(generation, durability));
            return generation;
        }

        /** What the manifest names, which is there, and synced if it says so, before the manifest is. */
        private static void writeImage(Device disk, long generation, Durability durability) {
            String name = CheckpointFiles.name(generation, "index");
            if (disk.exists(name)) {
                disk.delete(name); // of a checkpoint that failed
            }
            BlockingIo io = new BlockingIo(Waits.SYSTEM);
            try (Region memory = Region.allocate(512, false); DeviceFile file = disk.create(name)) {
                io.write(file, 0, memory.address(), 512);
                if (durability == Durability.DISK) {
                    io.sync(file);
                    disk.syncDirectory();
                }
            }
        }

        @Override
        public void checkAfterDeath(SimulatedDisk disk) {
            check(disk, ManifestStore.open(disk, Waits.SYSTEM, Manifests.IDENTITY), acknowledged);
        }

        @Override
        public void checkAfterPowerLoss(SimulatedDisk disk) {
            try {
                check(disk, openAfterPowerLoss(disk), synced);
            } catch (CorruptionFault damage) {
                boolean nothingWasPromised = synced == 0 && damage.getMessage().contains("/MANIFEST-");
                if (!nothingWasPromised) {
                    throw damage;
                }
            }
        }

        ManifestStore openAfterPowerLoss(SimulatedDisk disk) {
            boolean allSynced = List.of(durabilities).stream().allMatch(durability -> durability == Durability.DISK);
            if (allSynced) {
                return ManifestStore.open(disk, Waits.SYSTEM, Manifests.IDENTITY);
            }
            // what was not synced may be half there; then it is not used, and said to be lost
            ManifestStore store = ManifestStore.openFallingBack(disk, Waits.SYSTEM, Manifests.IDENTITY);
            store.lost().forEach(lost -> {
                if (lost.generation() <= synced) {
                    throw lost.damage();
                }
            });
            if (!store.lost().isEmpty()) {
                assertThrows(CorruptionFault.class, () -> ManifestStore.open(disk, Waits.SYSTEM, Manifests.IDENTITY));
            }
            return store;
        }

        private void check(SimulatedDisk disk, ManifestStore store, long least) {
            long found = store.newest().map(Manifest::generation).orElse(0L);
            if (found < least) {
                throw new CorruptionFault("generation " + found + " was found, " + least + " was acknowledged");
            }
            assertTrue(found <= begun, () -> found + " was found, " + begun + " was begun");
            assertTrue(disk.list().stream().noneMatch(name -> name.endsWith(".tmp")), () -> "left: " + disk.list());
            if (found > 0) {
                assertEquals(expected(found), store.newest().orElseThrow());
                requireImage(disk, found, least);
            }
            goOn(disk, store, found);
        }

        private static void requireImage(SimulatedDisk disk, long found, long least) {
            boolean isPromised = found <= least;
            if (isPromised && !disk.exists(CheckpointFiles.name(found, "index"))) {
                throw new CorruptionFault("the files of checkpoint " + found + " are gone");
            }
        }

        /** The next life: what came back is as good as any. */
        private static void goOn(SimulatedDisk disk, ManifestStore store, long found) {
            long next = published(disk, store, Durability.DISK);
            assertTrue(next > found);
            StillNeeded needed = store.retain(2);
            assertTrue(needed.needsCheckpoint(next) && (found == 0 || needed.needsCheckpoint(found)), needed::toString);
            assertEquals(ManifestStoreTest.manifest(next, Durability.DISK),
                    ManifestStore.open(disk, Waits.SYSTEM, Manifests.IDENTITY).newest().orElseThrow());
            List<String> files = disk.list().stream().filter(name -> name.startsWith("checkpoints/")).toList();
            assertTrue(files.stream().allMatch(name -> needed.needsCheckpoint(CheckpointFiles.number(name).orElseThrow())), files::toString);
        }
    }

    private static final Durability D = Durability.DISK;
    private static final Durability P = Durability.PROCESS;

    @Test
    void shouldLeaveTheOldOrTheNewManifestAtEveryStep() {
        Countdown.Report report = new Countdown("manifests on disk", Options.DEFAULT.seed(2), () -> new Life(D, D, D, D)).powerLosses(POWER_LOSSES).run();
        System.out.println(report);
        assertEquals(EnumSet.allOf(Fault.class), report.ends().keySet(), "every fault was met");
    }

    /** Nothing of what was not synced, everything, what came before some moment, or each for itself. */
    @Test
    void shouldLeaveThemHoweverMuchAPowerLossKeeps() {
        Life sound = new Life(D, D, D);
        SimulatedDisk counted = new SimulatedDisk(Options.DEFAULT);
        sound.live(counted);
        int steps = counted.steps().size();
        for (int step = 0; step < steps; step++) {
            try (SimulatedDisk disk = new SimulatedDisk(Options.DEFAULT, FaultPlan.none().failAt(step, Fault.POWER_LOSS))) {
                Life life = new Life(D, D, D);
                assertThrows(IoFault.class, () -> life.live(disk));
                for (long seed = 100; seed < 100 + MANY_POWER_LOSSES; seed++) {
                    try (SimulatedDisk left = disk.crash(seed)) {
                        life.checkAfterPowerLoss(left);
                    } catch (RuntimeException | AssertionError wrong) {
                        throw new AssertionError("step " + step + ", " + disk.steps().get(step) + ", crash " + seed, wrong);
                    }
                }
            }
        }
    }

    @Test
    void shouldLeaveThemWhereSomeWereNotSynced() {
        System.out.println(new Countdown("manifests, some not synced", Options.DEFAULT.seed(3), () -> new Life(D, P, P, D, P)).powerLosses(POWER_LOSSES).run());
        System.out.println(new Countdown("manifests, none synced", Options.DEFAULT.seed(4), () -> new Life(P, P, P)).powerLosses(POWER_LOSSES)
                .faults(EnumSet.of(Fault.EIO, Fault.ENOSPC, Fault.SHORT, Fault.POWER_LOSS)).run());
    }

    @Test
    void shouldLeaveThemOnADiskThatLeavesGarbageInLargeSectors() {
        Options options = Options.DEFAULT.seed(4).sectorBytes(4096).alignmentBytes(512).garbage(true);
        System.out.println(new Countdown("manifests, garbage", options, () -> new Life(D, D, D)).powerLosses(POWER_LOSSES).run());
    }

    /** The checks find what they look for. */
    @Test
    void shouldCatchANameThatIsNotSynced() {
        Countdown broken = new Countdown("a publication without sync", Options.DEFAULT, () -> new Life(D, D) {
            @Override
            void publish(Device disk, ManifestStore store, Durability durability) {
                super.publish(disk, store, Durability.PROCESS); // the broken twin: acknowledged as if it had been synced
                super.synced = super.acknowledged;
            }
        });
        String message = assertThrows(AssertionError.class, () -> broken.faults(EnumSet.of(Fault.POWER_LOSS)).powerLosses(POWER_LOSSES).run()).getMessage();
        assertTrue(message.contains("after power loss"), message);
    }
}
