package io.tideline.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.epoch.Epoch;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.LogAddress;
import io.tideline.hlog.device.Countdown;
import io.tideline.hlog.device.Fault;
import io.tideline.hlog.device.SimulatedDisk;
import io.tideline.memory.Waits;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An image is written, published and read, and each step of that meets each fault. */
class IndexImageFaultTest {
    private static final long HOMES = 128;
    private static final long CAPACITY = 400;

    private final Epoch epoch = new Epoch(Waits.SYSTEM);

    private final class Life implements Countdown.Scenario {
        private Map<Long, Long> written;
        private boolean published;

        @Override
        public void live(SimulatedDisk disk) {
            try (HashIndex index = new HashIndex(epoch, HOMES, CAPACITY, false)) {
                written = Table.fill(index, new SplittableRandom(9), 1500);
                write(disk, index);
            }
            disk.rename("checkpoints/A.tmp", "checkpoints/A");
            disk.syncDirectory();
            published = true;
            read(disk);
        }

        private void write(SimulatedDisk disk, HashIndex index) {
            try {
                IndexImage.write(index, disk, Waits.SYSTEM, "checkpoints/A.tmp", 11, 5, true, bytes -> { }, 4096);
            } catch (StoreFault failed) {
                boolean created = disk.steps().getFirst().fault() == null;
                if (created && !disk.met().contains(Fault.POWER_LOSS)) {
                    assertFalse(disk.exists("checkpoints/A.tmp"), "what could not be finished was left: " + failed);
                }
                throw failed;
            }
        }

        private void read(SimulatedDisk disk) {
            try (HashIndex restored = new HashIndex(epoch, HOMES, CAPACITY, false)) {
                try {
                    IndexImage.read(disk, Waits.SYSTEM, "checkpoints/A", 11, 5, restored, LogAddress.MASK, bytes -> { });
                } catch (StoreFault failed) {
                    Table.assertEmpty(restored, failed.toString());
                    throw failed;
                }
                assertEquals(written, Table.entries(restored, "after reading"));
            }
        }

        @Override
        public void checkAfterDeath(SimulatedDisk disk) {
            boolean there = disk.exists("checkpoints/A");
            assertTrue(there || !published, "a published image is gone");
            if (there) {
                read(disk);
            }
        }

        @Override
        public void checkAfterPowerLoss(SimulatedDisk disk) {
            if (disk.exists("checkpoints/A")) {
                read(disk);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"INLINE", "THREADS"})
    void shouldEndOnlyAsTheFaultAllows(SimulatedDisk.Mode mode) {
        SimulatedDisk.Options options = SimulatedDisk.Options.DEFAULT.seed(13).mode(mode).alignmentBytes(512).garbage(true);
        Countdown.Report report = new Countdown("index image", options, Life::new).powerLosses(3).run();
        System.out.println(report);
        assertTrue(report.steps() > 15 && report.ends().keySet().containsAll(List.of(Fault.values())), report.toString());
    }
}
