package io.tideline.core;

import io.tideline.memory.Words;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/** Where an {@link Rmw} puts the new value. Each call replaces what was put before; without a call the value is empty. */
public final class ValueWriter {
    private final Scratch scratch;
    private final int maxBytes;
    private int length;
    private boolean live;

    ValueWriter(Scratch scratch, int maxBytes) {
        this.scratch = scratch;
        this.maxBytes = maxBytes;
    }

    void begin() {
        length = 0;
        live = true;
    }

    void end() {
        live = false;
    }

    int length() {
        return length;
    }

    public void set(byte[] value) {
        set(value, 0, value.length);
    }

    public void set(byte[] value, int offset, int lengthBytes) {
        Objects.checkFromIndexSize(offset, lengthBytes, value.length);
        if (begin(lengthBytes)) {
            Words.copyIn(value, offset, lengthBytes, scratch.address());
        }
        length = lengthBytes;
    }

    public void set(MemorySegment value) {
        long lengthBytes = value.byteSize();
        if (begin(lengthBytes)) {
            Words.copyIn(value, 0, lengthBytes, scratch.address());
        } else {
            value.get(ValueLayout.JAVA_BYTE, 0); // refuses a segment that cannot be read, as the copy would
        }
        length = (int) lengthBytes;
    }

    public void set(ValueView value) {
        long source = value.address();
        int lengthBytes = value.length();
        if (begin(lengthBytes)) {
            Words.copy(source, scratch.address(), lengthBytes);
        }
        length = lengthBytes;
    }

    /** Eight bytes, little-endian. */
    public void setLong(long value) {
        if (begin(8)) {
            Words.set(scratch.address(), value);
        }
        length = 8;
    }

    /** Forgets what was put before, since copying may fail; whether there is room, which is not made here, inside the epoch. */
    private boolean begin(long lengthBytes) {
        if (!live) {
            throw new IllegalStateException("a writer was used after the callback it was made for");
        }
        if (lengthBytes > maxBytes) {
            throw new IllegalArgumentException("a value of " + lengthBytes + " bytes; no record of this store holds more than its page size of "
                    + maxBytes + " bytes");
        }
        length = 0;
        return scratch.hasRoom(lengthBytes);
    }

    /** Whether the value is only a length, because there was no room for its bytes: then room is made and the callback runs again. */
    boolean lacksRoom() {
        return length > 0 && !scratch.hasRoom(length);
    }
}
