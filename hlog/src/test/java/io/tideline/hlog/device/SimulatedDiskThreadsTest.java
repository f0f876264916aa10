package io.tideline.hlog.device;

/** The contract kept by a {@link SimulatedDisk} with threads of its own, whose completions come in any order, late, twice and from strangers. */
class SimulatedDiskThreadsTest extends DeviceSpec {
    private SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.mode(SimulatedDisk.Mode.THREADS));

    @Override
    Device newDevice() {
        disk.close();
        disk = disk.kill(3, FaultPlan.ofSeed(3).sometimes(Fault.DOUBLE_COMPLETION, 0.3).sometimes(Fault.FOREIGN_THREAD, 0.05));
        return disk;
    }
}
