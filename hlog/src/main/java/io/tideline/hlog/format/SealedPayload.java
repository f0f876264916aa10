package io.tideline.hlog.format;

import io.tideline.fault.CorruptionFault;
import java.nio.ByteBuffer;

/** The payload of a sealed file whose checksum was right, read field by field; valid only inside the function it was given to. */
public final class SealedPayload {
    private final String path;
    private final int version;
    private final long storeId;
    private final long sequence;
    private final ByteBuffer bytes;

    /** @param bytes little-endian; its limit is the payload's end */
    SealedPayload(String path, int version, long storeId, long sequence, ByteBuffer bytes) {
        this.path = path;
        this.version = version;
        this.storeId = storeId;
        this.sequence = sequence;
        this.bytes = bytes.position(SealLayout.HEADER_BYTES);
    }

    /** The version it was written in, at most the one this program knows. */
    public int version() {
        return version;
    }

    /** The store the file belongs to, which is not 0. */
    public long storeId() {
        if (storeId == 0) {
            throw damage(path, SealLayout.STORE_ID_OFFSET, "the store id", "0", "another number");
        }
        return storeId;
    }

    /** The number of the file in its series, which begins with {@code min}. */
    public long sequence(long min) {
        if (sequence < min) {
            throw damage(path, SealLayout.SEQUENCE_OFFSET, "the sequence number", sequence + "", "at least " + min);
        }
        return sequence;
    }

    /** The fault of a file whose number in its series is not {@code expected}. */
    public CorruptionFault wrongSequence(long expected) {
        return damage(path, SealLayout.SEQUENCE_OFFSET, "the sequence number", sequence + "", expected + "");
    }

    /** Checks that the file belongs to a store, and was not copied from another one. */
    public SealedPayload ofStore(long expectedStoreId) {
        if (storeId != expectedStoreId) {
            throw damage(path, SealLayout.STORE_ID_OFFSET, "the store id", "0x" + Long.toHexString(storeId), "0x" + Long.toHexString(expectedStoreId));
        }
        return this;
    }

    /** The next 8 bytes, whatever they are. */
    public long word(String field) {
        requireRoom(field, Long.BYTES);
        return bytes.getLong();
    }

    /** The next 8 bytes, which are a number from {@code min} to {@code max}. */
    public long word(String field, long min, long max) {
        long found = word(field);
        if (found < min || found > max) {
            throw wrong(field, found, min + " to " + max);
        }
        return found;
    }

    /** The next bytes, as many as {@code target} has room for. */
    public void bytes(String field, ByteBuffer target) {
        int lengthBytes = target.remaining();
        requireRoom(field, lengthBytes);
        target.put(bytes.slice(bytes.position(), lengthBytes));
        bytes.position(bytes.position() + lengthBytes);
    }

    /** Checks, before memory is taken for them, that so many more bytes are there. */
    public void requireRoom(String field, long lengthBytes) {
        if (lengthBytes > bytes.remaining()) {
            throw damage(path, SealLayout.LENGTH_OFFSET, "the length", (bytes.limit() - SealLayout.HEADER_BYTES) + "", "room for " + field);
        }
    }

    /** Steps over the zeros in front of the next multiple of 8 bytes. */
    public void padding() {
        while ((bytes.position() - SealLayout.HEADER_BYTES) % Long.BYTES != 0) {
            requireRoom("the padding", 1);
            byte found = bytes.get();
            if (found != 0) {
                throw damage(path, bytes.position() - 1, "the padding", "0x" + Integer.toHexString(found & 0xFF), "0");
            }
        }
    }

    /** Whether fields are left to be read. */
    public boolean hasRemaining() {
        return bytes.hasRemaining();
    }

    /** Where in the file the next field stands. */
    public int offset() {
        return bytes.position();
    }

    /** Where the file is, for people. */
    public String path() {
        return path;
    }

    /** The fault of something that was read before. */
    public CorruptionFault damage(long offset, String what, String found, String expected) {
        return damage(path, offset, what, found, expected);
    }

    /** The fault of the field that was read last. */
    public CorruptionFault wrong(String field, long found, String expected) {
        return damage(path, bytes.position() - Long.BYTES, field, Long.toString(found), expected);
    }

    /** Checks that everything was read. */
    public void end() {
        if (bytes.hasRemaining()) {
            throw damage(path, SealLayout.LENGTH_OFFSET, "the length", (bytes.limit() - SealLayout.HEADER_BYTES) + "",
                    (bytes.position() - SealLayout.HEADER_BYTES) + "");
        }
    }

    /** How a damaged file is reported, always. */
    static CorruptionFault damage(String path, long offset, String what, String found, String expected) {
        return new CorruptionFault(path + " is damaged at offset " + offset + ": " + what + " is " + found + ", expected " + expected
                + "; nothing of it was used");
    }
}
