package io.tideline.hlog.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tideline.fault.IoFault;
import io.tideline.fault.StoreFault;
import io.tideline.memory.IoUring;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/** Where the kernel refuses io_uring this is the contract of the fallback; the first test says which of the two it was. */
class UringDeviceTest extends DirectoryDeviceSpec {
    @Override
    Device over(Path path) throws Exception {
        return UringDevice.open(path, 3, 100_000);
    }

    private boolean isUring() {
        return device instanceof UringDevice;
    }

    @Test
    void shouldTellWhichModelItIs() {
        device.create("file").close();
        System.out.println(device.getClass().getSimpleName() + " is " + device.model() + " here " + device.fallback());
        assertEquals(isUring(), device.model().startsWith("uring"));
        assertTrue(isUring() || !device.fallback().isEmpty());
    }

    @Test
    void shouldFallBackWithTheReasonOfTheKernel() throws Exception {
        IoUring.Refusal refusal = new IoUring.Refusal("the kernel refuses io_uring (a test)");
        try (Device fallback = UringDevice.fallback(java.nio.file.Files.createDirectory(parent.resolve("other")), 1, refusal)) {
            assertTrue(fallback.fallback().startsWith(refusal.getMessage()), fallback.fallback());
            fallback.create("file").close();
            assertTrue(List.of("direct", "buffered").contains(fallback.model()), fallback.model());
        }
    }

    /** The thread of a device outlives its callers: what they left under way is carried out. */
    @Test
    void shouldCarryOutWhatAnEndedThreadLeftUnderWay() throws Exception {
        for (int round = 0; round < 20; round++) {
            try (DeviceFile file = device.create("left" + round)) {
                List<Transfer> transfers = new ArrayList<>();
                Thread caller = Thread.ofPlatform().start(() -> {
                    for (int i = 0; i < 200; i++) {
                        Transfer transfer = new Transfer();
                        transfers.add(transfer);
                        if (i % 10 == 9) {
                            file.sync(transfer);
                        } else {
                            file.write(transfer, i * 4096L, memory.address(), 4096);
                        }
                    }
                });
                caller.join();
                transfers.forEach(Transfer::assertDone);
            }
        }
    }

    /** That is what it is for: no way to the thread of the device and back. A virtual thread would block its carrier. */
    @Test
    void shouldReadOnTheThreadOfACallerThatWaitsUnlessItIsVirtual() throws Exception {
        assumeTrue(isUring());
        try (DeviceFile file = device.create("here")) {
            Transfer written = new Transfer();
            file.write(written, 0, memory.address(), 4096);
            written.assertDone();
            Callable<Boolean> readsHere = () -> {
                AtomicReference<Thread> completing = new AtomicReference<>();
                CountDownLatch completed = new CountDownLatch(1);
                file.readHere(new IoRequest() {
                    @Override
                    protected void completed(StoreFault fault) {
                        completing.set(Thread.currentThread());
                        completed.countDown();
                    }
                }, 0, memory.address(), 4096);
                assertTrue(completed.await(60, TimeUnit.SECONDS));
                return completing.get() == Thread.currentThread();
            };
            assertTrue(readsHere.call());
            try (ExecutorService virtual = Executors.newVirtualThreadPerTaskExecutor()) {
                assertFalse(virtual.submit(readsHere).get(60, TimeUnit.SECONDS));
            }
        }
    }

    @Test
    void shouldSurviveCompletionsThatThrow() throws InterruptedException {
        assumeTrue(isUring());
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
            assertTrue(thrown.await(60, TimeUnit.SECONDS), "the thread of the device died");
            Transfer transfer = new Transfer();
            file.write(transfer, 0, memory.address(), 4096);
            transfer.assertDone();
        } finally {
            logger.setLevel(null);
        }
    }

    @Test
    void shouldRefuseMoreRequestsThanItLetsWait() throws InterruptedException {
        assumeTrue(isUring());
        CountDownLatch release = new CountDownLatch(1);
        List<Transfer> transfers = new ArrayList<>();
        try (DeviceFile file = device.create("flood")) {
            CountDownLatch held = new CountDownLatch(1);
            file.sync(new IoRequest() {
                @Override
                protected void completed(StoreFault fault) {
                    held.countDown();
                    try {
                        release.await(60, TimeUnit.SECONDS); // what a completion must not do, so that the thread of the device is busy
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                }
            });
            assertTrue(held.await(60, TimeUnit.SECONDS));
            for (int i = 0; i < 8192 + 5; i++) {
                Transfer transfer = new Transfer();
                transfers.add(transfer);
                file.write(transfer, 0, memory.address(), 4096);
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
}
