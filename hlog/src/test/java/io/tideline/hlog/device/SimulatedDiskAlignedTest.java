package io.tideline.hlog.device;

/** The contract kept by a {@link SimulatedDisk} with the alignment and the sectors of direct I/O. */
class SimulatedDiskAlignedTest extends DeviceSpec {
    private SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.alignmentBytes(4096).sectorBytes(4096));

    @Override
    Device newDevice() {
        disk = disk.kill(2);
        return disk;
    }
}
