package io.tideline.hlog.format;

import io.tideline.fault.FormatFault;
import io.tideline.fault.StoreFault;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Function;
import java.util.zip.CRC32C;

/** From a payload to the bytes of a sealed file and back; it knows no files. */
final class SealCodec {
    /** Somebody else may have put a file of that name there: a foreign beginning is a foreign format. */
    static final boolean ANYBODYS = false;
    /** Nobody else has: a foreign beginning is damage. */
    static final boolean OURS = true;

    private SealCodec() {
    }

    /** Fills {@code target}, which is zero and as long as the file is to be. */
    static void encode(ByteBuffer target, SealedKind kind, long storeId, long sequence, byte[] payload) {
        ByteBuffer file = target.order(ByteOrder.LITTLE_ENDIAN);
        file.putLong(SealLayout.MAGIC_OFFSET, SealLayout.MAGIC);
        file.putInt(SealLayout.KIND_OFFSET, kind.number());
        file.putInt(SealLayout.VERSION_OFFSET, kind.version());
        file.putLong(SealLayout.STORE_ID_OFFSET, storeId);
        file.putLong(SealLayout.SEQUENCE_OFFSET, sequence);
        file.putInt(SealLayout.LENGTH_OFFSET, payload.length);
        file.put(SealLayout.HEADER_BYTES, payload);
        file.putInt(SealLayout.CRC_OFFSET, checksum(file, payload.length));
    }

    /**
     * Checks what can be known from the beginning of a file, before memory is taken for all of it.
     *
     * @param head as much of the file as its first block has
     */
    static void checkHead(String path, ByteBuffer head, long sizeBytes, boolean ours) {
        ByteBuffer header = head.order(ByteOrder.LITTLE_ENDIAN);
        if (header.limit() >= Long.BYTES && header.getLong(SealLayout.MAGIC_OFFSET) != SealLayout.MAGIC) {
            throw foreign(path, Long.toHexString(header.getLong(SealLayout.MAGIC_OFFSET)), ours);
        }
        if (header.limit() < SealLayout.HEADER_BYTES) {
            throw SealedPayload.damage(path, sizeBytes, "the size", sizeBytes + "", "at least " + SealLayout.BLOCK_BYTES);
        }
        int length = header.getInt(SealLayout.LENGTH_OFFSET);
        if (length < 0 || length > SealLayout.MAX_PAYLOAD_BYTES) {
            throw SealedPayload.damage(path, SealLayout.LENGTH_OFFSET, "the length", length + "", "0 to " + SealLayout.MAX_PAYLOAD_BYTES);
        }
        int expectedBytes = SealLayout.fileBytes(length);
        if (sizeBytes != expectedBytes) {
            throw SealedPayload.damage(path, Math.min(sizeBytes, expectedBytes), "the size", sizeBytes + "", expectedBytes + "");
        }
    }

    private static StoreFault foreign(String path, String found, boolean ours) {
        String expected = Long.toHexString(SealLayout.MAGIC);
        return ours ? SealedPayload.damage(path, SealLayout.MAGIC_OFFSET, "the beginning", "0x" + found, "0x" + expected)
                : new FormatFault(path + " was not written by Tideline: it begins with 0x" + found + " and not with 0x" + expected);
    }

    /** Checks a whole file and has its payload decoded. */
    static <T> T decode(String path, ByteBuffer whole, SealedKind kind, boolean ours, Function<SealedPayload, T> decoder) {
        ByteBuffer file = whole.order(ByteOrder.LITTLE_ENDIAN);
        checkHead(path, file, file.limit(), ours);
        int end = SealLayout.HEADER_BYTES + file.getInt(SealLayout.LENGTH_OFFSET);
        int stored = file.getInt(SealLayout.CRC_OFFSET);
        int computed = checksum(file, end - SealLayout.HEADER_BYTES);
        if (stored != computed) {
            throw SealedPayload.damage(path, SealLayout.CRC_OFFSET, "the checksum", "0x" + Integer.toHexString(stored),
                    "0x" + Integer.toHexString(computed));
        }
        for (int offset = end; offset < file.limit(); offset++) {
            if (file.get(offset) != 0) {
                throw SealedPayload.damage(path, offset, "the byte", "0x" + Integer.toHexString(file.get(offset) & 0xFF), "0");
            }
        }
        // only now: before, a flipped bit would pass for another version
        int number = file.getInt(SealLayout.KIND_OFFSET);
        if (number != kind.number()) {
            throw SealedPayload.damage(path, SealLayout.KIND_OFFSET, "the kind of file", number + "", kind.number() + "");
        }
        int version = file.getInt(SealLayout.VERSION_OFFSET);
        if (version < 1) {
            throw SealedPayload.damage(path, SealLayout.VERSION_OFFSET, "the format version", version + "", "1 to " + kind.version());
        }
        if (version > kind.version()) {
            throw new FormatFault(path + " was written by a newer version of Tideline, in format " + version + "; this one knows up to "
                    + kind.version() + ". Open it with that version");
        }
        SealedPayload payload = new SealedPayload(path, version, file.getLong(SealLayout.STORE_ID_OFFSET),
                file.getLong(SealLayout.SEQUENCE_OFFSET), file.duplicate().order(ByteOrder.LITTLE_ENDIAN).limit(end));
        T decoded = decoder.apply(payload);
        payload.end();
        return decoded;
    }

    private static int checksum(ByteBuffer file, int payloadBytes) {
        CRC32C crc = new CRC32C();
        crc.update(file.slice(0, SealLayout.CRC_OFFSET));
        crc.update(file.slice(SealLayout.HEADER_BYTES, payloadBytes));
        return (int) crc.getValue();
    }
}
