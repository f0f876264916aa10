package io.tideline.hlog.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.fault.IoFault;
import io.tideline.fault.StoreFault;
import io.tideline.memory.Region;
import io.tideline.memory.Waits;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every {@link Device} keeps, clause by clause. Lengths and offsets are counted in units: multiples of the device's alignment. */
abstract class DeviceSpec {
    private static final int MEMORY_BYTES = 16 << 20;
    private static final int LARGEST_BYTES = 5 << 20;
    private static final long TIMEOUT_SECONDS = 60;

    final Region memory = Region.allocate(MEMORY_BYTES, false);
    /** Bytes below which the tests' own transfers lie; the helpers {@link #write} and {@link #read} use what is above. */
    private final long scratch = memory.address() + MEMORY_BYTES - LARGEST_BYTES - 8192;
    private final BlockingIo blocking = new BlockingIo(Waits.SYSTEM);
    /** Has the device read, because it would not wait for ever. */
    private final BlockingIo patient = new BlockingIo(Waits.SYSTEM, TimeUnit.SECONDS.toNanos(TIMEOUT_SECONDS));
    Device device;

    /** The device under test over the same, at first empty, directory each time it is asked for within a test. */
    abstract Device newDevice() throws Exception;

    @BeforeEach
    void openDevice() throws Exception {
        device = newDevice();
    }

    @AfterEach
    void closeDevice() {
        device.close();
        memory.close();
    }

    /** So many bytes rounded up to a unit. */
    private int units(int lengthBytes) {
        int unit = device.alignmentBytes();
        return (lengthBytes + unit - 1) / unit * unit;
    }

    private static byte[] bytes(long seed, int lengthBytes) {
        byte[] bytes = new byte[lengthBytes];
        new SplittableRandom(seed).nextBytes(bytes);
        return bytes;
    }

    private void write(DeviceFile file, long offset, byte[] bytes) {
        AnyBytes.put(scratch, bytes);
        blocking.write(file, offset, scratch, bytes.length);
    }

    /** Both ways of reading bring the same. */
    private byte[] read(DeviceFile file, long offset, int lengthBytes) {
        blocking.read(file, offset, scratch, lengthBytes);
        byte[] bytes = AnyBytes.get(scratch, lengthBytes);
        AnyBytes.put(scratch, new byte[lengthBytes]);
        patient.read(file, offset, scratch, lengthBytes);
        assertArrayEquals(bytes, AnyBytes.get(scratch, lengthBytes), "read by a thread of the device");
        return bytes;
    }

    private void assertHolds(DeviceFile file, long offset, byte[] expected, String what) {
        assertArrayEquals(expected, read(file, offset, expected.length), what);
    }

    private DeviceFile fileOf(String name, byte[] bytes) {
        DeviceFile file = device.create(name);
        write(file, 0, bytes);
        return file;
    }

    private static <T> T inTime(Future<T> future) throws Exception {
        return future.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    }

    // --- transfers ---

    @Test
    void shouldAskForAnAlignmentThatMemoryCanHave() {
        int unit = device.alignmentBytes();
        assertTrue(unit >= 1 && unit <= 4096 && Integer.bitCount(unit) == 1, "alignment " + unit);
        assertFalse(device.model().isBlank());
    }

    @Test
    void shouldReadWhatWasWrittenInEverySizeAndTouchNothingElse() {
        int unit = device.alignmentBytes();
        int[] sizes = {1, 2 * unit, 3 * unit, 7, 8, 9, 511, 512, 513, 4096, 65_537, 1 << 20, (3 << 20) + 1, LARGEST_BYTES};
        try (DeviceFile file = device.create("sizes")) {
            long offset = 0;
            for (int i = 0; i < sizes.length; i++) {
                int length = units(sizes[i]);
                byte[] written = bytes(i, length);
                long source = memory.address() + (long) i * unit; // not always a whole word, where the device allows that
                AnyBytes.put(source, written);
                Transfer write = new Transfer();
                file.write(write, offset, source, length);
                write.assertDone();
                assertArrayEquals(written, AnyBytes.get(source, length), "a write changed what it wrote");

                byte[] around = bytes(-i, length + 2 * unit);
                long target = memory.address() + (LARGEST_BYTES + 16 * 4096) + (long) i * unit;
                AnyBytes.put(target, around);
                Transfer read = new Transfer();
                file.read(read, offset, target + unit, length);
                read.assertDone();
                System.arraycopy(written, 0, around, unit, length);
                assertArrayEquals(around, AnyBytes.get(target, around.length), length + " bytes with " + unit + " around them");
                offset += length;
                assertEquals(offset, file.sizeBytes());
            }
        }
    }

