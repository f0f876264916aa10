package io.tideline.hlog.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.fault.FullFault;
import io.tideline.fault.IoFault;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.device.SimulatedDisk.Options;
import io.tideline.memory.Waits;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** A scenario that is right meets every fault at every step and ends as it may; each one that is wrong is caught. */
class CountdownTest {
    private static Countdown countdown(Supplier<? extends Countdown.Scenario> scenarios) {
        return new Countdown("ledger", Options.DEFAULT.seed(11), scenarios);
    }

    @Test
    void shouldPassWhatIsRight() {
        Countdown.Report report = countdown(Ledger::new).run();
        System.out.println(report);
        assertEquals(26, report.steps());
        assertEquals(EnumSet.allOf(Fault.class), report.ends().keySet(), "every fault was met");
        assertEquals(Map.of(Outcome.IO_FAULT, 26), report.ends().get(Fault.EIO));
        assertEquals(Map.of(Outcome.IO_FAULT, 26), report.ends().get(Fault.POWER_LOSS));
        assertEquals(Map.of(Outcome.STALLS, 18), report.ends().get(Fault.STALL));
        assertEquals(Map.of(Outcome.SUCCEEDS, 18), report.ends().get(Fault.LATE));
        assertEquals(Map.of(Outcome.CORRUPTION_FAULT, 6), report.ends().get(Fault.BIT_FLIP_ON_READ));
        assertTrue(report.ends().get(Fault.LOST).containsKey(Outcome.CORRUPTION_FAULT), report::toString);
    }

    @Test
    void shouldPassWithThreadsAndLargeSectors() {
        for (long seed = 1; seed <= 3; seed++) {
            Options options = Options.DEFAULT.seed(seed).mode(SimulatedDisk.Mode.THREADS).sectorBytes(4096);
            Countdown.Report report = new Countdown("ledger", options, Ledger::new).faults(EnumSet.of(Fault.EIO, Fault.DOUBLE_COMPLETION,
                Fault.FOREIGN_THREAD, Fault.SYNC_FAILS, Fault.POWER_LOSS)).powerLosses(2).run();
            assertEquals(26, report.steps());
        }
    }

    private static void assertCaught(Set<Fault> faults, Supplier<? extends Countdown.Scenario> broken, String... told) {
        String message = assertThrows(AssertionError.class, () -> countdown(broken).faults(faults).powerLosses(10).run()).getMessage();
        for (String part : told) {
            assertTrue(message.contains(part), () -> "'" + part + "' is missing in: " + message);
        }
    }

    @Test
    void shouldCatchAMissingSync() {
        assertCaught(EnumSet.of(Fault.POWER_LOSS), () -> new Ledger() {
            @Override
            void sync(DeviceFile file) {
                // the broken twin: nothing is synced
            }
        }, "ledger", "power loss", "CORRUPTION_FAULT", "seed=11");
    }

    @Test
    void shouldCatchAMissingSyncOfTheDirectory() {
        assertCaught(EnumSet.of(Fault.POWER_LOSS), () -> new Ledger() {
            @Override
            void syncDirectory(SimulatedDisk disk) {
                // the broken twin: names are left to luck
            }
        }, "power loss", "acknowledged blocks is gone");
    }

    @Test
    void shouldCatchASyncWhoseFailureIsSwallowed() {
        assertCaught(EnumSet.of(Fault.SYNC_FAILS), () -> new Ledger() {
            @Override
            void sync(DeviceFile file) {
                try {
                    super.sync(file);
                } catch (IoFault swallowed) {
                    assertTrue(swallowed.getMessage().contains("SYNC_FAILS"));
                }
            }
        }, "SYNC_FAILS at 4", "step 4 (sync of simulated:/log/data)", "SUCCEEDS, where [IO_FAULT] is allowed");
    }

    @Test
    void shouldCatchASyncThatIsRepeated() {
        // Such a life ends well, so it takes the wider set of ends to see that what it acknowledged is gone.
        Countdown repeating = countdown(() -> new Ledger() {
            @Override
            void sync(DeviceFile file) {
                try {
                    super.sync(file);
                } catch (IoFault retried) {
                    super.sync(file);
                }
            }
        }).faults(EnumSet.of(Fault.SYNC_FAILS)).allowing(Fault.SYNC_FAILS, Outcome.SUCCEEDS).powerLosses(4);
        String message = assertThrows(AssertionError.class, repeating::run).getMessage();
        assertTrue(message.contains("is not what was written") || message.contains("the file ends at"), message);
    }

    @Test
    void shouldCatchBytesThatAreServedUnverified() {
        assertCaught(EnumSet.of(Fault.STALE_READ), () -> new Ledger() {
            @Override
            void check(byte[] bytes, byte[] expected, DeviceFile file) {
                // the broken twin: whatever comes is believed
            }
        }, "STALE_READ", "WRONG", "was served with");
    }

    @Test
    void shouldCatchAFileLeftOpen() {
        assertCaught(EnumSet.of(Fault.LATE), () -> new Ledger() {
            @Override
            DeviceFile temporary(SimulatedDisk disk) {
                DeviceFile file = super.temporary(disk);
                disk.open("MANIFEST.tmp");
                return file;
            }
        }, "files were left open");
    }

    @Test
    void shouldCatchAFailureOfAnotherKind() {
        assertCaught(EnumSet.of(Fault.ENOSPC), () -> new Ledger() {
            @Override
            DeviceFile temporary(SimulatedDisk disk) {
                try {
                    return super.temporary(disk);
                } catch (FullFault full) {
                    throw new IllegalStateException("no manifest", null);
                }
            }
        }, "ENOSPC", "WRONG", "no manifest");
    }

    @Test
    void shouldCatchACompletionThatThrows() {
        assertCaught(EnumSet.of(Fault.LATE), () -> disk -> {
            try (DeviceFile file = disk.create("f")) {
                file.sync(new IoRequest() {
                    @Override
                    protected void completed(StoreFault fault) {
                        throw new IllegalStateException("a completion that throws");
                    }
                });
            }
        }, "a completion that throws");
    }

    /** Waits as the store does, never at rest for long, and for two requests at once. */
    @Test
    void shouldTellAStallFromWorkWhereTheScenarioSpins() {
        Countdown.Report report = countdown(() -> disk -> {
            try (DeviceFile file = disk.create("f")) {
                Transfer one = new Transfer();
                Transfer two = new Transfer();
                file.sync(one);
                file.sync(two);
                for (int attempt = 0; one.isUnderWay() || two.isUnderWay(); attempt++) {
                    Waits.SYSTEM.pause(attempt % 100);
                }
                if (one.outcome() != null || two.outcome() != null) {
                    throw new IoFault("a sync failed");
                }
            }
        }).faults(EnumSet.of(Fault.STALL, Fault.LATE)).run();
        assertEquals(Map.of(Fault.STALL, Map.of(Outcome.STALLS, 2), Fault.LATE, Map.of(Outcome.SUCCEEDS, 2)), report.ends());
    }

    @Test
    void shouldSeeThroughWrappedFaults() {
        Countdown.Report report = countdown(() -> disk -> {
            try {
                disk.create("f").close();
            } catch (IoFault fault) {
                throw new IllegalStateException("wrapped", fault);
            }
        }).faults(EnumSet.of(Fault.EIO)).run();
        assertEquals(1, report.steps());
        assertEquals(List.of(Fault.EIO), List.copyOf(report.ends().keySet()));
    }
}
