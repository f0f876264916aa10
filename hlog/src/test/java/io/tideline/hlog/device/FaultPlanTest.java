package io.tideline.hlog.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.fault.FullFault;
import io.tideline.fault.IoFault;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.device.SimulatedDisk.Options;
import io.tideline.memory.Region;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each fault does what it says, where the plan says, and nowhere else. */
class FaultPlanTest {
    private static final int SECTOR = 512;
    private static final int LENGTH = 8 * SECTOR;
    private static final byte[] OLD = bytes(1);
    private static final byte[] NEW = bytes(2);

    private final Region memory = Region.allocate(1 << 20, false);
    private SimulatedDisk disk;
    private DeviceFile file;

    @AfterEach
    void close() {
        if (disk != null) {
            file.close();
            disk.close();
        }
        memory.close();
    }

    private static byte[] bytes(long seed) {
        byte[] bytes = new byte[LENGTH];
        new SplittableRandom(seed).nextBytes(bytes);
        return bytes;
    }

    /** A file of old bytes, synced in four steps, on a disk where the steps from 4 on meet what the plan says. */
    private void begin(FaultPlan plan, long seed) {
        if (disk != null) {
            file.close();
            disk.close();
        }
        disk = new SimulatedDisk(Options.DEFAULT.seed(seed), plan);
        file = disk.create("f");
        assertNull(write(OLD));
        assertNull(sync());
        disk.syncDirectory();
        assertEquals(4, disk.stepCount());
    }

    private StoreFault write(byte[] bytes) {
        AnyBytes.put(memory.address(), bytes);
        Transfer transfer = new Transfer();
        file.write(transfer, 0, memory.address(), bytes.length);
        return transfer.outcome();
    }

    private StoreFault sync() {
        Transfer transfer = new Transfer();
        file.sync(transfer);
        return transfer.outcome();
    }

    private StoreFault lastRead;

    private byte[] read() {
        Transfer transfer = new Transfer();
        file.read(transfer, 0, memory.address() + LENGTH, LENGTH);
        lastRead = transfer.outcome();
        return AnyBytes.get(memory.address() + LENGTH, LENGTH);
    }

    /** For each sector whether it holds the new bytes; it must hold the old ones otherwise. */
    private static List<Boolean> renewed(byte[] bytes) {
        List<Boolean> renewed = new ArrayList<>();
        for (int at = 0; at < LENGTH; at += SECTOR) {
            byte[] sector = Arrays.copyOfRange(bytes, at, at + SECTOR);
            boolean isNew = Arrays.equals(sector, Arrays.copyOfRange(NEW, at, at + SECTOR));
            assertTrue(isNew || Arrays.equals(sector, Arrays.copyOfRange(OLD, at, at + SECTOR)), "a sector is neither old nor new");
            renewed.add(isNew);
        }
        return renewed;
    }

    private static LongStream seeds() {
        return LongStream.rangeClosed(1, 30);
    }

    @Test
    void shouldFailAWriteThatMayHaveHappenedInPart() {
        Set<Integer> kept = new TreeSet<>();
        seeds().forEach(seed -> {
            begin(FaultPlan.none().failAt(4, Fault.EIO), seed);
            assertEquals(IoFault.class, write(NEW).getClass());
            kept.add((int) renewed(read()).stream().filter(isNew -> isNew).count());
            assertNull(write(NEW), "once");
            assertArrayEquals(NEW, read());
        });
        assertTrue(kept.size() > 3, kept::toString);
    }

    @Test
    void shouldFailAReadAndLeaveItsTargetUndefined() {
        begin(FaultPlan.none().failAt(4, Fault.EIO), 1);
        assertFalse(Arrays.equals(OLD, read()));
        assertEquals(IoFault.class, lastRead.getClass());
        assertArrayEquals(OLD, read());
        assertNull(lastRead);
    }

