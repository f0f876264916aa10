package io.tideline.index;

import static io.tideline.index.Table.hash;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.epoch.Epoch;
import io.tideline.fault.CorruptionFault;
import io.tideline.fault.FormatFault;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.LogAddress;
import io.tideline.hlog.device.BytesDevice;
import io.tideline.hlog.device.FileDevice;
import io.tideline.hlog.format.BlockLayout;
import io.tideline.memory.Checksum;
import io.tideline.memory.TakenMemory;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever the file is, the index holds what was written or nothing, and reading it takes no more memory than the file is long, and 1 MiB.
 * {@code -Dtideline.every=true} takes every bit also of the buckets.
 */
class IndexImageDamageTest {
    private static final long STORE = 11;
    private static final int BLOCK = 4096;
    private static final int HOMES = 64;
    private static final int CAPACITY = 300;
    private static final long LIMIT = 1L << 47;
    private static final boolean EVERY = Boolean.getBoolean("tideline.every");

    @TempDir
    private Path directory;
    private final Epoch epoch = new Epoch(Waits.SYSTEM);
    private FileDevice device;
    private HashIndex into;
    private Path file;
    private BytesDevice memory;

    @BeforeEach
    void open() {
        device = new FileDevice(directory, 2);
        into = new HashIndex(epoch, HOMES, CAPACITY, false);
        file = directory.resolve("A");
        memory = new BytesDevice(file.toString());
    }

    @AfterEach
    void close() {
        into.close();
        device.close();
    }

    /** The bytes of an image of four blocks: 64 home buckets, and overflow buckets 1 to 159 behind home bucket 0. */
    private byte[] image(long store, long sequence, long firstAddress) throws IOException {
        try (HashIndex index = new HashIndex(epoch, HOMES, CAPACITY, false)) {
            for (long tag = 0; tag < 7 * 160; tag++) {
                Table.put(index, hash(tag, 0), firstAddress + tag * 64);
            }
            Files.deleteIfExists(file);
            IndexImage image = IndexImage.write(index, device, Waits.SYSTEM, "A", store, sequence, false, bytes -> { }, BLOCK);
            assertEquals(159, image.overflowBuckets());
            return Files.readAllBytes(file);
        }
    }

    private byte[] image() throws IOException {
        return image(STORE, 5, 64);
    }

    /** Reads an image into the index, which is emptied before, with no more memory than the promise has for it. */
    private void read(byte[] bytes) {
        read(bytes, bytes.length);
    }

    private void read(byte[] bytes, int sizeBytes) {
        TakenMemory.requireForFile(sizeBytes, () -> {
            into.clear();
            IndexImage.read(memory.holding(bytes, sizeBytes), Waits.SYSTEM, "A", STORE, 5, into, LIMIT, done -> { });
        });
    }

    /** The fault that reading these bytes ends in; and then there is nothing in the index. */
    private <T extends StoreFault> String refused(Class<T> fault, byte[] bytes, int sizeBytes, String what) {
        String message = assertThrows(fault, () -> read(bytes, sizeBytes), what).getMessage();
        assertEquals(0, into.overflow().handedOut(), what);
        into.forEachBucket((_, bucket) -> {
            for (int at = 0; at < BucketLayout.SIZE_BYTES; at += Long.BYTES) {
                assertEquals(0, Words.get(bucket + at), what);
            }
        });
        return message;
    }

    private <T extends StoreFault> String refused(Class<T> fault, byte[] bytes, String what) {
        return refused(fault, bytes, bytes.length, what);
    }

    private String damaged(byte[] bytes, int sizeBytes, String what) {
        String message = refused(CorruptionFault.class, bytes, sizeBytes, what);
        assertTrue(message.startsWith(file + " is damaged at offset ") && message.contains(", expected "), message);
        return message;
    }

    private String damaged(byte[] bytes, String what) {
        return damaged(bytes, bytes.length, what);
    }

    /** That the image is refused also where it is only checked, and takes no more memory then. */
    private void requireChecked(byte[] bytes, int sizeBytes, String what) {
        assertThrows(CorruptionFault.class, () -> TakenMemory.requireForFile(sizeBytes,
                () -> IndexImage.check(memory.holding(bytes, sizeBytes), Waits.SYSTEM, "A", STORE, 5, HOMES, LIMIT, done -> { })), what);
    }

