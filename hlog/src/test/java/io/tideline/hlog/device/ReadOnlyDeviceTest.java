package io.tideline.hlog.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.fault.IoFault;
import io.tideline.memory.Region;
import io.tideline.memory.Words;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

final class ReadOnlyDeviceTest {
    @TempDir
    private Path directory;

    @Test
    void shouldReadAndChangeNothing() throws IOException {
        Files.writeString(directory.resolve("file"), "here now");
        try (Device device = new ReadOnlyDevice(directory, 1); Region memory = Region.allocate(Long.BYTES, false)) {
            try (DeviceFile file = device.open("file")) {
                Transfer read = new Transfer();
                file.readHere(read, 0, memory.address(), Long.BYTES);
                read.assertDone();
                assertEquals('h', Words.get(memory.address()) & 0xff);
                Transfer write = new Transfer();
                file.write(write, 0, memory.address(), Long.BYTES);
                write.assertFails(IoFault.class);
            }
            for (Executable change : List.<Executable>of(() -> device.create("new"), () -> device.rename("file", "new"), () -> device.delete("file"),
                    device::syncDirectory)) {
                String message = assertThrows(UnsupportedOperationException.class, change).getMessage();
                assertTrue(message.startsWith("a device that only reads cannot "), message);
            }
            assertEquals(List.of("file"), device.list());
        }
        assertEquals("here now", Files.readString(directory.resolve("file")));
    }
}