    @Test
    void shouldStayBrokenWhereThePlanSaysSo() {
        begin(FaultPlan.none().failFrom(5, Fault.EIO), 1);
        assertNull(write(NEW));
        for (int i = 0; i < 5; i++) {
            assertEquals(IoFault.class, write(OLD).getClass());
            assertEquals(IoFault.class, sync().getClass());
            assertThrows(IoFault.class, () -> disk.create("g"));
            assertThrows(IoFault.class, () -> disk.open("f"));
            assertThrows(IoFault.class, () -> disk.list());
            assertThrows(IoFault.class, () -> disk.syncDirectory());
            assertThrows(IoFault.class, () -> file.truncate(0));
        }
        assertEquals(35, disk.met().size());
    }

    @Test
    void shouldTransferTheFirstBytesOfAShortOne() {
        begin(FaultPlan.none().failAt(4, Fault.SHORT).failAt(6, Fault.SHORT), 1);
        assertTrue(write(NEW).getMessage().contains(LENGTH / 2 + " bytes"));
        assertEquals(List.of(true, true, true, true, false, false, false, false), renewed(read()));
        AnyBytes.put(memory.address() + LENGTH, OLD);
        assertEquals(List.of(true, true, true, true, false, false, false, false), renewed(read()));
        assertEquals(IoFault.class, lastRead.getClass());
    }

    @Test
    void shouldTearAWriteAndSayNothing() {
        seeds().forEach(seed -> {
            begin(FaultPlan.none().failAt(4, Fault.TORN), seed);
            assertNull(write(NEW));
            assertEquals(Set.of(false, true), Set.copyOf(renewed(read())), "seed " + seed);
        });
    }

    @Test
    void shouldLoseAWriteAndSayNothing() {
        begin(FaultPlan.none().failAt(4, Fault.LOST), 1);
        assertNull(write(NEW));
        assertArrayEquals(OLD, read());
    }

    @Test
    void shouldMisdirectAWriteAndARead() {
        seeds().forEach(seed -> {
            begin(FaultPlan.none().failAt(4, Fault.MISDIRECTED), seed);
            assertNull(write(NEW));
            assertTrue(file.sizeBytes() > LENGTH, "seed " + seed);
            assertArrayEquals(Arrays.copyOf(OLD, SECTOR), Arrays.copyOf(read(), SECTOR), "the place it was meant for, seed " + seed);
            begin(FaultPlan.none().failAt(4, Fault.MISDIRECTED), seed);
            assertFalse(Arrays.equals(OLD, read()));
            assertNull(lastRead);
            assertArrayEquals(OLD, read());
        });
    }

    @Test
    void shouldLieAboutASync() {
        Set<Boolean> kept = new TreeSet<>();
        begin(FaultPlan.none().failAt(5, Fault.LYING_SYNC), 1);
        assertNull(write(NEW));
        assertNull(sync());
        seeds().forEach(seed -> kept.addAll(leftAfterCrash(seed)));
        assertEquals(Set.of(false, true), kept);
        assertNull(sync());
        seeds().forEach(seed -> assertEquals(Set.of(true), Set.copyOf(leftAfterCrash(seed)), "a later sync is true"));
    }

    private List<Boolean> leftAfterCrash(long seed) {
        SimulatedDisk left = disk.crash(seed);
        Transfer transfer = new Transfer();
        try (DeviceFile again = left.open("f")) {
            again.read(transfer, 0, memory.address() + LENGTH, LENGTH);
            transfer.assertDone();
        }
        return renewed(AnyBytes.get(memory.address() + LENGTH, LENGTH));
    }

    @Test
    void shouldLieAboutASyncOfTheDirectory() {
        begin(FaultPlan.none().failAt(5, Fault.LYING_SYNC), 1);
        disk.delete("f");
        disk.syncDirectory();
        Set<List<String>> left = new HashSet<>();
        seeds().forEach(seed -> left.add(disk.crash(seed).list()));
        assertEquals(Set.of(List.of(), List.of("f")), left);
    }

