package io.tideline.hlog.device;

/** An open file of a {@link SimulatedDisk}, which does everything for it. */
final class SimulatedFile implements DeviceFile {
    private final SimulatedDisk disk;
    private final String name;
    /** The rest is guarded by the disk. */
    final SimulatedInode inode;
    boolean closed;
    int unfinished;

    SimulatedFile(SimulatedDisk disk, String name, SimulatedInode inode) {
        this.disk = disk;
        this.name = name;
        this.inode = inode;
    }

    @Override
    public String path() {
        return "simulated:/" + name;
    }

    @Override
    public long sizeBytes() {
        return disk.sizeBytes(this);
    }

    @Override
    public void read(IoRequest request, long offset, long address, int lengthBytes) {
        disk.submit(this, Io.READ, request, offset, address, lengthBytes);
    }

    @Override
    public void write(IoRequest request, long offset, long address, int lengthBytes) {
        disk.submit(this, Io.WRITE, request, offset, address, lengthBytes);
    }

    @Override
    public void sync(IoRequest request) {
        disk.submit(this, Io.SYNC, request, 0, 0, 0);
    }

    @Override
    public void truncate(long sizeBytes) {
        disk.truncate(this, sizeBytes);
    }

    @Override
    public void close() {
        disk.close(this);
    }
}