    // --- accidents ---

    @Test
    void shouldRefuseASingleFlippedBit() throws IOException {
        byte[] bytes = image();
        read(bytes);
        for (int bit = 0; bit < bytes.length * 8; bit += EVERY || bit / 8 < BLOCK || bit / 8 % BLOCK < ImageLayout.HEADER_BYTES ? 1 : 43) {
            bytes[bit >> 3] ^= (byte) (1 << (bit & 7));
            damaged(bytes, "bit " + bit);
            requireChecked(bytes, bytes.length, "bit " + bit);
            bytes[bit >> 3] ^= (byte) (1 << (bit & 7));
        }
        Table.assertEmpty(into, "in the end");
        read(bytes);
    }

    /** Of 66 blocks four are read at once: whichever of them it is. */
    @Test
    void shouldNameTheBlockOfSeveralThatAreReadAtOnce() throws IOException {
        try (HashIndex index = new HashIndex(epoch, 1 << 12, 4, false); HashIndex restored = new HashIndex(epoch, 1 << 12, 4, false)) {
            for (long bucket = 0; bucket < 1 << 12; bucket++) {
                Table.put(index, hash(3, bucket), 64 + bucket * 64);
            }
            IndexImage.write(index, device, Waits.SYSTEM, "A", STORE, 5, false, bytes -> { }, BLOCK);
            byte[] bytes = Files.readAllBytes(file);
            for (int block : new int[] {1, 2, 3, 4, 5, 31, 64, 65, 66}) {
                byte[] flipped = bytes.clone();
                flipped[block * BLOCK + 100] ^= 1;
                Files.write(file, flipped);
                String message = assertThrows(CorruptionFault.class,
                        () -> IndexImage.read(device, Waits.SYSTEM, "A", STORE, 5, restored, LIMIT, done -> { })).getMessage();
                assertTrue(message.startsWith(file + " is damaged at offset " + (block * BLOCK + BlockLayout.CRC_OFFSET) + ": the checksum"), message);
                Table.assertEmpty(restored, "block " + block);
            }
            Files.write(file, bytes);
            IndexImage.read(device, Waits.SYSTEM, "A", STORE, 5, restored, LIMIT, done -> { });
            assertEquals(Table.entries(index, "written"), Table.entries(restored, "read"));
        }
    }

    @Test
    void shouldRefuseEveryLengthButItsOwn() throws IOException {
        byte[] bytes = image();
        byte[] longer = Arrays.copyOf(bytes, bytes.length + 2 * BLOCK);
        for (int length = 0; length <= longer.length; length++) {
            if (length != bytes.length) {
                damaged(longer, length, "cut to " + length);
                requireChecked(longer, length, "cut to " + length);
            }
        }
        read(bytes);
    }

    @Test
    void shouldRefuseBlocksThatChangedPlaces() throws IOException {
        byte[] bytes = image();
        for (int first = 1; first <= 3; first++) {
            for (int second = 1; second <= 3; second++) {
                if (first != second) {
                    byte[] swapped = bytes.clone();
                    System.arraycopy(bytes, first * BLOCK, swapped, second * BLOCK, BLOCK);
                    String message = damaged(swapped, "block " + first + " in the place of " + second);
                    assertTrue(message.contains("the block number is " + first + ", expected " + second), message);
                    System.arraycopy(bytes, second * BLOCK, swapped, first * BLOCK, BLOCK);
                    damaged(swapped, "blocks " + first + " and " + second + " swapped");
                }
            }
        }
    }

    @Test
    void shouldRefuseBlocksOfAnotherImageAndOfAnotherStore() throws IOException {
        byte[] bytes = image();
        byte[] older = image(STORE, 4, 640);
        byte[] foreign = image(STORE + 1, 5, 64);
        for (int block = 0; block <= 3; block++) {
            byte[] mixed = bytes.clone();
            System.arraycopy(older, block * BLOCK, mixed, block * BLOCK, BLOCK);
            String message = damaged(mixed, "an older block " + block);
            assertTrue(message.contains("the sequence number is 4, expected 5"), message);
            System.arraycopy(foreign, block * BLOCK, mixed, block * BLOCK, BLOCK);
            message = damaged(mixed, "a foreign block " + block);
            assertTrue(message.contains("the store id is 0xc, expected 0xb"), message);
        }
        damaged(older, "an older image");
        damaged(foreign, "another store's image");
        damaged("#!/bin/sh\n".repeat(1000).getBytes(), "another file");
        damaged(new byte[bytes.length], "zeros: an image whose head was not written");
    }

