package io.tideline.hlog.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.memory.Region;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An interrupted thread may call everything of a device, and closes nothing by it. */
final class InterruptedCallerTest {
    @TempDir
    private Path directory;

    @AfterEach
    void clearTheInterrupt() {
        Thread.interrupted();
    }

    @Test
    void shouldHarmNothing() {
        BlockingIo io = new BlockingIo(Waits.SYSTEM);
        try (FileDevice device = new FileDevice(directory, 1); Region memory = Region.allocate(4096, false)) {
            Thread.currentThread().interrupt();
            try (DeviceFile file = device.create("log/0")) {
                Words.set(memory.address(), 42);
                io.write(file, 0, memory.address(), 4096);
                io.sync(file);
                assertEquals(4096, file.sizeBytes());
                file.truncate(512);
                assertEquals(512, file.sizeBytes());
                device.rename("log/0", "log/1");
                device.syncDirectory();
                Words.set(memory.address(), 0);
                io.read(file, 0, memory.address(), 8);
                assertEquals(42, Words.get(memory.address()));
            }
            device.delete("log/1");
            assertTrue(Thread.currentThread().isInterrupted(), "the interrupt was the caller's");
        }
    }
}