    @Test
    void shouldOverwriteExactlyWhatWasAskedFor() {
        for (long seed = 1; seed <= 20; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            byte[] expected = bytes(seed, units(20_000));
            try (DeviceFile file = fileOf("f" + seed, expected)) {
                for (int i = 0; i < 30; i++) {
                    int unit = device.alignmentBytes();
                    int from = random.nextInt(expected.length / unit) * unit;
                    int length = (1 + random.nextInt((expected.length - from) / unit)) * unit;
                    byte[] piece = bytes(seed * 1000 + i, length);
                    write(file, from, piece);
                    System.arraycopy(piece, 0, expected, from, length);
                }
                assertHolds(file, 0, expected, "seed " + seed);
                assertEquals(expected.length, file.sizeBytes());
            }
        }
    }

    @Test
    void shouldReadHolesAsZeros() {
        int unit = device.alignmentBytes();
        long far = (long) units(3 << 20) + 5L * unit;
        byte[] end = bytes(1, units(100));
        try (DeviceFile file = device.create("sparse")) {
            assertEquals(0, file.sizeBytes());
            write(file, far, end);
            assertEquals(far + end.length, file.sizeBytes());
            assertHolds(file, 0, new byte[(int) far], "the hole");
            assertHolds(file, far, end, "its end");
            byte[] middle = bytes(2, units(5000));
            write(file, units(1 << 20), middle);
            assertHolds(file, units(1 << 20) - unit, concat(new byte[unit], middle, new byte[unit]), "inside of the hole");
            assertEquals(far + end.length, file.sizeBytes());
        }
    }

