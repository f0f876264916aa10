package io.tideline.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.fault.CorruptionFault;
import io.tideline.fault.FormatFault;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.device.BytesDevice;
import io.tideline.memory.TakenMemory;
import io.tideline.memory.Waits;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** A manifest as a device has it: whole or refused, and no more memory is taken for it than the file is long, and 1 MiB. */
final class ManifestFilesTest {
    private static final int MEBIBYTE = 1 << 20;
    /** Until it is compiled, the code leaves objects behind that it does not make later. */
    private static final int MOST_READINGS = 8;
    private static final Manifest SAMPLE = Manifests.sample(7);

    private final BytesDevice memory = new BytesDevice("M");

    private Manifest read(byte[] file, int sizeBytes) {
        return ManifestFiles.read(memory.holding(file, sizeBytes), Waits.SYSTEM, Manifests.IDENTITY, 7);
    }

    private StoreFault refused(byte[] file, int sizeBytes, String what) {
        return assertThrows(StoreFault.class, () -> TakenMemory.requireForFile(sizeBytes, () -> read(file, sizeBytes)), what);
    }

    private void requireDamaged(byte[] file, int sizeBytes, String what) {
        StoreFault fault = refused(file, sizeBytes, what);
        assertTrue(fault instanceof CorruptionFault, () -> what + ": " + fault);
    }

    @Test
    void shouldRefuseEveryFlippedBit() {
        byte[] file = Manifests.file(SAMPLE);
        for (int bit = 0; bit < file.length * 8; bit++) {
            file[bit >> 3] ^= (byte) (1 << (bit & 7));
            requireDamaged(file, file.length, "bit " + bit);
            file[bit >> 3] ^= (byte) (1 << (bit & 7));
        }
        assertEquals(SAMPLE, read(file, file.length));
    }

    @Test
    void shouldRefuseEveryLengthButItsOwn() {
        byte[] file = Manifests.file(SAMPLE.toBuilder().cookie(Opaque.of(new byte[4000])).build());
        byte[] longer = Arrays.copyOf(file, file.length + 4096);
        for (int length = 0; length <= longer.length; length++) {
            if (length != file.length) {
                requireDamaged(longer, length, "cut to " + length);
            }
        }
        assertEquals(4000, read(file, file.length).cookie().lengthBytes());
    }

    /** Each word of the payload, which may be a length or a count, with a checksum that is right. */
    @Test
    void shouldTakeNoMemoryForNumbersThatAreNotTrue() {
        byte[] payload = ManifestCodec.encode(SAMPLE);
        int accepted = 0;
        for (int at = 0; at < payload.length; at += Long.BYTES) {
            for (int shift = 0; shift < Long.SIZE; shift++) {
                byte[] forged = payload.clone();
                ByteBuffer.wrap(forged).order(ByteOrder.LITTLE_ENDIAN).putLong(at, 1L << shift);
                byte[] file = Manifests.file(3, 1, Manifests.IDENTITY.storeId(), 7, forged);
                try {
                    TakenMemory.requireForFile(file.length, () -> read(file, file.length));
                    accepted++;
                } catch (CorruptionFault | FormatFault refused) {
                    assertTrue(refused.getMessage().startsWith("M "), refused.getMessage());
                }
            }
        }
        assertTrue(accepted < payload.length * 4, accepted + " numbers were as good");
    }

    /** The file is in memory while it is decoded, so of a large one there are two then: as regions, and on the heap. */
    @Test
    void shouldTakeTheLargestFileOnceAsRegionsAndOnceOnTheHeap() {
        List<SkippedRange> skipped = new ArrayList<>();
        for (int i = 0; i < Manifest.MAX_RANGES; i++) {
            skipped.add(new SkippedRange(64 + 32L * i, 80 + 32L * i));
        }
        TreeMap<String, Opaque> tables = new TreeMap<>();
        for (int i = 0; i < Manifest.MAX_TABLES; i++) {
            tables.put("table" + i, Opaque.of(new byte[Manifest.MAX_TABLE_BYTES]));
        }
        List<SessionPoint> sessions = Manifests.sessions(new SplittableRandom(7), SessionTable.MAX_SESSIONS);
        for (Manifest manifest : List.of(SAMPLE.toBuilder().skipped(skipped).build(), SAMPLE.toBuilder().tables(tables).build(),
                SAMPLE.toBuilder().sessions(sessions, Long.MAX_VALUE).build())) {
            byte[] file = Manifests.file(manifest);
            long heapBytes = Long.MAX_VALUE;
            long regionBytes = 0;
            for (int time = 0; time < MOST_READINGS && heapBytes > file.length + MEBIBYTE; time++) {
                TakenMemory taken = TakenMemory.fromNow();
                Manifest read = read(file, file.length);
                heapBytes = taken.heapBytes();
                regionBytes = taken.regionBytes();
                assertEquals(manifest, read);
            }
            System.out.println("reading a manifest of " + file.length + " bytes took " + heapBytes + " of the heap and " + regionBytes + " of regions");
            assertTrue(heapBytes <= file.length + MEBIBYTE && regionBytes <= file.length + MEBIBYTE, heapBytes + " and " + regionBytes + " of " + file.length);
        }
    }
}