    /** A block that is right but for its salt: another store's with our id in it, another place's with this number. */
    @Test
    void shouldRefuseABlockWhoseSaltIsNotOurs() throws IOException {
        byte[] forged = image(STORE + 1, 5, 64);
        for (int block = 0; block <= 3; block++) {
            ByteBuffer.wrap(forged).order(ByteOrder.LITTLE_ENDIAN).putLong(block * BLOCK + BlockLayout.STORE_ID_OFFSET, STORE);
        }
        assertTrue(damaged(forged, "another store's").contains("offset 12: the checksum"));
        byte[] bytes = image();
        System.arraycopy(bytes, BLOCK, bytes, 2 * BLOCK, BLOCK);
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(2 * BLOCK + BlockLayout.NUMBER_OFFSET, 2);
        assertTrue(damaged(bytes, "another place's").contains("offset " + (2 * BLOCK + 12) + ": the checksum"));
    }

    // --- malice: every checksum is right ---

    /** The image with a change to one block, sealed anew. */
    private byte[] crafted(int number, Consumer<ByteBuffer> change) throws IOException {
        return crafted(image(), number, change);
    }

    private static byte[] crafted(byte[] image, int number, Consumer<ByteBuffer> change) {
        byte[] bytes = image.clone();
        ByteBuffer block = ByteBuffer.wrap(bytes, number * BLOCK, BLOCK).slice().order(ByteOrder.LITTLE_ENDIAN);
        change.accept(block);
        seal(block, number);
        return bytes;
    }

    private static void seal(ByteBuffer block, int number) {
        int version = block.getInt(BlockLayout.VERSION_OFFSET);
        block.putInt(BlockLayout.CRC_OFFSET, new Checksum(STORE).of((long) number * BLOCK, block.getLong(0), version, block.slice(16, BLOCK - 16)));
    }

    /** Where a bucket, counted through from the first home bucket, stands in its block, which is number / 63 + 1. */
    private static int at(int bucket) {
        return 64 + bucket % 63 * 64;
    }

    private static int overflow(int number) {
        return HOMES + number - 1;
    }

    private byte[] withWord(int bucket, int offset, long word) throws IOException {
        return crafted(bucket / 63 + 1, block -> block.putLong(at(bucket) + offset, word));
    }

    private byte[] withLink(int bucket, long link) throws IOException {
        return withWord(bucket, BucketLayout.OVERFLOW_OFFSET, link);
    }

    @Test
    void shouldReadWhatIsSealedAnewUnchanged() throws IOException {
        for (int block = 0; block <= 3; block++) {
            read(crafted(block, unchanged -> { }));
            assertEquals(7 * 160, Table.entries(into, "block " + block).size());
            into.clear();
        }
    }

    @Test
    void shouldRefuseLinksThatLeadBackOrTwiceToABucket() throws IOException {
        damaged(withLink(overflow(159), 1), "a circle of all");
        damaged(withLink(overflow(159), 159), "a bucket behind itself");
        damaged(withLink(overflow(10), 5), "a circle in the middle");
        damaged(withLink(overflow(1), 1), "the first one behind itself");
        String message = damaged(withLink(5, 1), "a second home bucket");
        assertTrue(message.contains("the overflow word is the number 1, expected another one"), message);
        damaged(withLink(63, 159), "a second home bucket, in another block");
    }

    @ParameterizedTest
    @ValueSource(longs = {160, 161, 299, 300, 301, BucketLayout.ADDRESS_MASK, 1L << 48, 1L << 63, -1, Long.MAX_VALUE})
    void shouldRefuseLinksThatLeadNowhere(long link) throws IOException {
        damaged(withLink(overflow(159), link), "link " + link);
        damaged(withLink(7, link), "link " + link + " of a home bucket");
    }

