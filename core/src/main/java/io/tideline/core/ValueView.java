package io.tideline.core;

import io.tideline.memory.Words;
import java.util.Objects;

/**
 * Bytes shown to a callback: a validated copy, so never torn and never changing. It is dead once the callback returns, and says so.
 */
public final class ValueView {
    private long address;
    private int length = -1;

    ValueView() {
    }

    void show(long newAddress, int lengthBytes) {
        address = newAddress;
        length = lengthBytes;
    }

    void hide() {
        length = -1;
    }

    /** Bytes shown. */
    public int length() {
        requireLive();
        return length;
    }

    public byte getByte(int index) {
        requireLive();
        Objects.checkIndex(index, length);
        return Words.getByte(address + index);
    }

    /** Eight bytes from any offset, little-endian. */
    public long getLong(int offset) {
        requireLive();
        Objects.checkFromIndexSize(offset, 8, length);
        int shift = (offset & 7) << 3;
        long at = address + (offset & ~7);
        return shift == 0 ? Words.get(at) : Words.get(at) >>> shift | Words.get(at + 8) << 64 - shift;
    }

    /** Copies all bytes to {@code target} from {@code offset} on; how many there were. */
    public int copyTo(byte[] target, int offset) {
        requireLive();
        Objects.checkFromIndexSize(offset, length, target.length);
        Words.copyOut(address, target, offset, length);
        return length;
    }

    /** A copy of the bytes. */
    public byte[] toArray() {
        requireLive();
        byte[] bytes = new byte[length];
        copyTo(bytes, 0);
        return bytes;
    }

    long address() {
        requireLive();
        return address;
    }

    private void requireLive() {
        if (length < 0) {
            throw new IllegalStateException("a view was used after the callback it was made for");
        }
    }
}