    @Test
    void shouldForgetWhatAFailedSyncDidNotStore() {
        Set<Integer> stored = new TreeSet<>();
        seeds().forEach(seed -> {
            begin(FaultPlan.none().failAt(5, Fault.SYNC_FAILS), seed);
            assertNull(write(NEW));
            assertEquals(IoFault.class, sync().getClass());
            assertArrayEquals(NEW, read(), "it reads as if it were stored");
            assertNull(sync(), "and the next sync believes it");
            List<Boolean> left = leftAfterCrash(1);
            seeds().forEach(crash -> assertEquals(left, leftAfterCrash(crash)));
            stored.add((int) left.stream().filter(isNew -> isNew).count());
            assertNull(write(NEW));
            assertNull(sync());
            assertEquals(Set.of(true), Set.copyOf(leftAfterCrash(seed)), "what is written again is stored");
        });
        assertTrue(stored.size() > 3 && stored.iterator().next() < 8, stored::toString);
    }

    @Test
    void shouldHaveNoRoom() {
        begin(FaultPlan.none().failAt(4, Fault.ENOSPC).failAt(6, Fault.ENOSPC), 1);
        assertEquals(FullFault.class, write(NEW).getClass());
        renewed(read());
        assertThrows(FullFault.class, () -> disk.create("g"));
        assertFalse(disk.exists("g"));
        assertNull(write(NEW));
    }

    @Test
    void shouldHaveNoMoreRoomThanItsBudget() {
        begin(FaultPlan.none().budget(LENGTH + 2 * SECTOR), 1);
        assertNull(write(NEW), "in place");
        Transfer transfer = new Transfer();
        file.write(transfer, LENGTH, memory.address(), 3 * SECTOR);
        transfer.assertFails(FullFault.class);
        file.truncate(LENGTH);
        file.write(transfer, LENGTH, memory.address(), 2 * SECTOR);
        transfer.assertDone();
        try (DeviceFile other = disk.create("other")) {
            other.write(transfer, 0, memory.address(), 1);
            transfer.assertFails(FullFault.class);
            file.truncate(LENGTH - 1);
            other.write(transfer, 0, memory.address(), 2 * SECTOR);
            transfer.assertDone();
            disk.delete("f");
            other.write(transfer, 2L * SECTOR, memory.address(), 1);
            transfer.assertFails(FullFault.class);
            file.close();
            other.write(transfer, 2L * SECTOR, memory.address(), LENGTH);
            transfer.assertDone();
        }
    }

    @Test
    void shouldFlipOneBitOfARead() {
        seeds().forEach(seed -> {
            begin(FaultPlan.none().failAt(4, Fault.BIT_FLIP_ON_READ), seed);
            byte[] read = read();
            assertNull(lastRead);
            int bits = 0;
            for (int i = 0; i < LENGTH; i++) {
                bits += Integer.bitCount((read[i] ^ OLD[i]) & 0xFF);
            }
            assertEquals(1, bits);
            assertArrayEquals(OLD, read());
        });
    }

    @Test
    void shouldReadWhatWasThereBefore() {
        begin(FaultPlan.none().failAt(5, Fault.STALE_READ).failAt(8, Fault.STALE_READ), 1);
        assertNull(write(NEW));
        assertArrayEquals(OLD, read());
        assertNull(lastRead);
        assertArrayEquals(NEW, read());
        assertNull(sync());
        assertArrayEquals(OLD, read(), "also behind a sync");
    }

    @Test
    void shouldNotReadABadSectorUntilItIsWritten() {
        begin(FaultPlan.none().failAt(4, Fault.BAD_SECTOR), 1);
        for (int i = 0; i < 3; i++) {
            read();
            assertEquals(IoFault.class, lastRead.getClass());
        }
        Transfer transfer = new Transfer();
        file.read(transfer, SECTOR, memory.address(), SECTOR);
        transfer.assertDone();
        SimulatedDisk left = disk.crash(1);
        try (DeviceFile again = left.open("f")) {
            again.read(transfer, 0, memory.address(), SECTOR);
            transfer.assertFails(IoFault.class);
        }
        assertNull(write(NEW));
        assertArrayEquals(NEW, read());
    }