    @ParameterizedTest
    @ValueSource(longs = {2, 16, 63, 65, 72, LIMIT, LIMIT + 16, LogAddress.MASK, 3L << 48, 1L << 62, 1L << 62 | 64, 1L << 63, 1L << 63 | 1, -1})
    void shouldRefuseEntriesThatLeadNowhere(long entry) throws IOException {
        damaged(withWord(9, 16, entry), "entry " + entry);
        damaged(withWord(overflow(100), 48, entry), "entry " + entry + " of an overflow bucket");
    }

    /** Nothing leads into it, so it is neither found nor handed out. */
    @Test
    void shouldLeaveACircleAloneThatNothingLeadsInto() throws IOException {
        byte[] bytes = withLink(overflow(100), 0); // 101 to 159 hang on nothing now
        ByteBuffer block = ByteBuffer.wrap(bytes, 4 * BLOCK - BLOCK, BLOCK).slice().order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(3, overflow(101) / 63 + 1);
        block.putLong(at(overflow(110)) + BucketLayout.OVERFLOW_OFFSET, 101);
        seal(block, 3);
        read(bytes);
        assertEquals(7 * 101, Table.entries(into, "a circle").size());
        Set<Long> taken = new HashSet<>();
        for (long number = into.overflow().take(); number != OverflowPool.EXHAUSTED; number = into.overflow().take()) {
            assertTrue(number > 110 && taken.add(number), "bucket " + number);
        }
        assertEquals(CAPACITY - 110, taken.size());
    }

