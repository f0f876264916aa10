package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.checkpoint.LogStyle;
import io.tideline.checkpoint.LostGeneration;
import io.tideline.checkpoint.Manifest;
import io.tideline.checkpoint.ManifestStore;
import io.tideline.checkpoint.SessionPoint;
import io.tideline.fault.CorruptionFault;
import io.tideline.fault.FormatFault;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.Identity;
import io.tideline.hlog.device.BlockingIo;
import io.tideline.hlog.device.DeviceFile;
import io.tideline.hlog.device.SimulatedDisk;
import io.tideline.memory.Region;
import io.tideline.memory.TakenMemory;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The files of a store with two checkpoints, one bit wrong, or cut off: never a wrong value. What can be made anew is, and says so; all else is a named
 * fault. {@code -Dtideline.every=true} takes every bit.
 */
@Tag("spill")
class CheckpointDamageTest {
    private static final boolean EVERY = Boolean.getBoolean("tideline.every");
    private static final int SESSIONS = 2;

    private final PrefixLedger ledger = new PrefixLedger(4, SESSIONS);
    private SimulatedDisk disk;
    private long[] old;
    private CommitPoint newest;
    private long logEnd;
    /** What the opening of the store takes off the heap while nothing is damaged. */
    private long soundBytes;

    private static StoreConfig.Builder config(SimulatedDisk disk) {
        return StoreConfig.builder().memory(8 << 12).pageSize(1 << 12).segmentSize(1 << 14).buckets(64).hashSeed(7).maxPending(4, 4).hugePages(false)
                .files(disk);
    }

    /** How far to go from one bit to the next: no divisor of 8, so that each bit of a byte has its turn. */
    private static int step(int sampled) {
        return EVERY ? 1 : sampled;
    }

