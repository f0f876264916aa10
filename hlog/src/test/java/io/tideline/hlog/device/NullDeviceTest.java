package io.tideline.hlog.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.fault.IoFault;
import io.tideline.memory.Region;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a device that keeps nothing still keeps of the contract: names, lengths, and a completion for every request. */
class NullDeviceTest {
    @Test
    void shouldTakeEverythingAndGiveNothing() {
        NullDevice device = new NullDevice();
        try (Region memory = Region.allocate(4096, false)) {
            DeviceFile file = device.create("log/0");
            Transfer transfer = new Transfer();
            file.write(transfer, 8192, memory.address(), 4096);
            transfer.assertDone();
            file.sync(transfer);
            transfer.assertDone();
            assertEquals(12288, device.open("log/0").sizeBytes());
            file.read(transfer, 0, memory.address(), 4096);
            assertTrue(transfer.assertFails(IoFault.class).getMessage().contains("log/0"));
            assertEquals(12288, file.sizeBytes());
            file.truncate(100);
            assertEquals(100, file.sizeBytes());
            assertThrows(IllegalArgumentException.class, () -> file.truncate(101));
            device.close();
            file.write(transfer, 0, memory.address(), 4096);
            transfer.assertFails(IoFault.class);
            file.sync(transfer);
            transfer.assertFails(IoFault.class);
            assertEquals(5, transfer.completions());
        }
    }

    @Test
    void shouldKeepNames() {
        NullDevice device = new NullDevice();
        device.create("b");
        device.create("log/0");
        assertThrows(IoFault.class, () -> device.create("b"));
        assertThrows(IoFault.class, () -> device.open("missing"));
        assertThrows(IoFault.class, () -> device.delete("missing"));
        assertThrows(IoFault.class, () -> device.rename("missing", "a"));
        assertThrows(IllegalArgumentException.class, () -> device.create("../up"));
        assertThrows(IllegalArgumentException.class, () -> device.rename("b", ".hidden"));
        device.rename("b", "a");
        assertEquals(List.of("a", "log/0"), device.list());
        device.rename("a", "a");
        assertTrue(device.exists("a"));
        device.delete("a");
        assertFalse(device.exists("a"));
        device.syncDirectory();
        assertEquals("null", device.model());
        device.close();
    }
}
