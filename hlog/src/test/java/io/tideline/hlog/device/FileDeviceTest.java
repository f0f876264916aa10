package io.tideline.hlog.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.fault.FullFault;
import io.tideline.fault.IoFault;
import io.tideline.fault.StoreFault;
import io.tideline.memory.Waits;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

class FileDeviceTest extends DirectoryDeviceSpec {
    @Override
    Device over(Path path) {
        return new FileDevice(path, 3);
    }

    @Test
    void shouldSurviveCompletionsThatThrow() {
        Logger logger = Logger.getLogger(CountedFile.class.getName());
        logger.setLevel(Level.OFF);
        try (DeviceFile file = device.create("bugs")) {
            CountDownLatch thrown = new CountDownLatch(20);
            for (int i = 0; i < 20; i++) {
                file.sync(new IoRequest() {
                    @Override
                    protected void completed(StoreFault fault) {
                        thrown.countDown();
                        throw new IllegalStateException("a bug of a test");
                    }
                });
            }
            assertTrue(await(thrown), "a thread of the device died");
            Transfer transfer = new Transfer();
            file.write(transfer, 0, memory.address(), 512);
            transfer.assertDone();
        } finally {
            logger.setLevel(null);
        }
    }

    private static boolean await(CountDownLatch latch) {
        try {
            return latch.await(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void shouldRefuseMoreRequestsThanItLetsWait() {
        CountDownLatch release = new CountDownLatch(1);
        List<Transfer> transfers = new ArrayList<>();
        try (DeviceFile file = device.create("flood")) {
            CountDownLatch held = new CountDownLatch(3);
            for (int i = 0; i < 3; i++) {
                file.sync(new IoRequest() {
                    @Override
                    protected void completed(StoreFault fault) {
                        held.countDown();
                        FileDeviceTest.await(release); // what a completion must not do, so that the threads of the device are busy
                    }
                });
            }
            assertTrue(await(held));
            for (int i = 0; i < 8192 + 5; i++) {
                Transfer transfer = new Transfer();
                transfers.add(transfer);
                file.write(transfer, 0, memory.address(), 1);
            }
            for (Transfer refused : transfers.subList(8192, transfers.size())) {
                String message = refused.assertFails(IoFault.class).getMessage();
                assertTrue(message.contains("8192"), message);
            }
            release.countDown();
            transfers.subList(0, 8192).forEach(Transfer::assertDone);
        } finally {
            release.countDown();
        }
        transfers.forEach(transfer -> assertEquals(1, transfer.completions()));
    }

    @Test
    void shouldLetNoCloserGoWhileARequestIsUnderWay() throws InterruptedException {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch held = new CountDownLatch(1);
        device.create("held").sync(new IoRequest() {
            @Override
            protected void completed(StoreFault fault) {
                held.countDown();
                FileDeviceTest.await(release); // what a completion must not do, so that the close has something to wait for
            }
        });
        assertTrue(await(held));
        List<Thread> closers = new ArrayList<>();
        try {
            for (int i = 0; i < 2; i++) {
                Thread closer = Thread.ofPlatform().daemon().start(device::close);
                closers.add(closer);
                for (int attempt = 0; closer.getState() != Thread.State.WAITING && closer.isAlive(); attempt++) {
                    Waits.SYSTEM.pause(attempt);
                }
                assertTrue(closer.isAlive(), "closer " + i + " went");
            }
        } finally {
            release.countDown();
        }
        for (Thread closer : closers) {
            assertTrue(closer.join(Duration.ofSeconds(60)), "a close that does not end");
        }
    }

    @Test
    void shouldTellAFullDiskFromABrokenOne() {
        assertEquals(FullFault.class, IoThreads.fault("write", new IOException("No space left on device")).getClass());
        FullFault quota = assertInstanceOf(FullFault.class, IoThreads.fault("write", new IOException("Disk quota exceeded")));
        assertEquals(FullFault.Place.DISK, quota.place());
        assertEquals(IoFault.class, IoThreads.fault("write", new IOException("Input/output error")).getClass());
        assertEquals(IoFault.class, IoThreads.fault("write", new IOException()).getClass());
    }

    @Test
    void shouldNameAFileOnceAndSayWhatToDo() {
        assertEquals("cannot open /a/IDENTITY: Read-only file system; mount it for writing, or copy the directory to where it can be written",
                IoThreads.fault("cannot open /a/IDENTITY", new FileSystemException("/a/IDENTITY", null, "Read-only file system")).getMessage());
        assertEquals("cannot list /a: /a/log: Permission denied; do this as a user who may, or give this one permission",
                IoThreads.fault("cannot list /a", new AccessDeniedException("/a/log")).getMessage());
        assertEquals("cannot open /a/log: " + FileSystemLoopException.class.getName() + ": /a/log",
                IoThreads.fault("cannot open /a/log", new FileSystemLoopException("/a/log")).getMessage());
    }
}
