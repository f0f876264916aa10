package io.tideline.hlog.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.fault.CorruptionFault;
import io.tideline.fault.FormatFault;
import io.tideline.fault.IoFault;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.device.BytesDevice;
import io.tideline.hlog.device.FileDevice;
import io.tideline.memory.TakenMemory;
import io.tideline.memory.Waits;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SealedFileTest {
    private static final SealedKind KIND = new SealedKind(7, 3);
    private static final boolean EVERY = Boolean.getBoolean("tideline.every");

    @TempDir
    private Path directory;
    private RecordingDevice device;

    @BeforeEach
    void open() {
        device = new RecordingDevice(new FileDevice(directory, 1), 1);
    }

    @AfterEach
    void close() {
        device.close();
    }

    /** What the tests put into a file: as many words as asked for. */
    private static byte[] words(int count) {
        ByteBuffer payload = ByteBuffer.allocate(count * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            payload.putLong(0x0101_0101_0101_0101L * (i % 100 + 1));
        }
        return payload.array();
    }

    private void publish(int words, long sequence) {
        SealedFile.publish(device, Waits.SYSTEM, "A", KIND, 11, sequence, words(words));
    }

    /** The sequence number of the file, whose words are checked. */
    private long read(int words) {
        return SealedFile.read(device, Waits.SYSTEM, "A", KIND, payload -> {
            ByteBuffer found = ByteBuffer.allocate(words * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i < words; i++) {
                found.putLong(payload.word("word " + i));
            }
            assertArrayEquals(words(words), found.array());
            assertEquals(11, payload.ofStore(11).storeId());
            assertEquals(3, payload.version());
            return payload.sequence(1);
        });
    }

    private Path file() {
        return directory.resolve("A");
    }

    private static byte[] sealed(SealedKind kind, long storeId, long sequence, byte[] payload) {
        byte[] file = new byte[SealLayout.fileBytes(payload.length)];
        SealCodec.encode(ByteBuffer.wrap(file), kind, storeId, sequence, payload);
        return file;
    }

    private static <T extends RuntimeException> String refused(Class<T> fault, byte[] file) {
        return assertThrows(fault, () -> SealedFile.decode("A", ByteBuffer.wrap(file), KIND, payload -> payload.word("the word"))).getMessage();
    }

    // --- what is written ---

    /** The bytes of docs/formats.md; a change here is a change of the format. */
    @Test
    void shouldLayBytesOutAsDocumented() {
        byte[] file = sealed(new SealedKind(7, 3), 0x1122334455667788L, 5, new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
        assertEquals(4096, file.length);
        assertEquals("544944454c494e45" + "07000000" + "03000000" + "8877665544332211" + "0500000000000000" + "08000000",
                HexFormat.of().formatHex(file, 0, 36));
        assertEquals("0102030405060708", HexFormat.of().formatHex(file, 40, 48));
        assertArrayEquals(new byte[4096 - 48], Arrays.copyOfRange(file, 48, 4096));
        int crc = bitwiseCrc32c(Arrays.copyOf(file, 36), Arrays.copyOfRange(file, 40, 48));
        assertEquals(crc, ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getInt(36));
    }

    /** CRC-32C by its definition: reflected polynomial 0x82F63B78. */
    private static int bitwiseCrc32c(byte[]... parts) {
        int crc = -1;
        for (byte[] part : parts) {
            for (byte b : part) {
                crc ^= b & 0xFF;
                for (int bit = 0; bit < 8; bit++) {
                    crc = (crc & 1) != 0 ? crc >>> 1 ^ 0x82F63B78 : crc >>> 1;
                }
            }
        }
        return ~crc;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 506, 507, 508, 1019, 100_000})
    void shouldReadWhatItWrote(int words) throws IOException {
        publish(words, 9);
        assertEquals(9, read(words));
        assertEquals((40 + 8L * words + 4095) / 4096 * 4096, Files.size(file()));
        assertEquals("[OWNER_READ, OWNER_WRITE]", new TreeSet<>(Files.getPosixFilePermissions(file())).toString());
    }

    @ParameterizedTest
    @ValueSource(ints = {512, 4096})
    void shouldTransferWholeBlocksWhereADeviceAsksForThem(int alignment) {
        device = new RecordingDevice(device, alignment);
        publish(507, 1);
        publish(508, 2);
        assertEquals(2, read(508));
    }

    @Test
    void shouldRefuseADeviceWithLargerBlocks() {
        RecordingDevice odd = new RecordingDevice(device, 8192);
        assertThrows(IllegalArgumentException.class, () -> SealedFile.publish(odd, Waits.SYSTEM, "A", KIND, 11, 1, words(1)));
        assertEquals(List.of(), odd.steps);
    }

    // --- in which order ---

    @Test
    void shouldWriteThenSyncThenRenameThenSyncTheDirectory() {
        List<String> expected = List.of("create A.tmp", "write A.tmp 0 4096", "sync A.tmp", "close A.tmp", "rename A.tmp A", "sync directory");
        publish(1, 1);
        assertEquals(expected, device.steps);
        device.steps.clear();
        publish(1, 2);
        assertEquals(expected, device.steps);
        assertEquals(List.of("A"), device.list());
    }

    @ParameterizedTest
    @ValueSource(strings = {"create A.tmp", "write A.tmp 0 4096", "sync A.tmp", "close A.tmp", "rename A.tmp A", "sync directory"})
    void shouldLeaveTheOldOrTheNewFileWhenAStepFails(String step) {
        publish(1, 1);
        device.steps.clear();
        device.failing = step;
        assertThrows(IoFault.class, () -> publish(1, 2));
        assertTrue(device.steps.indexOf("rename A.tmp A") < 0 || device.steps.contains("sync A.tmp"));
        boolean syncFailed = step.startsWith("sync A");
        assertTrue(!syncFailed || !device.steps.contains("rename A.tmp A"), "what is not synced must not be published");
        assertEquals(step.equals("sync directory") ? 2 : 1, read(1));

        device.failing = null;
        publish(1, 3);
        assertEquals(3, read(1));
        assertEquals(List.of("A"), device.list());
    }

    @Test
    void shouldRemoveWhatPublicationsLeftAndNothingElse() throws IOException {
        publish(1, 1);
        Files.writeString(directory.resolve("B.tmp"), "half");
        Files.createDirectory(directory.resolve("log"));
        Files.writeString(directory.resolve("log/C.tmp"), "half");
        Files.writeString(directory.resolve("log/0"), "whole");
        SealedFile.removeLeftovers(device);
        assertEquals(List.of("A", "log/0"), device.list());
    }

    @Test
    void shouldSyncTheDirectoryAlsoWhenTheFileIsGoneAlready() {
        publish(1, 1);
        device.steps.clear();
        SealedFile.remove(device, "A");
        SealedFile.remove(device, "A");
        assertEquals(List.of("delete A", "sync directory", "sync directory"), device.steps);
    }

    // --- what is refused ---

    @Test
    void shouldRefuseANewerVersionByName() {
        String message = refused(FormatFault.class, sealed(new SealedKind(7, 4), 11, 1, words(1)));
        assertEquals("A was written by a newer version of Tideline, in format 4; this one knows up to 3. Open it with that version", message);
    }

    @Test
    void shouldRefuseForeignFilesOfEverySize() throws IOException {
        for (String text : List.of("#!/bin/sh", "tideline".repeat(1000), "TIDELINf" + "\0".repeat(4088))) {
            Files.writeString(file(), text);
            String message = assertThrows(FormatFault.class, () -> read(1)).getMessage();
            assertTrue(message.startsWith(file() + " was not written by Tideline: it begins with 0x"), message);
        }
    }

    @Test
    void shouldRefuseAnotherKindOfFile() {
        assertEquals("A is damaged at offset 8: the kind of file is 6, expected 7; nothing of it was used",
                refused(CorruptionFault.class, sealed(new SealedKind(6, 3), 11, 1, words(1))));
    }

    @Test
    void shouldRefuseTheFileOfAnotherStore() {
        byte[] file = sealed(KIND, 0xABCL, 1, words(0));
        assertEquals("A is damaged at offset 16: the store id is 0xabc, expected 0xb; nothing of it was used", assertThrows(CorruptionFault.class,
                () -> SealedFile.decode("A", ByteBuffer.wrap(file), KIND, payload -> payload.ofStore(11).version())).getMessage());
    }

    @Test
    void shouldRefuseAPayloadThatIsTooShortOrTooLong() {
        assertTrue(refused(CorruptionFault.class, sealed(KIND, 11, 1, words(0))).contains("offset 32: the length is 0, expected room for the word"));
        assertTrue(refused(CorruptionFault.class, sealed(KIND, 11, 1, words(2))).contains("offset 32: the length is 16, expected 8"));
    }

    @Test
    void shouldRefuseAVersionOfZeroWithARightChecksum() {
        byte[] file = sealed(KIND, 11, 1, words(1));
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putInt(SealLayout.VERSION_OFFSET, 0);
        bytes.putInt(SealLayout.CRC_OFFSET, bitwiseCrc32c(Arrays.copyOf(file, 36), words(1)));
        assertTrue(refused(CorruptionFault.class, file).contains("offset 12: the format version is 0, expected 1 to 3"));
    }

    /** A length or a size out of a damaged file must not decide how much memory is taken. */
    @ParameterizedTest
    @ValueSource(ints = {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, 1 << 30, (1 << 30) + 1})
    void shouldTakeNoMemoryForALengthThatIsNotTrue(int length) throws IOException {
        publish(1, 1);
        byte[] file = Files.readAllBytes(file());
        ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putInt(SealLayout.LENGTH_OFFSET, length);
        Files.write(file(), file);
        assertThrows(CorruptionFault.class, () -> read(1));
    }

    /** A sparse file of 4 TiB: reading it would take days and a region of that size is refused by the system. */
    @Test
    void shouldTakeNoMemoryForASizeThatIsNotTrue() throws IOException {
        publish(1, 1);
        try (RandomAccessFile longer = new RandomAccessFile(file().toFile(), "rw")) {
            longer.setLength(4L << 40);
        }
        String message = assertThrows(CorruptionFault.class, () -> read(1)).getMessage();
        assertTrue(message.contains("at offset 4096: the size is 4398046511104, expected 4096"), message);
    }

    @Test
    void shouldRefuseEveryLengthButItsOwn() throws IOException {
        publish(600, 1);
        byte[] whole = Files.readAllBytes(file());
        for (int length = 0; length <= whole.length + 4096; length += length < 64 || length % 4096 > 4090 || length % 4096 < 5 ? 1 : 43) {
            Files.write(file(), Arrays.copyOf(whole, length));
            if (length == whole.length) {
                assertEquals(1, read(600));
            } else {
                int at = length;
                String message = assertThrows(CorruptionFault.class, () -> read(600), () -> "cut to " + at).getMessage();
                assertTrue(message.startsWith(file() + " is damaged at offset ") && message.contains("the size is " + length + ", expected "), message);
            }
        }
    }

    @Test
    void shouldRefuseASingleFlippedBitAnywhereInALargerFile() {
        byte[] file = sealed(KIND, 11, 1, words(600));
        for (int bit = 0; bit < file.length * 8; bit++) {
            file[bit >> 3] ^= (byte) (1 << (bit & 7));
            int flipped = bit;
            RuntimeException fault = assertThrows(RuntimeException.class, () -> SealedFile.decode("A", ByteBuffer.wrap(file), KIND, payload -> {
                throw new AssertionError("bit " + flipped + " was believed");
            }));
            assertTrue(fault instanceof CorruptionFault || fault instanceof FormatFault && bit < 64, fault.toString());
            file[bit >> 3] ^= (byte) (1 << (bit & 7));
        }
    }

    // --- what that takes ---

    /** Reads it from a device, with no more memory than the promise has for it, and believes nothing. */
    private static void requireRefused(BytesDevice memory, byte[] file, int sizeBytes, String what) {
        StoreFault fault = assertThrows(StoreFault.class, () -> TakenMemory.requireForFile(sizeBytes,
                () -> SealedFile.readOurs(memory.holding(file, sizeBytes), Waits.SYSTEM, "A", KIND, payload -> {
                    throw new AssertionError(what + " was believed");
                })), what);
        assertTrue(fault instanceof CorruptionFault, () -> what + ": " + fault);
    }

    private static void requireRead(BytesDevice memory, byte[] file, int words) {
        TakenMemory.requireForFile(file.length, () -> SealedFile.read(memory.holding(file, file.length), Waits.SYSTEM, "A", KIND, payload -> {
            for (int i = 0; i < words; i++) {
                payload.word("a word");
            }
            return null;
        }));
    }

    @Test
    void shouldTakeNoMoreMemoryThanTheFileWhateverItIs() {
        BytesDevice memory = new BytesDevice("A");
        for (int words : new int[] {1, 600}) {
            byte[] file = sealed(KIND, 11, 1, words(words));
            for (int bit = 0; bit < file.length * 8; bit += EVERY || words == 1 || bit / 8 < SealLayout.HEADER_BYTES ? 1 : 11) {
                file[bit >> 3] ^= (byte) (1 << (bit & 7));
                requireRefused(memory, file, file.length, "bit " + bit);
                file[bit >> 3] ^= (byte) (1 << (bit & 7));
            }
            byte[] longer = Arrays.copyOf(file, file.length + 2 * SealLayout.BLOCK_BYTES);
            for (int length = 0; length <= longer.length; length++) {
                if (length != file.length) {
                    requireRefused(memory, longer, length, "cut to " + length);
                }
            }
            requireRead(memory, file, words);
        }
        requireRead(memory, sealed(KIND, 11, 1, words(1_000_000)), 1_000_000);
    }

    /** The checksum covers what the length says, as far as the file has it. */
    @Test
    void shouldTakeNoMemoryForALengthThatIsSealedAndNotTrue() {
        BytesDevice memory = new BytesDevice("A");
        for (int length : new int[] {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, 1 << 30, (1 << 30) + 1, 1 << 20, 4096 - 40 + 1, 4096}) {
            byte[] file = sealed(KIND, 11, 1, words(1));
            ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putInt(SealLayout.LENGTH_OFFSET, length)
                    .putInt(SealLayout.CRC_OFFSET, bitwiseCrc32c(Arrays.copyOf(file, 32), lengthBytes(length), Arrays.copyOfRange(file, 40, 4096)));
            requireRefused(memory, file, file.length, "a length of " + length);
        }
    }

    private static byte[] lengthBytes(int length) {
        return ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(length).array();
    }
}
