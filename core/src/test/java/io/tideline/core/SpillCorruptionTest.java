package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.fault.CorruptionFault;
import io.tideline.hlog.HybridLog;
import io.tideline.hlog.RecordLayout;
import io.tideline.memory.Waits;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens to the log's files behind the back of an open store is found out, never believed. */
class SpillCorruptionTest {
    private static final int PAGE_BYTES = 4096;
    private static final int RECORD_BYTES = 32;
    private static final int FIRST = 64;
    private static final int FIRST_PAGE_RECORDS = (PAGE_BYTES - FIRST) / RECORD_BYTES;
    private static final int PAGE_RECORDS = PAGE_BYTES / RECORD_BYTES;

    @TempDir
    private Path parent;

    private StoreConfig config(String directory) {
        return StoreConfig.builder().memory(8 * PAGE_BYTES).pageSize(PAGE_BYTES).segmentSize(1 << 16).buckets(2048).hashSeed(7).ioThreads(1)
                .hugePages(false).directory(parent.resolve(directory)).build();
    }

    private Path segment(String directory) {
        return parent.resolve(directory).resolve("log/000000000000");
    }

    /** A store whose first pages are on the device and no longer in memory. */
    private Store load(String directory, int pagesOnDevice) {
        Store store = Store.open(config(directory));
        long key = 0;
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (store.stats().head() < (long) pagesOnDevice * PAGE_BYTES) {
            if (store.stats().tail() < (pagesOnDevice + 8L) * PAGE_BYTES) {
                store.put(key, value(key));
                key++;
            } else {
                assertTrue(System.nanoTime() < deadline, "the head does not move: " + store.stats());
                Waits.SYSTEM.pause(200);
            }
        }
        return store;
    }

