package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.fault.CorruptionFault;
import io.tideline.memory.Waits;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
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

    /** A damaged last record whose lengths claim a word behind the page: nothing behind the page is looked at. */
    @Test
    void shouldNotLookBehindAPageWhoseLastRecordIsDamaged() throws Exception {
        try (Store store = load("store", 2)) {
            MappedByteBuffer bytes = map(segment("store"));
            byte[] noise = new byte[16];
            for (int seed = 1; seed <= 256; seed++) {
                new java.util.SplittableRandom(seed).nextBytes(noise);
                noise[8 + 4] |= (byte) 0xC0; // immutable or not, and all lengths long
                bytes.put(PAGE_BYTES - RECORD_BYTES, noise);
                bytes.put(PAGE_BYTES - RECORD_BYTES + 16, noise);
                int at = seed;
                CorruptionFault found = assertThrows(CorruptionFault.class, () -> store.get(keyAt(PAGE_BYTES - RECORD_BYTES), -1), () -> "seed " + at);
                assertTrue(found.getMessage().contains("000000000000"), found.getMessage());
            }
        }
    }

    @Test
    void shouldRefuseASegmentThatWasCutOff() throws Exception {
        try (Store store = load("store", 4)) {
            try (FileChannel channel = FileChannel.open(segment("store"), StandardOpenOption.WRITE)) {
                channel.truncate(PAGE_BYTES);
            }
            assertEquals(value(1), store.get(1, -1));
            String message = assertThrows(io.tideline.fault.IoFault.class, () -> store.get(keyAt(2 * PAGE_BYTES), -1)).getMessage();
            assertTrue(message.contains("000000000000") && message.contains("ends"), message);
        }
    }
}
