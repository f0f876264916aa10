package io.tideline.checkpoint;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** Bytes of somebody else, kept and given back as they are; immutable. */
public final class Opaque {
    public static final Opaque EMPTY = new Opaque(new byte[0]);

    private final byte[] bytes;

    /** @param bytes nobody changes them any more */
    private Opaque(byte[] bytes) {
        this.bytes = bytes;
    }

    /** A copy. */
    public static Opaque of(byte[] bytes) {
        return bytes.length == 0 ? EMPTY : new Opaque(bytes.clone());
    }

    /** Without a copy: the caller forgets the bytes. */
    static Opaque owning(byte[] bytes) {
        return bytes.length == 0 ? EMPTY : new Opaque(bytes);
    }

    public int lengthBytes() {
        return bytes.length;
    }

    /** A copy. */
    public byte[] toBytes() {
        return bytes.clone();
    }

    /** A view that cannot be written. */
    public ByteBuffer view() {
        return ByteBuffer.wrap(bytes).asReadOnlyBuffer();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Opaque that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return bytes.length + " bytes";
    }
}
