package io.tideline.hlog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.fault.CorruptionFault;
import io.tideline.fault.FormatFault;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.device.FileDevice;
import io.tideline.hlog.device.StoreDirectory;
import io.tideline.hlog.format.SealedFile;
import io.tideline.hlog.format.SealedKind;
import io.tideline.hlog.format.SealedPayload;
import io.tideline.memory.Waits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** IDENTITY and CLEAN-CLOSE: what is read is what was written, or nothing. */
final class StoreFilesTest {
    private static final Identity IDENTITY = new Identity(0xCAFE_F00DL, 12, 1 << 16, -3, 1_790_000_000_000L);
    private static final CleanClose CLOSE = new CleanClose(64, 1 << 20, 3);

    @TempDir
    private Path directory;
    private FileDevice device;

    @BeforeEach
    void open() {
        device = new FileDevice(directory, 1);
    }

    @AfterEach
    void close() {
        device.close();
    }

    private Optional<CleanClose> readClose() {
        return CleanClose.read(device, Waits.SYSTEM, IDENTITY.storeId());
    }

    private Path identityFile() {
        return directory.resolve(StoreDirectory.IDENTITY);
    }

    private Path closeFile() {
        return directory.resolve(CleanClose.FILE);
    }

    // --- there and back ---

    @Test
    void shouldReadTheIdentityThatWasWritten() {
        IDENTITY.publish(device, Waits.SYSTEM);
        assertEquals(IDENTITY, Identity.read(device, Waits.SYSTEM));
        assertTrue(Identity.exists(device));
    }

    @Test
    void shouldWriteAnIdentityOnce() throws IOException {
        IDENTITY.publish(device, Waits.SYSTEM);
        byte[] before = Files.readAllBytes(identityFile());
        Identity other = new Identity(1, 13, 1 << 20, 0, 0);
        assertThrows(IllegalStateException.class, () -> other.publish(device, Waits.SYSTEM));
        assertEquals(-1, Arrays.mismatch(before, Files.readAllBytes(identityFile())));
    }

    @Test
    void shouldReadTheLastCloseUntilItIsRemoved() {
        assertEquals(Optional.empty(), readClose());
        CLOSE.publish(device, Waits.SYSTEM, IDENTITY.storeId());
        assertEquals(Optional.of(CLOSE), readClose());
        CleanClose later = new CleanClose(128, LogAddress.MASK + 1 - 16, 4);
        later.publish(device, Waits.SYSTEM, IDENTITY.storeId());
        assertEquals(Optional.of(later), readClose());
        CleanClose.remove(device);
        assertEquals(Optional.empty(), readClose());
        CleanClose.remove(device);
        assertEquals(List.of(), device.list());
    }

    @Test
    void shouldReadRandomValuesBack() {
        long seed = new SplittableRandom().nextLong();
        System.out.println("StoreFilesTest seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 40; i++) {
            int pageBits = random.nextInt(HybridLog.MIN_PAGE_BITS, HybridLog.MAX_PAGE_BITS + 1);
            Identity identity = new Identity(random.nextLong() | 1, pageBits, 1L << random.nextInt(pageBits, 41), random.nextLong(),
                    random.nextLong(253_402_300_800_000L));
            assertEquals(identity, decode(identityBytes(identity), Identity::decode, Identity.KIND), "seed " + seed);
            long begin = random.nextLong(4, 1L << 44) * 16;
            CleanClose close = new CleanClose(begin, begin + random.nextLong((1L << 44) - begin / 16) * 16, random.nextLong(1, Long.MAX_VALUE));
            assertEquals(close, decode(closeBytes(close), CleanClose::decode, CleanClose.KIND), "seed " + seed);
        }
    }

    private byte[] identityBytes(Identity identity) {
        try {
            Files.deleteIfExists(identityFile());
            identity.publish(device, Waits.SYSTEM);
            return Files.readAllBytes(identityFile());
        } catch (IOException failed) {
            throw new AssertionError(failed);
        }
    }

    private byte[] closeBytes(CleanClose close) {
        try {
            close.publish(device, Waits.SYSTEM, IDENTITY.storeId());
            return Files.readAllBytes(closeFile());
        } catch (IOException failed) {
            throw new AssertionError(failed);
        }
    }

    private static <T> T decode(byte[] file, Function<SealedPayload, T> decoder, SealedKind kind) {
        return SealedFile.decode("X", ByteBuffer.wrap(file), kind, decoder);
    }

    // --- damage ---