    @Test
    void shouldStallUntilTheClose() {
        begin(FaultPlan.none().failAt(4, Fault.STALL).failAt(5, Fault.STALL), 1);
        Transfer first = new Transfer();
        file.sync(first);
        Transfer second = new Transfer();
        file.sync(second);
        read();
        assertNull(lastRead, "others are served");
        assertEquals(2, disk.stalled());
        assertEquals(0, first.completions() + second.completions());
        file.close();
        first.assertFails(IoFault.class);
        second.assertFails(IoFault.class);
        assertEquals(0, disk.stalled());
    }

    @Test
    void shouldBeLate() {
        begin(FaultPlan.none().failAt(4, Fault.LATE).failAt(9, Fault.LATE), 1);
        Transfer late = new Transfer();
        file.sync(late);
        assertTrue(late.isUnderWay());
        for (int i = 0; i < 4; i++) {
            read();
        }
        late.assertDone();
        assertEquals(9, disk.stepCount());
        file.sync(late);
        assertTrue(late.isUnderWay());
        assertEquals(0, disk.queued());
        assertEquals(1, disk.releaseLate());
        late.assertDone();
    }

    @Test
    void shouldCompleteTwiceAndThenAgain() {
        begin(FaultPlan.none().failFrom(4, Fault.DOUBLE_COMPLETION), 1);
        Transfer transfer = new Transfer();
        for (int i = 1; i <= 5; i++) {
            file.sync(transfer);
            transfer.assertDone();
            assertEquals(i, transfer.completions(), "a request keeps what it was told first");
        }
        assertEquals(5, disk.met().size());
    }

    @Test
    void shouldCompleteOnAStranger() throws InterruptedException {
        begin(FaultPlan.none().failAt(4, Fault.FOREIGN_THREAD), 1);
        Thread[] seen = new Thread[1];
        CountDownLatch ended = new CountDownLatch(1);
        IoRequest request = new IoRequest() {
            @Override
            protected void completed(StoreFault fault) {
                seen[0] = Thread.currentThread();
                ended.countDown();
            }
        };
        file.sync(request);
        assertTrue(ended.await(60, TimeUnit.SECONDS));
        assertNotSame(Thread.currentThread(), seen[0]);
        file.sync(request);
        assertSame(Thread.currentThread(), seen[0]);
    }

    @Test
    void shouldStopWithTheMachine() {
        begin(FaultPlan.none().failAt(5, Fault.POWER_LOSS), 1);
        assertNull(sync());
        assertEquals(IoFault.class, write(NEW).getClass());
        read();
        assertEquals(IoFault.class, lastRead.getClass());
        assertThrows(IoFault.class, () -> disk.open("f"));
        assertThrows(IoFault.class, () -> disk.exists("f"));
        assertThrows(IoFault.class, () -> file.sizeBytes());
        assertEquals(6, disk.stepCount(), "what comes later is no step");
        Set<Boolean> kept = new TreeSet<>();
        seeds().forEach(seed -> kept.addAll(leftAfterCrash(seed)));
        assertEquals(Set.of(false, true), kept, "the last write came in part");
    }

    // --- plans ---

    @ParameterizedTest
    @EnumSource
    void shouldDoNothingWhereItIsNotConcerned(Fault fault) {
        FaultPlan plan = FaultPlan.none().failFrom(0, fault);
        int concerned = 0;
        for (Io io : Io.values()) {
            assertEquals(fault.concerns(io) ? fault : null, plan.next(concerned, io));
            concerned += fault.concerns(io) ? 1 : 0;
        }
        assertTrue(concerned > 0);
        assertFalse(fault.allowed().isEmpty());
        assertFalse(fault.allowedAfterwards().isEmpty());
        assertFalse(fault.allowed().contains(Outcome.WRONG) || fault.allowedAfterwards().contains(Outcome.WRONG));
    }