    @Test
    void shouldGiveBackWholeChainsThatNothingLeadsTo() throws IOException {
        read(withLink(overflow(100), 0));
        Map<Long, Long> kept = Table.entries(into, "cut");
        assertEquals(7 * 101, kept.size());
        assertEquals(100, into.overflowBuckets());
        Set<Long> taken = new HashSet<>();
        for (int i = 0; i < CAPACITY - 100; i++) {
            long number = into.overflow().take();
            assertTrue(number > 100 && taken.add(number), "bucket " + number);
            for (int at = 0; at < 64; at += 8) {
                assertEquals(0, Words.get(into.overflow().address(number) + at));
            }
        }
        assertEquals(OverflowPool.EXHAUSTED, into.overflow().take());
        assertEquals(kept, Table.entries(into, "all taken"));
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 58, 1L << 40, 0, 158, 160, 300})
    void shouldTakeNoMemoryForNumbersThatAreNotTrue(long overflowBuckets) throws IOException {
        damaged(crafted(0, head -> head.putLong(ImageLayout.OVERFLOW_OFFSET, overflowBuckets)), overflowBuckets + " overflow buckets");
    }

    /** Numbers that a head can have, whatever they say, and blocks that are longer than the file. */
    @Test
    void shouldTakeNoMemoryForAnyWordOfAHeader() throws IOException {
        long[] words = {0, 1, 62, 64, 4096, 1 << 20, 1 << 24, Integer.MAX_VALUE, 1L << 31, 1L << 32, 1L << 46, 1L << 48, Long.MAX_VALUE, Long.MIN_VALUE, -1};
        byte[] image = image();
        for (int number : new int[] {0, 2, 4}) {
            for (int at = BlockLayout.STORE_ID_OFFSET; at < ImageLayout.HEADER_BYTES; at += Integer.BYTES) {
                for (long word : words) {
                    int offset = at;
                    byte[] bytes = crafted(image, number, block -> put(block, offset, word));
                    if (!Arrays.equals(image, bytes)) {
                        String what = "block " + number + ", " + word + " at " + at;
                        StoreFault fault = assertThrows(StoreFault.class, () -> read(bytes), what);
                        assertTrue(fault instanceof CorruptionFault || number == 0 && at < ImageLayout.OVERFLOW_OFFSET && fault instanceof FormatFault, what + ": " + fault);
                        Table.assertEmpty(into, what);
                    }
                }
            }
        }
    }

    private static void put(ByteBuffer block, int offset, long word) {
        if (offset % Long.BYTES == 0) {
            block.putLong(offset, word);
        } else {
            block.putInt(offset, (int) word);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {BLOCK, 1 << 14, 1 << 17, IndexImage.BLOCK_BYTES, ImageLayout.MAX_BLOCK_BYTES})
    void shouldTakeNoMoreMemoryForLongBlocksThanTheFileHas(int blockBytes) throws IOException {
        for (int homes = 1; homes <= 1 << 17; homes <<= homes < 1 << 12 ? 2 : 5) {
            try (HashIndex index = new HashIndex(epoch, homes, CAPACITY, false); HashIndex restored = new HashIndex(epoch, homes, CAPACITY, false)) {
                for (long tag = 0; tag < 100; tag++) {
                    Table.put(index, hash(tag, tag % homes), 64 + tag * 64);
                }
                Files.deleteIfExists(file);
                IndexImage.write(index, device, Waits.SYSTEM, "A", STORE, 5, false, bytes -> { }, blockBytes);
                byte[] bytes = Files.readAllBytes(file);
                TakenMemory taken = TakenMemory.fromNow();
                IndexImage.read(memory.holding(bytes, bytes.length), Waits.SYSTEM, "A", STORE, 5, restored, LIMIT, done -> { });
                assertTrue(taken.regionBytes() <= bytes.length, () -> taken.regionBytes() + " bytes to read a file of " + bytes.length);
                assertEquals(Table.entries(index, "written"), Table.entries(restored, "read"));
            }
        }
    }

    @Test
    void shouldTakeNoMemoryForASizeThatIsNotTrue() throws IOException {
        Files.write(file, crafted(0, head -> head.putLong(ImageLayout.OVERFLOW_OFFSET, 1L << 34)));
        try (RandomAccessFile longer = new RandomAccessFile(file.toFile(), "rw")) {
            longer.setLength(ImageLayout.fileBytes((1L << 34) + HOMES, BLOCK));
        }
        String message = assertInstanceOf(StoreFault.class, assertThrows(RuntimeException.class,
                () -> IndexImage.read(device, Waits.SYSTEM, "A", STORE, 5, into, LIMIT, done -> { }))).getMessage();
        assertTrue(message.contains("room for 300"), message);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 1, 64, 2048, 4095, 12288, 8192, 1 << 20, 1 << 21, Integer.MIN_VALUE, Integer.MAX_VALUE})
    void shouldRefuseBlocksOfAnotherLength(int blockBytes) throws IOException {
        damaged(crafted(0, head -> head.putInt(ImageLayout.LENGTH_OFFSET, blockBytes)), "blocks of " + blockBytes);
        damaged(crafted(2, block -> block.putInt(ImageLayout.LENGTH_OFFSET, blockBytes)), "one block of " + blockBytes);
    }

    @Test
    void shouldRefuseAFormatThatItDoesNotKnow() throws IOException {
        for (int number = 0; number <= 3; number++) {
            byte[] newer = crafted(number, block -> block.putInt(BlockLayout.VERSION_OFFSET, 2));
            assertEquals(file + " was written by a newer version of Tideline, in format 2; this one knows up to 1. Open it with that version",
                    refused(FormatFault.class, newer, "newer"));
            damaged(crafted(number, block -> block.putInt(BlockLayout.VERSION_OFFSET, 0)), "version 0");
        }
    }

    @Test
    void shouldRefuseHeadersThatDoNotAgree() throws IOException {
        refused(FormatFault.class, crafted(0, head -> head.putLong(ImageLayout.HOME_OFFSET, 128)), "128 home buckets");
        damaged(crafted(2, block -> block.putLong(ImageLayout.HOME_OFFSET, 128)), "128 home buckets in a block");
        damaged(crafted(2, block -> block.putLong(ImageLayout.OVERFLOW_OFFSET, 159)), "overflow buckets in a block");
        damaged(crafted(2, block -> block.putInt(ImageLayout.BUCKETS_OFFSET, 62)), "one less");
        damaged(crafted(0, head -> head.putInt(ImageLayout.BUCKETS_OFFSET, 1)), "a bucket in the head");
        damaged(crafted(0, head -> head.putLong(800, 1)), "something behind the head");
    }

    @Test
    void shouldRefuseWhatStandsBehindTheLastBucket() throws IOException {
        SplittableRandom random = new SplittableRandom(7);
        byte[] whole = image();
        int used = 64 + (HOMES + 159 - 3 * 63) * 64;
        assertEquals(4 * BLOCK, whole.length - BLOCK, "four blocks and a head");
        for (int i = 0; i < 20; i++) {
            int at = used + random.nextInt((BLOCK - used) / 8) * 8;
            damaged(crafted(4, block -> block.putLong(at, 1L << random.nextInt(64))), "word at " + at);
        }
    }
}