    private static void awaitFlushed(Store store) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        for (int attempt = 0; store.stats().flushed() < store.stats().readOnly(); attempt++) {
            assertTrue(System.nanoTime() - deadline < 0, () -> "the flusher does not come to rest: " + store.stats());
            Waits.SYSTEM.pause(attempt);
        }
    }

    private static long value(long key) {
        return key * 0x9E37_79B9_7F4A_7C15L;
    }

    /** The key of the record at an offset of the first segment. */
    private static long keyAt(int offset) {
        int page = offset / PAGE_BYTES;
        return page == 0 ? (offset - FIRST) / RECORD_BYTES : FIRST_PAGE_RECORDS + (page - 1) * PAGE_RECORDS + (offset % PAGE_BYTES) / RECORD_BYTES;
    }

    private static MappedByteBuffer map(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return channel.map(FileChannel.MapMode.READ_WRITE, 0, channel.size());
        }
    }

    private static CorruptionFault assertRefused(Store store, long key, int offset) {
        CorruptionFault found = assertThrows(CorruptionFault.class, () -> store.get(key, -1), () -> "key " + key + " at offset " + offset);
        assertTrue(found.getMessage().contains("log/000000000000, offset " + (offset & -RECORD_BYTES) + ":"), found.getMessage());
        return found;
    }

    @Test
    void shouldFindEveryFlippedBit() throws Exception {
        int pages = Hammer.isDoorOfTests() ? 2 : 1;
        int bits = 0;
        try (Store store = load("store", pages)) {
            MappedByteBuffer bytes = map(segment("store"));
            for (int offset = FIRST; offset < pages * PAGE_BYTES; offset++) {
                byte right = bytes.get(offset);
                long key = keyAt(offset);
                for (int bit = 0; bit < 8; bit++) {
                    bytes.put(offset, (byte) (right ^ 1 << bit));
                    assertRefused(store, key, offset);
                    bits++;
                    if (bits % 1024 == 0) {
                        assertThrows(CorruptionFault.class, () -> store.forEach((shown, value) -> {
                            assertEquals(value(shown.getLong(0)), value.getLong(0));
                            return true;
                        }));
                    }
                }
                bytes.put(offset, right);
                if (offset % RECORD_BYTES == 0) {
                    assertEquals(value(key), store.get(key, -1));
                }
            }
            System.out.println(bits + " flipped bits found");
            for (long key = 0; key < keyAt(pages * PAGE_BYTES); key++) {
                assertEquals(value(key), store.get(key, -1));
            }
        }
    }

    @Test
    void shouldKnowTheBlocksOfAnotherStoreByTheirSalt() throws Exception {
        load("other", 4).close();
        try (Store store = load("store", 4)) {
            byte[] right = Files.readAllBytes(segment("store"));
            byte[] foreign = Files.readAllBytes(segment("other"));
            MappedByteBuffer bytes = map(segment("store"));
            bytes.put(0, foreign, 0, 4 * PAGE_BYTES);
            for (int offset = FIRST; offset < 4 * PAGE_BYTES; offset += RECORD_BYTES) {
                assertRefused(store, keyAt(offset), offset);
            }
            bytes.put(0, right, 0, 4 * PAGE_BYTES);
            assertEquals(value(3), store.get(3, -1));
        }
    }

    @Test
    void shouldKnowThatAPageStandsAtAnotherAddress() throws Exception {
        try (Store store = load("store", 4)) {
            MappedByteBuffer bytes = map(segment("store"));
            byte[] second = new byte[PAGE_BYTES];
            bytes.get(PAGE_BYTES, second);
            bytes.put(2 * PAGE_BYTES, second);
            for (int offset = 2 * PAGE_BYTES; offset < 3 * PAGE_BYTES; offset += RECORD_BYTES) {
                assertRefused(store, keyAt(offset), offset);
            }
            for (int offset = PAGE_BYTES; offset < 2 * PAGE_BYTES; offset += RECORD_BYTES) {
                assertEquals(value(keyAt(offset)), store.get(keyAt(offset), -1));
            }
        }
    }

    /** What stands in the log from one address to the next: a record under this key, or filler, whose key is null. */
    private record Place(byte[] key, byte[] value, long address, int sizeBytes) {
    }

    /**
     * Records of every form, page after page: lengths in a word of their own, padding, slack behind values that shrank, tombstones, and filler where
     * the next one did not fit its page.
     */
    private static List<Place> writeAllForms(Store store, int pages, int pageBytes) {
        SplittableRandom random = new SplittableRandom(5);
        List<Place> places = new ArrayList<>();
        HybridLog log = store.kernel().log;
        long end = FIRST;
        for (int i = 0; end < (long) pages * pageBytes; i++) {
            byte[] key = Bytes.random(random, i % 12 == 0 ? RecordLayout.MAX_SHORT_KEY_BYTES + 1 : i % 3 == 0 ? 8 : 9 + i % 30);
            byte[] value = Bytes.random(random, i % 4 == 0 ? 8 : random.nextInt(400));
            store.put(key, value);
            long tail = log.tail();
            LogPeek peek = LogPeek.at(store, key);
            if (peek.address > end) {
                places.add(new Place(null, null, end, (int) (peek.address - end)));
            }
            if (i % 5 == 4) {
                store.delete(key);
                value = null;
            } else if (i % 2 == 1 && value.length > 20) {
                value = Bytes.random(random, 10 + random.nextInt(value.length - 10));
                assertEquals(Status.UPDATED_IN_PLACE, store.put(key, value));
            }
            assertEquals(tail, log.tail(), "nothing of this moves a record");
            places.add(new Place(key, value, peek.address, (int) (tail - peek.address)));
            end = tail;
        }
        return places;
    }

    /** As many flips in each build as take a few seconds; all with {@code -Dtideline.every=true}. */
    @Test
    void shouldFindEveryFlippedBitOfEveryFormOfRecordAndOfFiller() throws Exception {
        int pageBytes = 8192;
        int step = Boolean.getBoolean("tideline.every") ? 1 : 5; // no divisor of 8: every bit of a byte has its turn
        int bits = 0;
        int fillers = 0;
        int longs = 0;
        try (Store store = Store.open(StoreConfig.builder().memory(8L * pageBytes).pageSize(pageBytes).segmentSize(1 << 16).buckets(2048).hashSeed(7)
                .mutableFraction(0.5).ioThreads(1).hugePages(false).directory(parent.resolve("forms")).build())) {
            List<Place> places = writeAllForms(store, 2, pageBytes);
            store.batch(batch -> store.kernel().log.shiftReadOnly(Long.MAX_VALUE));
            Eviction.below(store, 2L * pageBytes);
            assertTrue(places.stream().anyMatch(place -> place.key != null && place.key.length > RecordLayout.MAX_SHORT_KEY_BYTES), "no long lengths");
            MappedByteBuffer bytes = map(segment("forms"));
            for (long bit = FIRST * 8; bit < 2L * pageBytes * 8; bit += step) {
                int offset = (int) (bit / 8);
                Place hit = places.stream().filter(place -> place.address <= offset && offset < place.address + place.sizeBytes).findFirst().orElseThrow();
                byte right = bytes.get(offset);
                bytes.put(offset, (byte) (right ^ 1 << bit % 8));
                String replay = "bit " + bit + " of the record at " + hit.address;
                if (hit.key == null) {
                    CorruptionFault found = assertThrows(CorruptionFault.class, () -> store.forEach((key, value) -> true), replay);
                    assertTrue(found.getMessage().contains(", offset " + hit.address + ":"), found.getMessage());
                    fillers++;
                } else {
                    CorruptionFault found = assertThrows(CorruptionFault.class, () -> store.get(hit.key), replay);
                    assertTrue(found.getMessage().contains(", offset " + hit.address + ":"), found.getMessage());
                    longs += hit.key.length > RecordLayout.MAX_SHORT_KEY_BYTES ? 1 : 0;
                }
                bits++;
                bytes.put(offset, right);
                if (bits % 256 == 0) {
                    assertRight(store, places);
                }
            }
            assertRight(store, places);
            assertEquals(List.of(), StoreVerifier.verify(store));
        }
        System.out.println(bits + " flipped bits found, " + longs + " in records with long lengths, " + fillers + " in filler");
        assertTrue(fillers > 100 && longs > 10_000, fillers + " in filler, " + longs + " in records with long lengths");
    }

    private static void assertRight(Store store, List<Place> places) {
        for (Place place : places) {
            if (place.key != null) {
                assertArrayEquals(place.value, store.get(place.key), "the record at " + place.address);
            }
        }
    }

    /**
     * Single blocks as a disk may leave them that lost a write: zeros, what another store had there, what an earlier life of this store held at the
     * same place of a file. Whoever needs one is told so; whoever does not gets what is right.
     */
    @Test
    void shouldKnowEveryStaleBlock() throws Exception {
        int block = 512;
        int pages = 4;
        load("other", pages).close();
        byte[] other = Files.readAllBytes(segment("other"));
        try (Store store = load("store", pages)) {
            byte[] earlier = Files.readAllBytes(segment("store"));
            store.clear();
            long begin = store.stats().begin();
            for (long key = 0; store.stats().tail() < begin + (pages + 8L) * PAGE_BYTES; key++) {
                store.put(key, ~value(key));
            }
            Eviction.below(store, begin + (long) pages * PAGE_BYTES);
            long firstOffset = begin & (1 << 16) - 1;
            Path file = parent.resolve("store/log/%012d".formatted(begin >>> 16));
            MappedByteBuffer bytes = map(file);
            int refused = 0;
            for (int at = 0; at < pages * PAGE_BYTES; at += block) {
                for (byte[] stale : List.of(new byte[pages * PAGE_BYTES], other, earlier)) {
                    byte[] right = new byte[block];
                    bytes.get((int) firstOffset + at, right);
                    bytes.put((int) firstOffset + at, stale, at, block);
                    for (long key = 0; key < (long) pages * PAGE_RECORDS; key++) {
                        boolean isHit = key * RECORD_BYTES / block == at / block;
                        try {
                            assertEquals(~value(key), store.get(key, -1), "block at " + at + ", key " + key);
                            assertFalse(isHit, "block at " + at + ", key " + key);
                        } catch (CorruptionFault found) {
                            assertTrue(isHit, found.getMessage());
                            refused++;
                        }
                    }
                    bytes.put((int) firstOffset + at, right);
                }
            }
            assertEquals(3 * pages * PAGE_RECORDS, refused);
        }
    }

    /** Sixteen bytes of filler at the end of a page, damaged so that they claim lengths in a word behind the page: nobody looks there. */
    @Test
    void shouldNotLookBehindAPageWhoseEndIsDamaged() throws Exception {
        try (Store store = Store.open(config("store"))) {
            for (long key = 0; key < 13 * PAGE_BYTES / 48; key++) {
                store.put(Bytes.ofLong(key), new byte[24]);
            }
            assertTrue(store.stats().head() > 2 * PAGE_BYTES, store.stats().toString());
            MappedByteBuffer bytes = map(segment("store"));
            bytes.order(ByteOrder.LITTLE_ENDIAN);
            int end = 2 * PAGE_BYTES - 16;
            bytes.putLong(end, FIRST);
            bytes.putLong(end + 8, RecordLayout.immutable(RecordLayout.LENGTHS_MASK, 0));
            CorruptionFault found = assertThrows(CorruptionFault.class, () -> store.forEach((key, value) -> true));
            assertTrue(found.getMessage().contains("000000000000, offset " + end), found.getMessage());
        }
    }

    @Test
    void shouldRefuseASegmentThatWasCutOff() throws Exception {
        try (Store store = load("store", 4)) {
            awaitFlushed(store); // a later write would make the file long again
            try (FileChannel channel = FileChannel.open(segment("store"), StandardOpenOption.WRITE)) {
                channel.truncate(PAGE_BYTES);
            }
            assertEquals(value(1), store.get(1, -1));
            String message = assertThrows(io.tideline.fault.IoFault.class, () -> store.get(keyAt(2 * PAGE_BYTES), -1)).getMessage();
            assertTrue(message.contains("000000000000") && message.contains("ends"), message);
        }
    }
}
