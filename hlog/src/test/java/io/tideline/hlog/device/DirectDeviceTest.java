package io.tideline.hlog.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tideline.fault.IoFault;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** On a file system that refuses O_DIRECT this is the contract of the fallback; the first test says which of the two it was. */
class DirectDeviceTest extends DirectoryDeviceSpec {
    @Override
    Device over(Path path) {
        return new DirectDevice(path, 3);
    }

    @Test
    void shouldTellWhichModelItIs() {
        device.create("file").close();
        System.out.println("DirectDevice is " + device.model() + " here " + device.fallback());
        assertEquals(device.fallback().isEmpty() ? "direct" : "buffered", device.model());
    }

    @Test
    void shouldRefuseATransferThatIsNotAligned() {
        device.create("probe").close();
        assumeTrue(device.model().equals("direct"));
        try (DeviceFile file = device.create("file")) {
            Transfer transfer = new Transfer();
            file.write(transfer, 0, memory.address(), 8192);
            transfer.assertDone();
            file.read(transfer, 100, memory.address(), 4096);
            transfer.assertFails(IoFault.class);
            file.read(transfer, 0, memory.address() + 8, 4096);
            transfer.assertFails(IoFault.class);
            file.readHere(transfer, 100, memory.address(), 4096);
            String message = transfer.assertFails(IoFault.class).getMessage();
            assertTrue(message.endsWith("Invalid argument"), message);
            file.write(transfer, 0, memory.address(), 100);
            transfer.assertFails(IoFault.class);
            assertEquals(8192, file.sizeBytes());
        }
    }

    /** Files of /proc know no O_DIRECT, on any kernel. */
    @Test
    void shouldFallBackWhereTheKernelRefuses() {
        assumeTrue(Files.isWritable(Path.of("/proc/self/comm")));
        try (Device refused = new DirectDevice(Path.of("/proc/self"), 1)) {
            assertEquals("direct", refused.model());
            refused.open("comm").close();
            assertEquals("buffered", refused.model());
            assertEquals("the file system of /proc/self/comm refuses O_DIRECT", refused.fallback());
        }
    }

    private void assertFallsBack(DirectDevice refused, String reason) {
        try (refused; DeviceFile file = refused.create("log/0")) {
            Transfer transfer = new Transfer();
            file.write(transfer, 0, memory.address(), 4096);
            transfer.assertDone();
            file.sync(transfer);
            transfer.assertDone();
            assertThrows(IoFault.class, () -> refused.create("log/0"));
            assertThrows(IoFault.class, () -> refused.open("missing"));
            assertEquals("buffered", refused.model());
            assertEquals(4096, refused.alignmentBytes());
            assertEquals(List.of("log/0"), refused.list());
            assertTrue(refused.fallback().contains(reason), refused.fallback());
        }
    }

    @Test
    void shouldGoOnWithTheFileThatARefusalLeftBehind() throws IOException {
        Path place = Files.createDirectory(parent.resolve("refusing"));
        assertFallsBack(new DirectDevice(place, 1) {
            @Override
            FileChannel direct(Path path, boolean fresh) throws IOException {
                FileDevice.channel(path, fresh, java.util.Set.of()).close(); // as Linux does
                throw new FileSystemException(path.toString(), null, "Invalid argument");
            }
        }, "refuses O_DIRECT");
    }

    @Test
    void shouldFallBackWhereBlocksAreLargeOrThePlatformKnowsNoDirectFiles() throws IOException {
        DirectOpening largeBlocks = new DirectOpening() {
            @Override
            long blockBytes(Path path) {
                return 1 << 20;
            }
        };
        assertFallsBack(new DirectDevice(Files.createDirectory(parent.resolve("large")), 1, "", largeBlocks), "blocks of 1048576 bytes");
        assertFallsBack(new DirectDevice(Files.createDirectory(parent.resolve("none")), 1, "io_uring is off") {
            @Override
            FileChannel direct(Path path, boolean fresh) {
                throw new UnsupportedOperationException("DIRECT");
            }
        }, "io_uring is off; there is no O_DIRECT here: DIRECT");
    }
}