    @BeforeEach
    void makeAStore() throws Exception {
        disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(1));
        try (Store store = Store.open(config(disk).build()); Session a = store.openSession("s0"); Session b = store.openSession("s1")) {
            old = run(a, b);
            store.checkpoint().get(60, TimeUnit.SECONDS);
            run(a, b);
            newest = store.checkpoint().get(60, TimeUnit.SECONDS);
            logEnd = store.stats().tail();
            disk = disk.crash(1);
        }
        soundBytes = openingBytes(disk.kill(1));
        assertTrue(logEnd > 1 << 14, "more than a file of the log");
        assertEquals(List.of("MANIFEST-1", "MANIFEST-2"), disk.list().stream().filter(name -> name.startsWith("MANIFEST")).sorted().toList());
    }

    private long[] run(Session a, Session b) {
        for (Session session : List.of(a, b)) {
            ledger.run(session, session == a ? 0 : 1, 130);
            session.completePending(true);
        }
        return ledger.serials();
    }

    private long openingBytes(SimulatedDisk sound) {
        try (sound) {
            TakenMemory memory = TakenMemory.fromNow();
            try (Store store = Store.open(config(sound).build())) {
                assertEquals(newest.number(), store.lastCommit().orElseThrow().number());
                return memory.regionBytes();
            }
        }
    }

    /** Opens a store of files that are damaged, with no more memory off the heap than that of sound ones takes, and 1 MiB. */
    private Store open(SimulatedDisk damaged) {
        TakenMemory memory = TakenMemory.fromNow();
        try {
            return Store.open(config(damaged).build());
        } finally {
            long taken = memory.regionBytes();
            mostBytes = Math.max(mostBytes, taken);
            assertTrue(taken <= soundBytes + (1 << 20), () -> "the opening took " + taken + " bytes; it is " + soundBytes + " where nothing is damaged");
        }
    }

    private long mostBytes;

    private long sizeBytes(String name) {
        try (DeviceFile file = disk.open(name)) {
            return file.sizeBytes();
        }
    }

    private SimulatedDisk flipped(String name, long bit) {
        SimulatedDisk damaged = disk.kill(1);
        try (Region memory = Region.allocate(512, false); DeviceFile file = damaged.open(name)) {
            long word = bit / Long.SIZE * Long.BYTES;
            BlockingIo io = new BlockingIo(Waits.SYSTEM);
            io.read(file, word, memory.address(), Long.BYTES);
            Words.set(memory.address(), Words.get(memory.address()) ^ 1L << bit % Long.SIZE);
            io.write(file, word, memory.address(), Long.BYTES);
        }
        return damaged;
    }

    private SimulatedDisk cut(String name, long sizeBytes) {
        SimulatedDisk damaged = disk.kill(1);
        try (DeviceFile file = damaged.open(name)) {
            file.truncate(sizeBytes);
        }
        return damaged;
    }

    private interface Check {
        void on(SimulatedDisk damaged);
    }

    private int bits(String name, long from, long to, int step, Check check) {
        int count = 0;
        for (long bit = from * 8; bit < to * 8; bit += step) {
            check(name + ", bit " + bit, flipped(name, bit), check);
            count++;
        }
        return count;
    }

    private int cuts(String name, int step, Check check) {
        int count = 0;
        for (long size = sizeBytes(name) - 1; size >= 0; size -= step) {
            check(name + ", cut off behind " + size, cut(name, size), check);
            count++;
        }
        check(name + ", empty", cut(name, 0), check);
        return count + 1;
    }

    private static void check(String what, SimulatedDisk damaged, Check check) {
        try (damaged) {
            check.on(damaged);
            assertEquals(0, damaged.openFiles());
            assertEquals(List.of(), damaged.bugs());
        } catch (AssertionError | RuntimeException wrong) {
            throw new AssertionError(what, wrong);
        }
    }

    private void requireRefused(SimulatedDisk damaged) {
        List<String> before = damaged.list();
        StoreFault refusal = assertThrows(StoreFault.class, () -> open(damaged));
        assertTrue(refusal instanceof CorruptionFault || refusal instanceof FormatFault, refusal::toString);
        assertEquals(before, damaged.list(), "nothing was changed");
        assertTrue(refusal.getMessage().contains("MANIFEST-2"), refusal::toString);
        if (refusal instanceof CorruptionFault && ++refused % 16 == 0) {
            try (Store store = Store.open(config(damaged).fallBack(true).build())) {
                assertEquals(1, store.lastCommit().orElseThrow().number());
                assertArrayEquals(old, ledger.serialsOf(store));
                ledger.verify(store, old);
                List<LostGeneration> lost = store.stats().checkpoints().lost();
                assertEquals(List.of(newest.number()), lost.stream().map(LostGeneration::generation).toList());
                assertTrue(lost.getFirst().damage().getMessage().contains("MANIFEST-2"), lost::toString);
                assertTrue(lost.getFirst().sessions().isEmpty(), "nobody knows");
            }
            fellBack++;
        }
    }

    private int refused;
    private int fellBack;

    @Test
    void shouldRefuseEveryBitAndEveryCutOfTheNewestManifest() {
        int bits = bits("MANIFEST-2", 0, sizeBytes("MANIFEST-2"), step(13), this::requireRefused);
        int cuts = cuts("MANIFEST-2", step(7), this::requireRefused);
        System.out.println("manifest: " + bits + " bits, " + cuts + " cuts, " + fellBack + " openings that went back");
        assertTrue(fellBack > 100);
    }

    private void requireRebuilt(SimulatedDisk damaged) {
        try (Store store = open(damaged)) {
            assertFalse(store.stats().checkpoints().imageProblem().isEmpty(), "it is told");
            assertArrayEquals(ledger.serials(), ledger.serialsOf(store));
            ledger.verify(store, ledger.serials());
            assertEquals(List.of(), store.stats().checkpoints().lost());
        }
    }

    @Test
    void shouldMakeTheIndexAnewWhereItsImageIsDamaged() {
        String image = "checkpoints/2-index";
        SimulatedDisk without = disk.kill(1);
        without.delete(image);
        soundBytes = openingBytes(without);
        int head = bits(image, 0, 4096, step(127), this::requireRebuilt);
        int body = bits(image, 4096, sizeBytes(image), step(411), this::requireRebuilt);
        int cuts = cuts(image, step(211), this::requireRebuilt);
        System.out.println("index image: " + head + " bits of the head, " + body + " of the rest, " + cuts + " cuts, at most " + (mostBytes - soundBytes) + " bytes more");
        without = disk.kill(1);
        without.delete(image);
        check("no image", without, this::requireRebuilt);
    }

    /** With a manifest of anybody's, whose checksums are right, that says of the index that it has so many buckets. */
    private SimulatedDisk forged(long buckets, boolean hasImage) {
        SimulatedDisk forged = disk.kill(1);
        ManifestStore manifests = ManifestStore.open(forged, Waits.SYSTEM, Identity.read(forged, Waits.SYSTEM));
        Manifest sound = manifests.newest().orElseThrow();
        Manifest.Image image = sound.image().orElseThrow();
        manifests.publish(sound.toBuilder().generation(sound.generation() + 1)
                .image(new Manifest.Image(image.number(), buckets, image.overflowBuckets(), image.replayFrom())).build());
        if (!hasImage) {
            forged.delete("checkpoints/" + image.number() + "-index");
        }
        return forged;
    }

    private static StoreConfig.Builder anyIndex(SimulatedDisk disk) {
        return StoreConfig.builder().memory(8 << 12).pageSize(1 << 12).maxPending(4, 4).hugePages(false).files(disk);
    }

    @Test
    void shouldTakeNoMemoryForAnIndexThatNoFileVouchesFor() {
        for (long buckets : new long[] {1L << 21, 1L << 30, 1L << 36}) {
            for (boolean hasImage : new boolean[] {true, false}) {
                try (SimulatedDisk forged = forged(buckets, hasImage)) {
                    TakenMemory memory = TakenMemory.fromNow();
                    CorruptionFault refused = assertThrows(CorruptionFault.class, () -> Store.open(anyIndex(forged).build()));
                    assertTrue(refused.getMessage().contains("says that the index has " + buckets + " buckets of 64 bytes; its image is gone"), refused.getMessage());
                    assertTrue(memory.regionBytes() < 1 << 20, memory.regionBytes() + " bytes");
                }
            }
        }
    }

    /** As many as may be without a voucher, and more if the caller says so. */
    @Test
    void shouldMakeAnIndexAnewThatIsSmallOrAskedFor() {
        for (boolean hasImage : new boolean[] {true, false}) {
            try (SimulatedDisk forged = forged(1 << 20, hasImage); Store store = Store.open(anyIndex(forged).build())) {
                requireRebuilt(store, 1 << 20);
            }
            try (SimulatedDisk forged = forged(1 << 21, hasImage); Store store = Store.open(anyIndex(forged).buckets(1 << 21).build())) {
                requireRebuilt(store, 1 << 21);
            }
        }
    }

    private void requireRebuilt(Store store, long buckets) {
        assertEquals(buckets, store.config().buckets());
        assertFalse(store.stats().checkpoints().imageProblem().isEmpty(), "it is told");
        assertArrayEquals(ledger.serials(), ledger.serialsOf(store));
        ledger.verify(store, ledger.serials());
    }

    private int damagedKeys;
    private int refusedOpenings;

    /** What is live and damaged is found when it is asked for, or at the opening; everything else is as it was. */
    private void requireFoundOut(SimulatedDisk damaged) {
        Store store;
        try {
            store = Store.open(config(damaged).build());
        } catch (CorruptionFault refusal) {
            refusedOpenings++;
            return;
        }
        try {
            damagedKeys += ledger.verifyWhole(store, ledger.serials());
        } finally {
            store.close();
        }
    }

    @Test
    void shouldFindOutEveryBitOfTheLogThatMatters() {
        int bits = 0;
        for (long start = 0; start < logEnd; start += 1 << 14) {
            String name = String.format("log/%012d", start >>> 14);
            bits += bits(name, start == 0 ? 64 : 0, Math.min(logEnd - start, 1 << 14), step(2003), this::requireFoundOut);
        }
        System.out.println("log: " + bits + " bits, " + damagedKeys + " damaged keys found, " + refusedOpenings + " openings refused");
        assertTrue(damagedKeys + refusedOpenings > bits / 10, "damage was met");
    }

    /** An opening that took it for a new store would remove its log and its images. */
    @Test
    void shouldNotTakeAStoreWhoseManifestsAreGoneForANewOne() {
        try (SimulatedDisk without = disk.kill(1)) {
            without.delete("MANIFEST-1");
            without.delete("MANIFEST-2");
            List<String> before = without.list();
            for (boolean fallsBack : List.of(false, true)) {
                CorruptionFault refusal = assertThrows(CorruptionFault.class, () -> Store.open(config(without).fallBack(fallsBack).build()));
                assertTrue(refusal.getMessage().startsWith("MANIFEST-1, offset 0: expected a manifest"), refusal::toString);
                assertEquals(before, without.list(), "nothing was changed");
            }
        }
    }

    @Test
    void shouldNotPassOverANewestManifestThatIsGone() throws Exception {
        try (SimulatedDisk closed = disk.kill(1)) {
            try (Store store = Store.open(config(closed).build()); Session a = store.resumeSession("s0"); Session b = store.resumeSession("s1")) {
                run(a, b);
            }
            closed.delete("MANIFEST-3");
            List<String> before = closed.list();
            CorruptionFault refusal = assertThrows(CorruptionFault.class, () -> Store.open(config(closed).build()));
            assertTrue(refusal.getMessage().startsWith("MANIFEST-3, offset 0: expected a manifest of a log up to"), refusal::toString);
            assertEquals(before, closed.list(), "nothing was changed");
            try (Store store = Store.open(config(closed).fallBack(true).build())) {
                LostGeneration lost = store.stats().checkpoints().lost().getFirst();
                assertEquals(3, lost.generation());
                assertTrue(lost.sessions().isEmpty(), "nobody knows");
                assertEquals(newest.serials(), store.lastCommit().orElseThrow().serials());
                assertEquals(4, store.checkpoint().get(60, TimeUnit.SECONDS).number(), "no number is used twice");
                assertEquals(List.of(), StoreVerifier.verify(store));
            }
            try (Store store = Store.open(config(closed).build())) {
                assertEquals(newest.serials(), store.lastCommit().orElseThrow().serials());
                assertEquals(List.of(), store.stats().checkpoints().lost());
            }
        }
    }

    /** The second attempt knows what the first one passed over. */
    @Test
    void shouldRememberAManifestThatIsGoneWhereTheOneBeforeIsDamagedToo() throws Exception {
        try (SimulatedDisk closed = disk.kill(1)) {
            try (Store store = Store.open(config(closed).retain(3).build()); Session a = store.resumeSession("s0"); Session b = store.resumeSession("s1")) {
                run(a, b);
                store.checkpoint(CheckpointRequest.full().snapshot()).get(60, TimeUnit.SECONDS);
                run(a, b);
            }
            closed.delete("MANIFEST-4");
            closed.delete("checkpoints/3-snapshot");
            try (Store store = Store.open(config(closed).retain(3).fallBack(true).build())) {
                assertEquals(List.of(4L, 3L), store.stats().checkpoints().lost().stream().map(LostGeneration::generation).toList());
                assertEquals(newest.serials(), store.lastCommit().orElseThrow().serials());
                assertEquals(5, store.checkpoint().get(60, TimeUnit.SECONDS).number(), "no number is used twice");
            }
            try (Store store = Store.open(config(closed).build())) {
                assertEquals(newest.serials(), store.lastCommit().orElseThrow().serials());
                assertEquals(List.of(), StoreVerifier.verify(store));
            }
        }
    }

    /** The manifest is whole and says more. */
    @Test
    void shouldNotNeedTheNoteOfAClose() {
        try (SimulatedDisk closed = disk.kill(1)) {
            Store.open(config(closed).build()).close();
            disk = closed;
            int bits = bits("CLEAN-CLOSE", 0, sizeBytes("CLEAN-CLOSE"), step(7), damaged -> {
                try (Store store = Store.open(config(damaged).build())) {
                    assertEquals(newest.serials(), store.lastCommit().orElseThrow().serials());
                    assertEquals(List.of(), store.stats().checkpoints().lost());
                }
            });
            assertTrue(bits > 50);
        }
    }

    /** A snapshot holds what nothing else does: without it there is the older checkpoint, for who asks for that. */
    @Test
    void shouldRefuseEveryBitAndEveryCutOfASnapshot() throws Exception {
        long[] before = ledger.serials();
        long[] held;
        try (Store store = Store.open(config(disk).build()); Session a = store.resumeSession("s0"); Session b = store.resumeSession("s1")) {
            run(a, b);
            held = ledger.serials();
            assertEquals(LogStyle.SNAPSHOT, store.checkpoint(CheckpointRequest.full().snapshot()).get(60, TimeUnit.SECONDS).logStyle());
            run(a, b);
            disk = disk.crash(2);
        }
        String name = "checkpoints/3-snapshot";
        Check refused = damaged -> {
            CorruptionFault refusal = assertThrows(CorruptionFault.class, () -> open(damaged));
            assertTrue(refusal.getMessage().contains(name), refusal::toString);
            if (++refusals % 16 == 0) {
                try (Store store = Store.open(config(damaged).fallBack(true).build())) {
                    assertArrayEquals(before, ledger.serialsOf(store));
                    ledger.verify(store, before);
                    LostGeneration lost = store.stats().checkpoints().lost().getFirst();
                    assertEquals(3, lost.generation());
                    assertEquals(Arrays.stream(held).boxed().toList(), lost.sessions().orElseThrow().stream().map(SessionPoint::durableSerial).toList());
                }
            }
        };
        int head = bits(name, 0, 4096, step(127), refused);
        int pages = bits(name, 4096, sizeBytes(name), step(411), refused);
        int cuts = cuts(name, step(211), refused);
        System.out.println("snapshot: " + head + " bits of the head, " + pages + " of the rest, " + cuts + " cuts");
        SimulatedDisk without = disk.kill(1);
        without.delete(name);
        check("no snapshot", without, refused);
    }

    private int refusals;

    @Test
    void shouldRefuseALogThatIsCutOff() {
        String last = String.format("log/%012d", (logEnd - 1) >>> 14);
        int cuts = cuts(last, step(61), damaged -> {
            CorruptionFault refusal = assertThrows(CorruptionFault.class, () -> Store.open(config(damaged).build()));
            assertTrue(refusal.getMessage().contains("the log's files end at"), refusal::toString);
        });
        SimulatedDisk without = disk.kill(1);
        without.delete("log/000000000000");
        check("no first file", without, damaged -> {
            CorruptionFault refusal = assertThrows(CorruptionFault.class, () -> Store.open(config(damaged).build()));
            assertTrue(refusal.getMessage().startsWith("log/000000000000, offset 0: expected a file of at least 16384 bytes by MANIFEST-2"), refusal::toString);
        });
        System.out.println("log: " + cuts + " cuts");
    }

    /**
     * A life that went back writes where the checkpoint that it passed over had its records, if the file of those was cut off at the end of a page: whole
     * records of another life. The checkpoint must stay damaged, whether this life has committed anything or not.
     */
    @Test
    void shouldNotTakeTheRecordsOfALifeThatWentBackForThoseThatItPassedOver() throws Exception {
        String last = String.format("log/%012d", (logEnd - 1) >>> 14);
        long lastBytes = (logEnd - 1 & (1 << 14) - 1) + 1;
        SimulatedDisk damaged = cut(last, (lastBytes - 1) / 4096 * 4096);
        check("cut off at a page", damaged, torn -> {
            try (SimulatedDisk next = goneBack(torn)) {
                assertThrows(CorruptionFault.class, () -> Store.open(config(next).build()));
                try (Store store = Store.open(config(next).fallBack(true).build())) {
                    assertArrayEquals(old, ledger.serialsOf(store));
                    ledger.verify(store, old);
                }
                assertEquals(List.of("MANIFEST-1", "MANIFEST-3"), next.list().stream().filter(name -> name.startsWith("MANIFEST")).sorted().toList());
            }
        });
    }

    /** What a life leaves that went back, wrote more than what it passed over, and died before it committed anything. */
    private SimulatedDisk goneBack(SimulatedDisk torn) {
        Store store = Store.open(config(torn).fallBack(true).build());
        assertEquals(2, store.stats().checkpoints().lost().getFirst().generation());
        for (long key = 0; key < 2_000; key++) {
            store.put(1_000_000 + key, key);
        }
        SimulatedDisk left = torn.kill(5);
        store.abandon();
        return left;
    }
}