    @Test
    void shouldDrawProbabilitiesFromTheSeed() {
        Set<List<Fault>> sequences = new HashSet<>();
        for (long seed = 1; seed <= 5; seed++) {
            List<Fault> drawn = draw(seed);
            assertEquals(drawn, draw(seed));
            sequences.add(drawn);
            long eio = drawn.stream().filter(fault -> fault == Fault.EIO).count();
            assertTrue(eio > 200 && eio < 400, eio + " of 3000 at 0.1");
            assertFalse(drawn.contains(Fault.SYNC_FAILS), "a write is no sync");
        }
        assertEquals(5, sequences.size());
        assertThrows(IllegalArgumentException.class, () -> FaultPlan.none().sometimes(Fault.EIO, 1.1));
        assertThrows(IllegalArgumentException.class, () -> FaultPlan.none().sometimes(Fault.EIO, Double.NaN));
    }

    private static List<Fault> draw(long seed) {
        FaultPlan plan = FaultPlan.ofSeed(seed).sometimes(Fault.EIO, 0.1).sometimes(Fault.SYNC_FAILS, 1);
        List<Fault> drawn = new ArrayList<>();
        for (int i = 0; i < 3000; i++) {
            drawn.add(plan.next(i, Io.WRITE));
        }
        return drawn;
    }

    @Test
    void shouldPutTheIndexBeforeChance() {
        FaultPlan plan = FaultPlan.ofSeed(1).sometimes(Fault.EIO, 1).failAt(1, Fault.LOST);
        assertEquals(Fault.EIO, plan.next(0, Io.WRITE));
        assertEquals(Fault.LOST, plan.next(1, Io.WRITE));
        assertEquals(Fault.EIO, plan.next(2, Io.WRITE));
    }

    @Test
    void shouldAllowSuccessOnlyIfEveryFaultMayBeSurvived() {
        assertEquals(Set.of(Outcome.SUCCEEDS), FaultPlan.allowed(List.of()));
        assertEquals(Set.of(Outcome.SUCCEEDS), FaultPlan.allowed(List.of(Fault.LATE, Fault.DOUBLE_COMPLETION)));
        assertEquals(Set.of(Outcome.IO_FAULT), FaultPlan.allowed(List.of(Fault.LATE, Fault.EIO)));
        assertEquals(Set.of(Outcome.IO_FAULT, Outcome.FULL_FAULT), FaultPlan.allowed(List.of(Fault.EIO, Fault.ENOSPC)));
        assertEquals(Set.of(Outcome.SUCCEEDS, Outcome.IO_FAULT, Outcome.CORRUPTION_FAULT), FaultPlan.allowed(List.of(Fault.LOST, Fault.LATE)));
    }

    @Test
    void shouldTellWhatReplaysIt() {
        assertEquals("no fault", FaultPlan.none().toString());
        String plan = FaultPlan.ofSeed(77).failAt(3, Fault.EIO).failFrom(9, Fault.LOST).sometimes(Fault.STALL, 0.25).budget(4096).toString();
        for (String part : List.of("EIO at 3", "LOST from 9", "STALL with probability 0.25 of seed 77", "4096 bytes")) {
            assertTrue(plan.contains(part), plan);
        }
        begin(FaultPlan.none().failAt(4, Fault.LOST), 5);
        assertTrue(disk.toString().contains("seed=5") && disk.toString().contains("LOST at 4"), disk::toString);
        assertNull(write(NEW));
        assertNotNull(disk.steps().get(4).fault());
        assertEquals("write of 4096 bytes at offset 0 of simulated:/f, which meets LOST", disk.steps().get(4).toString());
    }
}
