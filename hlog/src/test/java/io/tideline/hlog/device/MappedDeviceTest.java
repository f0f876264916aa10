package io.tideline.hlog.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tideline.fault.IoFault;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MappedDeviceTest extends DirectoryDeviceSpec {
    /** The length of the file with the thousand requests of the contract, which goes through the mapping so. */
    private static final int FULL_BYTES = 512 * 1000;

    @Override
    Device over(Path path) {
        return new MappedDevice(path, 3, FULL_BYTES, 2 * FULL_BYTES);
    }

    private long mappedBytes() {
        return 2 * FULL_BYTES - ((MappedDevice) device).roomBytes();
    }

    private byte[] fill(DeviceFile file, int lengthBytes) {
        byte[] content = new byte[lengthBytes];
        new Random(1).nextBytes(content);
        AnyBytes.put(memory.address(), content);
        Transfer transfer = new Transfer();
        file.write(transfer, 0, memory.address(), lengthBytes);
        transfer.assertDone();
        return content;
    }

    private byte[] read(DeviceFile file, long offset, int lengthBytes) {
        long target = memory.address() + (8 << 20) + 3; // no whole word
        Transfer transfer = new Transfer();
        file.read(transfer, offset, target, lengthBytes);
        transfer.assertDone();
        return AnyBytes.get(target, lengthBytes);
    }

    @Test
    void shouldMapFilesOfFullLengthOnly() {
        try (DeviceFile file = device.create("log/0")) {
            byte[] content = fill(file, FULL_BYTES - 1);
            assertArrayEquals(content, read(file, 0, FULL_BYTES - 1));
            assertEquals(0, mappedBytes());
            content = fill(file, FULL_BYTES);
            assertArrayEquals(content, read(file, 0, FULL_BYTES));
            assertEquals(FULL_BYTES, mappedBytes());
            for (int offset : new int[] {0, 1, 4095, 4096, 100_001, FULL_BYTES - 7}) {
                assertArrayEquals(java.util.Arrays.copyOfRange(content, offset, offset + 7), read(file, offset, 7));
            }
            Transfer behind = new Transfer();
            file.read(behind, FULL_BYTES - 7, memory.address(), 8);
            behind.assertFails(IoFault.class);
        }
        assertEquals(0, mappedBytes(), "a closed file is mapped no more");
    }

    @Test
    void shouldShowAWriteThroughTheMapping() {
        try (DeviceFile file = device.create("log/0")) {
            fill(file, FULL_BYTES);
            read(file, 0, 100);
            assertEquals(FULL_BYTES, mappedBytes());
            AnyBytes.put(memory.address(), new byte[] {7, 8, 9});
            Transfer transfer = new Transfer();
            file.write(transfer, 5000, memory.address(), 3);
            transfer.assertDone();
            assertArrayEquals(new byte[] {7, 8, 9}, read(file, 5000, 3));
        }
    }

    @Test
    void shouldMapNoMoreThanItMay() {
        List<DeviceFile> files = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            DeviceFile file = device.create("log/" + i);
            files.add(file);
            assertArrayEquals(fill(file, FULL_BYTES), read(file, 0, FULL_BYTES));
        }
        assertEquals(2 * FULL_BYTES, mappedBytes());
        files.getFirst().close();
        assertEquals(FULL_BYTES, mappedBytes());
        read(files.getLast(), 0, 1);
        assertEquals(2 * FULL_BYTES, mappedBytes());
        files.forEach(DeviceFile::close);
        assertEquals(0, mappedBytes());
    }

    @Test
    void shouldTruncateWhatIsMapped() {
        try (DeviceFile file = device.create("log/0")) {
            byte[] content = fill(file, FULL_BYTES);
            read(file, 0, 1);
            file.truncate(5000);
            assertEquals(0, mappedBytes());
            assertArrayEquals(java.util.Arrays.copyOf(content, 5000), read(file, 0, 5000));
            Transfer behind = new Transfer();
            file.read(behind, 4096, memory.address(), 4096);
            behind.assertFails(IoFault.class);
        }
    }

    /** The page of a file that somebody cut off can no longer be brought: SIGBUS, as where the disk cannot read. */
    @Test
    void shouldTurnWhatTheKernelCannotBringIntoAFault() throws IOException {
        assumeTrue(System.getProperty("os.name").equals("Linux"));
        try (DeviceFile file = device.create("log/0")) {
            byte[] content = fill(file, FULL_BYTES);
            read(file, 0, 1);
            try (RandomAccessFile other = new RandomAccessFile(file.path(), "rw")) {
                other.setLength(8192);
            }
            Transfer lost = new Transfer();
            for (int i = 0; i < 2_000; i++) { // until it is compiled
                file.read(lost, 100_000, memory.address(), 4096);
                String message = lost.assertFails(IoFault.class).getMessage();
                assertTrue(message.contains("log/0") && message.contains("cut the file off"), message);
            }
            assertArrayEquals(java.util.Arrays.copyOf(content, 8192), read(file, 0, 8192), "what is left can be read");
        }
        assertTrue(Files.exists(parent.resolve("store/log/0")));
        assertThrows(IllegalArgumentException.class, () -> new MappedDevice(parent, 1, 0));
    }
}