    /** Every bit of both files, decoded in memory. */
    @Test
    void shouldNeverBelieveAFlippedBit() {
        int bits = flipAll(identityBytes(IDENTITY), Identity::decode, Identity.KIND)
                + flipAll(closeBytes(CLOSE), payload -> CleanClose.decode(payload.ofStore(IDENTITY.storeId())), CleanClose.KIND);
        assertEquals(2 * 4096 * 8, bits);
    }

    private static int flipAll(byte[] file, Function<SealedPayload, ?> decoder, SealedKind kind) {
        int refused = 0;
        for (int bit = 0; bit < file.length * 8; bit++) {
            file[bit >> 3] ^= (byte) (1 << (bit & 7));
            refused += refuses(file, decoder, kind, "bit " + bit);
            file[bit >> 3] ^= (byte) (1 << (bit & 7));
        }
        decode(file, decoder, kind);
        return refused;
    }

    private static int refuses(byte[] file, Function<SealedPayload, ?> decoder, SealedKind kind, String damage) {
        StoreFault fault = assertThrows(StoreFault.class, () -> decode(file, decoder, kind), damage);
        assertTrue(fault instanceof CorruptionFault || fault instanceof FormatFault, damage + ": " + fault);
        assertTrue(fault.getMessage().startsWith("X "), fault.getMessage());
        return 1;
    }

    /** The bits that mean something, on the disk. */
    @Test
    void shouldNeverBelieveAFlippedBitOnTheDisk() throws IOException {
        byte[] identity = identityBytes(IDENTITY);
        byte[] close = closeBytes(CLOSE);
        for (int bit = 0; bit < 80 * 8; bit++) {
            Files.write(identityFile(), flipped(identity, bit));
            Files.write(closeFile(), flipped(close, bit));
            String at = "bit " + bit;
            assertThrows(StoreFault.class, () -> Identity.read(device, Waits.SYSTEM), at);
            assertThrows(StoreFault.class, this::readClose, at);
        }
    }

    private static byte[] flipped(byte[] file, int bit) {
        byte[] damaged = file.clone();
        damaged[bit >> 3] ^= (byte) (1 << (bit & 7));
        return damaged;
    }

    @Test
    void shouldNeverBelieveAnotherLength() throws IOException {
        byte[] identity = identityBytes(IDENTITY);
        byte[] close = closeBytes(CLOSE);
        for (int length = 0; length <= 4096 + 64; length++) {
            if (length != 4096) {
                refuses(Arrays.copyOf(identity, length), Identity::decode, Identity.KIND, "length " + length);
                refuses(Arrays.copyOf(close, length), CleanClose::decode, CleanClose.KIND, "length " + length);
            }
        }
        for (int length : new int[] {0, 1, 7, 8, 39, 40, 72, 511, 512, 4095, 4097, 8192}) {
            Files.write(identityFile(), Arrays.copyOf(identity, length));
            Files.write(closeFile(), Arrays.copyOf(close, length));
            assertThrows(CorruptionFault.class, () -> Identity.read(device, Waits.SYSTEM), "length " + length);
            assertThrows(CorruptionFault.class, this::readClose, "length " + length);
        }
    }