    private static byte[] concat(byte[]... parts) {
        byte[] whole = new byte[Arrays.stream(parts).mapToInt(part -> part.length).sum()];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, whole, at, part.length);
            at += part.length;
        }
        return whole;
    }

    @Test
    void shouldFailToReadBehindTheEnd() {
        int unit = device.alignmentBytes();
        byte[] content = bytes(3, units(6000) + 3 * unit);
        try (DeviceFile file = fileOf("log/short", content); DeviceFile empty = device.create("empty")) {
            byte[] around = bytes(4, 8 * unit);
            for (int before = 0; before < 4; before++) {
                AnyBytes.put(memory.address(), around);
                for (boolean here : new boolean[] {false, true}) {
                    Transfer read = new Transfer();
                    long offset = content.length - (long) before * unit;
                    if (here) {
                        file.readHere(read, offset, memory.address() + unit, 4 * unit);
                    } else {
                        file.read(read, offset, memory.address() + unit, 4 * unit);
                    }
                    String message = read.assertFails(IoFault.class).getMessage();
                    assertTrue(message.contains("short"), message);
                    assertArrayEquals(Arrays.copyOf(around, unit), AnyBytes.get(memory.address(), unit), "before the target");
                    assertArrayEquals(Arrays.copyOfRange(around, 5 * unit, 8 * unit), AnyBytes.get(memory.address() + 5 * unit, 3 * unit), "behind the target");
                }
            }
            assertThrows(IoFault.class, () -> read(file, content.length + 1024L * unit, unit));
            assertThrows(IoFault.class, () -> read(empty, 0, unit));
            assertEquals(content.length, file.sizeBytes(), "a read made the file longer");
            assertHolds(file, 0, content, "after failed reads");
        }
    }

    @Test
    void shouldSyncAndGoOn() throws Exception {
        byte[] content = bytes(5, units(10_000));
        try (DeviceFile file = device.create("synced")) {
            blocking.sync(file);
            write(file, 0, content);
            blocking.sync(file);
            device.syncDirectory();
            write(file, content.length, content);
            blocking.sync(file);
            assertHolds(file, 0, concat(content, content), "after syncs");
        }
        device.close();
        device = newDevice();
        try (DeviceFile file = device.open("synced")) {
            assertHolds(file, 0, concat(content, content), "in another device");
        }
    }

    @Test
    void shouldShowACompletedWriteToEveryHandle() {
        byte[] content = bytes(6, units(3000));
        DeviceFile first = device.create("shared");
        try (DeviceFile second = device.open("shared")) {
            write(first, 0, content);
            assertEquals(content.length, second.sizeBytes());
            assertHolds(second, 0, content, "the other handle");
            first.close();
            write(second, content.length, content);
            assertHolds(second, 0, concat(content, content), "after the first was closed");
        }
    }

    @Test
    void shouldTruncate() {
        int unit = device.alignmentBytes();
        byte[] content = bytes(7, units(9000));
        try (DeviceFile file = fileOf("cut", content)) {
            int kept = units(700);
            file.truncate(kept);
            assertEquals(kept, file.sizeBytes());
            assertHolds(file, 0, Arrays.copyOf(content, kept), "what was kept");
            assertThrows(IoFault.class, () -> read(file, 0, kept + unit));
            byte[] end = bytes(8, unit);
            write(file, content.length, end);
            assertHolds(file, 0, concat(Arrays.copyOf(content, kept), new byte[content.length - kept], end), "nothing that was cut off comes back");
            long size = file.sizeBytes();
            assertThrows(IllegalArgumentException.class, () -> file.truncate(size + unit));
            assertThrows(IllegalArgumentException.class, () -> file.truncate(-unit));
            assertEquals(size, file.sizeBytes());
            file.truncate(size);
            assertEquals(size, file.sizeBytes());
            file.truncate(0);
            assertEquals(0, file.sizeBytes());
            assertThrows(IoFault.class, () -> read(file, 0, unit));
        }
    }

    // --- requests ---

    @Test
    void shouldRefuseARequestThatIsUnderWay() {
        try (DeviceFile file = fileOf("twice", bytes(9, units(512)))) {
            Transfer request = new Transfer();
            long address = memory.address();
            int length = units(512);
            long ticket = request.submitted(IoRequest.Kind.READ, file, 0, address, length); // as by a device that takes its time
            assertThrows(IllegalStateException.class, () -> file.read(request, 0, address, length));
            assertThrows(IllegalStateException.class, () -> file.readHere(request, 0, address, length));
            assertThrows(IllegalStateException.class, () -> file.write(request, 0, address, length));
            assertThrows(IllegalStateException.class, () -> file.sync(request));
            assertTrue(request.isUnderWay());
            assertEquals(0, request.completions());
            request.complete(ticket, null);
            request.assertDone();
            file.read(request, 0, address, length);
            request.assertDone();
            assertEquals(2, request.completions());
        }
    }

    @Test
    void shouldCompleteEachOfManyRequestsOnce() {
        byte[] content = bytes(10, units(512) * 1000);
        try (DeviceFile file = fileOf("many", content)) {
            int length = units(512);
            List<Transfer> transfers = new ArrayList<>();
            for (int i = 0; i < 1000; i++) {
                Transfer transfer = new Transfer();
                transfers.add(transfer);
                file.read(transfer, (long) i * length, memory.address() + (long) i * length, length);
            }
            transfers.forEach(Transfer::assertDone);
            assertArrayEquals(content, AnyBytes.get(memory.address(), content.length));
            transfers.forEach(transfer -> assertEquals(1, transfer.completions()));
            transfers.forEach(transfer -> assertFalse(transfer.isUnderWay()));
        }
    }

    @Test
    void shouldTakeARequestAgainInsideItsCompletion() {
        byte[] content = bytes(11, units(512) * 50);
        int length = units(512);
        try (DeviceFile file = fileOf("chain", content)) {
            CountDownLatch ended = new CountDownLatch(50);
            List<StoreFault> faults = new ArrayList<>();
            IoRequest chain = new IoRequest() {
                private int done;

                @Override
                protected void completed(StoreFault fault) {
                    if (fault != null) {
                        faults.add(fault);
                    }
                    done++;
                    if (done < 50) {
                        file.read(this, (long) done * length, memory.address() + (long) done * length, length);
                    }
                    ended.countDown();
                }
            };
            file.read(chain, 0, memory.address(), length);
            assertTrue(await(ended), "the chain ended early");
            assertEquals(List.of(), faults);
            assertArrayEquals(content, AnyBytes.get(memory.address(), content.length));
        }
    }

    private static boolean await(CountDownLatch latch) {
        try {
            return latch.await(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void shouldCarryOutRequestsOfManyThreads() throws Exception {
        for (long seed = 1; seed <= 3; seed++) {
            int threads = 6;
            int slot = units(2048);
            int slots = 64;
            try (DeviceFile even = device.create("even" + seed); DeviceFile odd = device.create("odd" + seed)) {
                List<Callable<byte[]>> work = new ArrayList<>();
                for (int thread = 0; thread < threads; thread++) {
                    DeviceFile file = thread % 2 == 0 ? even : odd;
                    long from = thread / 2 * (long) slots * slot;
                    long address = memory.address() + (long) thread * 2 * slots * slot;
                    SplittableRandom random = new SplittableRandom(seed * 100 + thread);
                    work.add(() -> writeAndReadBack(file, from, address, slot, slots, random));
                }
                List<byte[]> written = runAll(work);
                for (int thread = 0; thread < threads; thread++) {
                    assertHolds(thread % 2 == 0 ? even : odd, thread / 2 * (long) slots * slot, written.get(thread), "seed " + seed + ", thread " + thread);
                }
            }
        }
    }

    /** Writes slots at random, several at once, reading some of them back in between; what the file holds afterwards. */
    private static byte[] writeAndReadBack(DeviceFile file, long from, long address, int slot, int slots, SplittableRandom random) {
        byte[] expected = new byte[slot * slots];
        for (int round = 0; round < 20; round++) {
            boolean last = round == 19;
            List<Transfer> transfers = new ArrayList<>();
            for (int i = 0; i < slots; i++) {
                if (last || round == 0 || random.nextInt(3) == 0) {
                    byte[] bytes = bytes(random.nextLong(), slot);
                    System.arraycopy(bytes, 0, expected, i * slot, slot);
                    AnyBytes.put(address + (long) i * slot, bytes);
                    Transfer transfer = new Transfer();
                    transfers.add(transfer);
                    file.write(transfer, from + (long) i * slot, address + (long) i * slot, slot);
                }
            }
            if (random.nextInt(4) == 0) {
                Transfer sync = new Transfer();
                transfers.add(sync);
                file.sync(sync);
            }
            transfers.forEach(Transfer::assertDone);
            int first = random.nextInt(slots);
            int count = 1 + random.nextInt(slots - first);
            Transfer read = new Transfer();
            file.read(read, from + (long) first * slot, address + (long) slots * slot, count * slot);
            read.assertDone();
            assertArrayEquals(Arrays.copyOfRange(expected, first * slot, (first + count) * slot), AnyBytes.get(address + (long) slots * slot, count * slot));
        }
        return expected;
    }

    private static <T> List<T> runAll(List<Callable<T>> work) throws Exception {
        try (ExecutorService executor = Executors.newFixedThreadPool(work.size())) {
            CountDownLatch start = new CountDownLatch(work.size());
            List<Future<T>> futures = new ArrayList<>();
            for (Callable<T> one : work) {
                futures.add(executor.submit(() -> {
                    start.countDown();
                    start.await();
                    return one.call();
                }));
            }
            List<T> results = new ArrayList<>();
            for (Future<T> future : futures) {
                results.add(inTime(future));
            }
            return results;
        }
    }

    // --- closing ---

    @Test
    void shouldCarryOutWhatIsUnderWayWhenTheDeviceCloses() throws Exception {
        int length = units(4096);
        byte[] content = bytes(12, length * 300);
        DeviceFile file = device.create("closing");
        List<Transfer> transfers = submitWrites(file, content, length);
        device.close();
        assertAllDone(transfers);
        device = newDevice();
        try (DeviceFile again = device.open("closing")) {
            assertHolds(again, 0, content, "written before the close");
        }
    }

    @Test
    void shouldCarryOutWhatIsUnderWayWhenTheFileCloses() {
        int length = units(4096);
        byte[] content = bytes(13, length * 300);
        DeviceFile file = device.create("closing");
        List<Transfer> transfers = submitWrites(file, content, length);
        file.close();
        assertAllDone(transfers);
        try (DeviceFile again = device.open("closing")) {
            assertHolds(again, 0, content, "written before the close");
        }
    }

    private List<Transfer> submitWrites(DeviceFile file, byte[] content, int length) {
        AnyBytes.put(memory.address(), content);
        List<Transfer> transfers = new ArrayList<>();
        for (int at = 0; at < content.length; at += length) {
            Transfer transfer = new Transfer();
            transfers.add(transfer);
            file.write(transfer, at, memory.address() + at, length);
        }
        Transfer sync = new Transfer();
        transfers.add(sync);
        file.sync(sync);
        return transfers;
    }

    private static void assertAllDone(List<Transfer> transfers) {
        transfers.forEach(Transfer::assertDone);
        transfers.forEach(transfer -> assertEquals(1, transfer.completions()));
    }

    @Test
    void shouldCompleteEveryRequestThatMeetsAClose() throws Exception {
        for (long seed = 1; seed <= 10; seed++) {
            int length = units(512);
            DeviceFile file = device.create("race" + seed);
            Device closing = device;
            CountDownLatch started = new CountDownLatch(3);
            List<Callable<List<Transfer>>> work = new ArrayList<>();
            for (int thread = 0; thread < 3; thread++) {
                long offset = (long) thread * length;
                work.add(() -> {
                    List<Transfer> transfers = new ArrayList<>();
                    StoreFault fault = null;
                    for (int i = 0; fault == null; i++) {
                        Transfer transfer = new Transfer();
                        transfers.add(transfer);
                        if (i % 3 == 0) {
                            file.sync(transfer);
                        } else {
                            file.write(transfer, offset, memory.address() + offset, length);
                        }
                        if (i == 2) {
                            started.countDown();
                        }
                        fault = i % 4 == 3 ? transfer.outcome() : null;
                    }
                    assertEquals(IoFault.class, fault.getClass());
                    return transfers;
                });
            }
            for (int closer = 0; closer < 2; closer++) {
                work.add(() -> {
                    started.await();
                    closing.close();
                    return List.of();
                });
            }
            for (List<Transfer> transfers : runAll(work)) {
                for (Transfer transfer : transfers) {
                    assertFalse(transfer.isUnderWay(), () -> transfer + " was not completed although the device is closed");
                    assertEquals(1, transfer.completions(), transfer::toString);
                }
            }
            device = newDevice();
        }
    }

    @Test
    void shouldRefuseRequestsAfterTheDeviceWasClosed() throws Exception {
        DeviceFile file = fileOf("late", bytes(14, units(512)));
        device.close();
        device.close();
        assertRefused(file);
        assertThrows(IoFault.class, () -> device.open("late"));
        assertThrows(IoFault.class, () -> device.create("later"));
        file.close();
        file.close();
        assertRefused(file);
        device = newDevice();
        try (DeviceFile again = device.open("late")) {
            assertHolds(again, 0, bytes(14, units(512)), "not harmed");
        }
    }

    @Test
    void shouldRefuseRequestsOfAClosedFileAlone() {
        DeviceFile closed = fileOf("closed", bytes(15, units(512)));
        try (DeviceFile other = device.open("closed")) {
            closed.close();
            closed.close();
            assertRefused(closed);
            assertThrows(IoFault.class, closed::sizeBytes);
            assertThrows(IoFault.class, () -> closed.truncate(0));
            assertHolds(other, 0, bytes(15, units(512)), "another handle");
        }
    }

    private void assertRefused(DeviceFile file) {
        int length = units(512);
        Transfer transfer = new Transfer();
        file.read(transfer, 0, memory.address(), length);
        transfer.assertFails(IoFault.class);
        file.readHere(transfer, 0, memory.address(), length);
        transfer.assertFails(IoFault.class);
        file.write(transfer, 0, memory.address(), length);
        transfer.assertFails(IoFault.class);
        file.sync(transfer);
        transfer.assertFails(IoFault.class);
        assertEquals(4, transfer.completions());
    }

    // --- interrupts ---

    @Test
    void shouldNotMindAnInterruptedCaller() throws Exception {
        byte[] content = bytes(16, units(5000));
        DeviceFile shared = fileOf("shared", content);
        assertTrue(inTime(started(() -> {
            Thread.currentThread().interrupt();
            try (DeviceFile file = device.create("sub/mine")) {
                write(file, 0, content);
                assertHolds(file, 0, content, "mine");
                blocking.sync(file);
                assertEquals(content.length, file.sizeBytes());
                file.truncate(0);
                device.rename("sub/mine", "sub/yours");
                device.syncDirectory();
                assertEquals(List.of("shared", "sub/yours"), device.list());
                device.delete("sub/yours");
                assertFalse(device.exists("sub/yours"));
            }
            assertEquals(content.length, shared.sizeBytes());
            assertHolds(shared, 0, content, "shared");
            shared.truncate(units(1000));
            device.open("shared").close();
            return Thread.currentThread().isInterrupted();
        })), "the interrupt was lost");
        assertHolds(shared, 0, Arrays.copyOf(content, units(1000)), "by the others");
        write(shared, 0, content);
        assertTrue(inTime(started(() -> {
            Thread.currentThread().interrupt();
            shared.close();
            device.close();
            return Thread.currentThread().isInterrupted();
        })), "the interrupt was lost in a close");
        device = newDevice();
        try (DeviceFile file = device.open("shared")) {
            assertHolds(file, 0, content, "later");
        }
    }

    private static <T> FutureTask<T> started(Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        Thread.ofPlatform().daemon().start(task);
        return task;
    }

    @Test
    void shouldNotMindInterruptsAtAnyTime() throws Exception {
        byte[] content = bytes(17, units(5000));
        try (DeviceFile file = fileOf("stormy", content)) {
            AtomicBoolean done = new AtomicBoolean();
            FutureTask<Void> victim = new FutureTask<>(() -> {
                try {
                    for (int i = 0; i < 300; i++) {
                        write(file, 0, content);
                        assertHolds(file, 0, content, "round " + i);
                        blocking.sync(file);
                        assertEquals(content.length, file.sizeBytes());
                        file.truncate(content.length);
                        device.syncDirectory();
                    }
                    return null;
                } finally {
                    done.set(true);
                }
            });
            Thread thread = Thread.ofPlatform().daemon().start(victim);
            for (int attempt = 0; !done.get(); attempt = (attempt + 1) % 200) {
                thread.interrupt();
                Waits.SYSTEM.pause(attempt);
            }
            inTime(victim);
            assertHolds(file, 0, content, "after the storm");
        }
    }

    @Test
    void shouldServeVirtualThreads() throws Exception {
        byte[] content = bytes(18, units(512) * 64);
        int length = units(512);
        try (DeviceFile file = fileOf("virtual", content); ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<byte[]>> futures = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                int from = i * length;
                futures.add(threads.submit(() -> {
                    new BlockingIo(Waits.SYSTEM).read(file, from, memory.address() + from, length);
                    return AnyBytes.get(memory.address() + from, length);
                }));
            }
            for (int i = 0; i < 64; i++) {
                assertArrayEquals(Arrays.copyOfRange(content, i * length, (i + 1) * length), inTime(futures.get(i)));
            }
        }
    }

    // --- names ---

    @Test
    void shouldRefuseToCreateWhatIsThere() {
        byte[] content = bytes(19, units(600));
        try (DeviceFile file = fileOf("log/0", content)) {
            String message = assertThrows(IoFault.class, () -> device.create("log/0")).getMessage();
            assertTrue(message.contains("log/0"), message);
            assertHolds(file, 0, content, "not harmed");
            assertEquals(List.of("log/0"), device.list());
        }
    }

    @Test
    void shouldRefuseToOpenWhatIsMissing() {
        device.create("log/0").close();
        for (String name : List.of("missing", "log/1", "other/0", "log")) {
            assertFalse(device.exists(name), name);
            String message = assertThrows(IoFault.class, () -> device.open(name)).getMessage();
            assertTrue(message.contains(name), message);
            assertThrows(IoFault.class, () -> device.delete(name), name);
            assertThrows(IoFault.class, () -> device.rename(name, "target"), name);
        }
        assertEquals(List.of("log/0"), device.list());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "/", "/etc/passwd", "../up", "a/..", "a/../b", "a/b/c", "a//b", "a/", "/a", "a b", "a\nb", "a\0b", "a\\b", "ä",
        ".hidden", "a/.hidden", "-option", "a:b", "a*"})
    void shouldRefuseABadName(String name) {
        device.create("good").close();
        assertThrows(IllegalArgumentException.class, () -> device.create(name));
        assertThrows(IllegalArgumentException.class, () -> device.open(name));
        assertThrows(IllegalArgumentException.class, () -> device.exists(name));
        assertThrows(IllegalArgumentException.class, () -> device.delete(name));
        assertThrows(IllegalArgumentException.class, () -> device.rename(name, "other"));
        assertThrows(IllegalArgumentException.class, () -> device.rename("good", name));
        assertEquals(List.of("good"), device.list());
    }

    @Test
    void shouldListEveryFileSorted() throws Exception {
        assertEquals(List.of(), device.list());
        List<String> names = List.of("IDENTITY", "MANIFEST-10", "MANIFEST-2.tmp", "_x", "checkpoints/1.index", "log/0", "log/1", "log/10", "log-2", "z");
        List<String> shuffled = new ArrayList<>(names);
        java.util.Collections.shuffle(shuffled, new java.util.Random(20));
        for (String name : shuffled) {
            device.create(name).close();
            assertTrue(device.exists(name));
        }
        List<String> sorted = names.stream().sorted().toList();
        assertEquals(sorted, device.list());
        device.close();
        device = newDevice();
        assertEquals(sorted, device.list());
    }

    @Test
    void shouldNotTakeADirectoryForAFile() {
        byte[] content = bytes(21, units(512));
        fileOf("log/0", content).close();
        fileOf("plain", content).close();
        assertThrows(IoFault.class, () -> device.create("log"));
        assertThrows(IoFault.class, () -> device.rename("plain", "log"));
        assertThrows(IoFault.class, () -> device.rename("log", "other"));
        assertThrows(IoFault.class, () -> device.delete("log"));
        assertThrows(IoFault.class, () -> device.create("plain/0"));
        assertThrows(IoFault.class, () -> device.open("plain/0"));
        assertThrows(IoFault.class, () -> device.rename("log/0", "plain/0"));
        assertEquals(List.of("log/0", "plain"), device.list());
        device.delete("log/0");
        assertThrows(IoFault.class, () -> device.delete("log"), "an empty directory is no file either");
        assertFalse(device.exists("log"));
        device.create("log/0").close();
    }

    @Test
    void shouldRenameAndReplace() {
        byte[] fresh = bytes(22, units(700));
        byte[] old = bytes(23, units(1400));
        try (DeviceFile replaced = fileOf("MANIFEST-1", old); DeviceFile renamed = fileOf("MANIFEST-1.tmp", fresh)) {
            device.rename("MANIFEST-1.tmp", "MANIFEST-1");
            assertEquals(List.of("MANIFEST-1"), device.list());
            assertFalse(device.exists("MANIFEST-1.tmp"));
            assertHolds(replaced, 0, old, "what was open stays readable");
            write(renamed, fresh.length, old);
            try (DeviceFile opened = device.open("MANIFEST-1")) {
                assertHolds(opened, 0, concat(fresh, old), "by its new name");
            }
        }
        device.rename("MANIFEST-1", "MANIFEST-1");
        assertEquals(List.of("MANIFEST-1"), device.list());
    }

    @Test
    void shouldRenameIntoAndOutOfDirectories() {
        byte[] content = bytes(24, units(512));
        fileOf("a", content).close();
        device.rename("a", "fresh/a");
        device.rename("fresh/a", "other/b");
        device.rename("other/b", "c");
        assertEquals(List.of("c"), device.list());
        try (DeviceFile file = device.open("c")) {
            assertHolds(file, 0, content, "after three renames");
        }
        device.syncDirectory();
    }

    @Test
    void shouldLeaveTheTargetAloneWhenThereIsNothingToRename() {
        byte[] content = bytes(25, units(512));
        try (DeviceFile target = fileOf("target", content)) {
            assertThrows(IoFault.class, () -> device.rename("missing", "target"));
            assertHolds(target, 0, content, "not harmed");
            assertTrue(device.exists("target"));
        }
    }

    @Test
    void shouldKeepADeletedFileUntilItIsClosed() {
        byte[] old = bytes(26, units(700));
        byte[] fresh = bytes(27, units(900));
        try (DeviceFile deleted = fileOf("log/0", old)) {
            device.delete("log/0");
            assertFalse(device.exists("log/0"));
            assertEquals(List.of(), device.list());
            assertHolds(deleted, 0, old, "after its delete");
            try (DeviceFile again = fileOf("log/0", fresh)) {
                write(deleted, old.length, old);
                assertHolds(again, 0, fresh, "a new file of that name");
                assertEquals(fresh.length, again.sizeBytes());
                assertHolds(deleted, 0, concat(old, old), "the deleted one");
            }
        }
        assertEquals(List.of("log/0"), device.list());
    }

    @Test
    void shouldNameTheFileForPeople() {
        try (DeviceFile file = device.create("log/17")) {
            assertTrue(file.path().endsWith("log/17"), file.path());
        }
    }

    @Test
    void shouldCreateInOneNewDirectoryFromManyThreads() throws Exception {
        for (int round = 0; round < 20; round++) {
            String directory = "d" + round + "/";
            List<Callable<Void>> work = new ArrayList<>();
            for (int thread = 0; thread < 4; thread++) {
                String name = directory + thread;
                work.add(() -> {
                    device.create(name).close();
                    return null;
                });
            }
            runAll(work);
        }
        assertEquals(80, device.list().size());
    }

    @Test
    void shouldLetOneOfManyCreate() throws Exception {
        List<Callable<Boolean>> work = new ArrayList<>();
        for (int thread = 0; thread < 4; thread++) {
            work.add(() -> {
                try {
                    device.create("one").close();
                    return true;
                } catch (StoreFault taken) {
                    assertInstanceOf(IoFault.class, taken);
                    return false;
                }
            });
        }
        assertEquals(1, runAll(work).stream().filter(won -> won).count());
    }

    // --- waiting ---

    @Test
    void shouldThrowToWhomItBlocks() {
        try (DeviceFile file = device.create("blocking")) {
            assertThrows(IoFault.class, () -> blocking.read(file, 0, memory.address(), units(512)));
            blocking.write(file, 0, memory.address(), units(512));
            blocking.read(file, 0, memory.address(), units(512));
            Transfer sync = new Transfer();
            file.sync(sync);
            assertNull(sync.outcome());
        }
    }
}
