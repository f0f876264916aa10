package io.tideline.hlog.device;

import io.tideline.fault.CorruptionFault;
import io.tideline.memory.Region;
import io.tideline.memory.Waits;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * A small store that does everything right: checksummed blocks in one file, whose number a manifest commits by write, sync, rename and
 * sync of the directory, after the blocks. Subclasses in tests do one thing wrong each.
 */
class Ledger implements Countdown.Scenario {
    private static final int BLOCK_BYTES = 1024;
    private static final int BLOCKS_PER_COMMIT = 3;
    private static final int COMMITS = 2;

    /** What was acknowledged as durable. */
    private int acknowledged;
    /** What was at most begun. */
    private int begun;
    private final BlockingIo io = new BlockingIo(Waits.SYSTEM);

    @Override
    public void live(SimulatedDisk disk) {
        try (Region memory = Region.allocate(4096, false); DeviceFile data = disk.create("log/data")) {
            for (int commit = 0; commit < COMMITS; commit++) {
                for (int i = 0; i < BLOCKS_PER_COMMIT; i++) {
                    append(data, memory.address(), begun++);
                }
                sync(data);
                publish(disk, memory.address(), begun);
                acknowledged = begun;
            }
            verify(data, memory.address(), begun);
        }
        if (disk.list().size() != 2) {
            throw new AssertionError("files " + disk.list());
        }
    }

    /** Blocks and manifests alike: content, place and checksum fill one block. */
    private static byte[] block(long content, long place) {
        ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES);
        block.putLong(content).putLong(place);
        while (block.remaining() > Integer.BYTES) {
            block.put((byte) (content + block.position()));
        }
        CRC32C crc = new CRC32C();
        crc.update(block.array(), 0, block.position());
        return block.putInt((int) crc.getValue()).array();
    }

    private void append(DeviceFile data, long address, int index) {
        AnyBytes.put(address, block(index * 31L, index));
        io.write(data, (long) index * BLOCK_BYTES, address, BLOCK_BYTES);
    }

    void sync(DeviceFile file) {
        io.sync(file);
    }

    void syncDirectory(SimulatedDisk disk) {
        disk.syncDirectory();
    }

    DeviceFile temporary(SimulatedDisk disk) {
        return disk.create("MANIFEST.tmp");
    }

    private void publish(SimulatedDisk disk, long address, int count) {
        try (DeviceFile manifest = temporary(disk)) {
            AnyBytes.put(address, block(count, -1));
            io.write(manifest, 0, address, BLOCK_BYTES);
            sync(manifest);
        }
        disk.rename("MANIFEST.tmp", "MANIFEST");
        syncDirectory(disk);
    }

    private void verify(DeviceFile data, long address, int count) {
        for (int index = 0; index < count; index++) {
            long content = read(data, address, (long) index * BLOCK_BYTES, index);
            if (content != index * 31L) {
                throw new AssertionError("block " + index + " was served with " + content);
            }
        }
    }

    private long read(DeviceFile file, long address, long offset, long place) {
        io.read(file, offset, address, BLOCK_BYTES);
        byte[] bytes = AnyBytes.get(address, BLOCK_BYTES);
        long content = ByteBuffer.wrap(bytes).getLong();
        check(bytes, block(content, place), file);
        return content;
    }

    void check(byte[] bytes, byte[] expected, DeviceFile file) {
        if (!Arrays.equals(bytes, expected)) {
            throw new CorruptionFault("a block of " + file.path() + " is not what was written");
        }
    }

    @Override
    public void checkAfterDeath(SimulatedDisk disk) {
        recover(disk);
    }

    @Override
    public void checkAfterPowerLoss(SimulatedDisk disk) {
        recover(disk);
    }

    private void recover(SimulatedDisk disk) {
        if (!disk.exists("MANIFEST")) {
            if (acknowledged > 0) {
                throw new CorruptionFault("the manifest of " + acknowledged + " acknowledged blocks is gone");
            }
            return;
        }
        try (Region memory = Region.allocate(4096, false); DeviceFile manifest = disk.open("MANIFEST")) {
            long count = read(manifest, memory.address(), 0, -1);
            if (count < acknowledged || count > begun) {
                throw new CorruptionFault(count + " blocks are committed, " + acknowledged + " were acknowledged, " + begun + " begun");
            }
            try (DeviceFile data = disk.open("log/data")) {
                verify(data, memory.address(), (int) count);
            }
        }
    }
}