    /** Several bytes at once, and blocks of the one file in the other: never a value that was not written. */
    @Test
    void shouldNeverBelieveRandomDamage() {
        long seed = new SplittableRandom().nextLong();
        System.out.println("StoreFilesTest seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        byte[] identity = identityBytes(IDENTITY);
        byte[] close = closeBytes(CLOSE);
        for (int i = 0; i < 20_000; i++) {
            byte[] damaged = identity.clone();
            int from = random.nextInt(80);
            int length = random.nextInt(1, 80);
            for (int at = from; at < from + length; at++) {
                damaged[at] = random.nextInt(4) == 0 ? close[at] : (byte) random.nextInt();
            }
            if (!Arrays.equals(damaged, identity)) {
                refuses(damaged, Identity::decode, Identity.KIND, "seed " + seed + ", round " + i);
            }
        }
    }

    @Test
    void shouldTellTheTwoFilesApart() {
        refuses(closeBytes(CLOSE), Identity::decode, Identity.KIND, "a close for an identity");
        refuses(identityBytes(IDENTITY), CleanClose::decode, CleanClose.KIND, "an identity for a close");
    }

    @Test
    void shouldNotBelieveTheCloseOfAnotherStore() {
        CLOSE.publish(device, Waits.SYSTEM, 77);
        String message = assertThrows(CorruptionFault.class, this::readClose).getMessage();
        assertTrue(message.contains("offset 16: the store id is 0x4d, expected 0xcafef00d"), message);
    }

    // --- values that no program of ours writes, under a right checksum ---

    private String refusedIdentity(long storeId, long... words) {
        return refusedWords(Identity.KIND, StoreDirectory.IDENTITY, storeId, 0, () -> Identity.read(device, Waits.SYSTEM), words);
    }

    private String refusedClose(long sequence, long... words) {
        return refusedWords(CleanClose.KIND, CleanClose.FILE, IDENTITY.storeId(), sequence, this::readClose, words);
    }

    private String refusedWords(SealedKind kind, String name, long storeId, long sequence, Executable read,
            long... words) {
        ByteBuffer payload = ByteBuffer.allocate(words.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (long word : words) {
            payload.putLong(word);
        }
        SealedFile.publish(device, Waits.SYSTEM, name, kind, storeId, sequence, payload.array());
        return assertThrows(CorruptionFault.class, read).getMessage();
    }

    private static void assertNames(String message, String field) {
        assertTrue(message.contains(field), () -> message + " does not name " + field);
    }

    @Test
    void shouldRefuseIdentitiesOutOfRange() {
        assertNames(refusedIdentity(0, 12, 4096, 0, 0), "offset 16: the store id is 0, expected another number");
        for (long pageBits : new long[] {11, 26, -1, (1L << 32) + 12, Long.MIN_VALUE}) {
            assertNames(refusedIdentity(1, pageBits, 1L << 30, 0, 0), "offset 40: the page size's logarithm is " + pageBits + ", expected 12 to 25");
        }
        for (long segment : new long[] {0, -4096, 4096 + 16, 12288, 2048, Long.MIN_VALUE, 1L << 41}) {
            assertNames(refusedIdentity(1, 12, segment, 0, 0), "offset 48: the segment size is " + segment + ", expected a power of two from 4096 to ");
        }
        assertNames(refusedIdentity(1, 13, 4096, 0, 0), "offset 48: the segment size is 4096, expected a power of two from 8192");
        for (long created : new long[] {-1, 253_402_300_800_000L}) {
            assertNames(refusedIdentity(1, 12, 4096, 0, created), "offset 64: the time of creation is " + created);
        }
        assertNames(refusedIdentity(1, 12, 4096, 0), "the length is 24, expected room for the time of creation");
        assertNames(refusedIdentity(1, 12, 4096, 0, 0, 0), "the length is 40, expected 32");
    }

    @Test
    void shouldRefuseClosesOutOfRange() {
        assertNames(refusedClose(0, 64, 64), "offset 24: the sequence number is 0, expected at least 1");
        for (long begin : new long[] {0, 1, 48, -64, 1L << 48}) {
            assertNames(refusedClose(1, begin, 1 << 20), "offset 40: the begin address is " + begin);
        }
        assertNames(refusedClose(1, 72, 1 << 20), "offset 40: the begin address is 72, expected a multiple of 16");
        assertNames(refusedClose(1, 128, 112), "offset 48: the tail address is 112, expected 128 to ");
        assertNames(refusedClose(1, 64, 1000), "offset 48: the tail address is 1000, expected a multiple of 16");
        assertNames(refusedClose(1, 64, 1L << 48), "offset 48: the tail address is 281474976710656");
        assertNames(refusedClose(1, 64), "the length is 8, expected room for the tail address");
        assertNames(refusedClose(1, 64, 64, 64), "the length is 24, expected 16");
    }

    @Test
    void shouldRefuseToMakeValuesThatItWouldNotRead() {
        assertThrows(IllegalArgumentException.class, () -> new Identity(0, 12, 4096, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> new Identity(1, 11, 4096, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> new Identity(1, 26, 1L << 30, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> new Identity(1, 12, 12288, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> new Identity(1, 13, 4096, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> new Identity(1, 12, 4096, 0, -1));
        assertThrows(IllegalArgumentException.class, () -> new CleanClose(0, 64, 1));
        assertThrows(IllegalArgumentException.class, () -> new CleanClose(64, 48, 1));
        assertThrows(IllegalArgumentException.class, () -> new CleanClose(72, 80, 1));
        assertThrows(IllegalArgumentException.class, () -> new CleanClose(64, 1L << 48, 1));
        assertThrows(IllegalArgumentException.class, () -> new CleanClose(64, 64, 0));
        assertThrows(IllegalArgumentException.class, () -> new SealedKind(0, 1));
        assertThrows(IllegalArgumentException.class, () -> new SealedKind(1, 0));
    }
}
