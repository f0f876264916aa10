package io.tideline.core;

import io.tideline.memory.Words;
import java.lang.foreign.MemorySegment;
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
        Words.copyIn(value, offset, lengthBytes, room(lengthBytes));
        length = lengthBytes;
    }

    public void set(MemorySegment value) {
        long lengthBytes = value.byteSize();
        Words.copyIn(value, 0, lengthBytes, room(lengthBytes));
        length = (int) lengthBytes;
    }

    public void set(ValueView value) {
        long source = value.address();
        int lengthBytes = value.length();
        Words.copy(source, room(lengthBytes), lengthBytes);
        length = lengthBytes;
    }

    /** Eight bytes, little-endian. */
    public void setLong(long value) {
        Words.set(room(8), value);
        length = 8;
    }

    private long room(long lengthBytes) {
        if (!live) {
            throw new IllegalStateException("a writer was used after the callback it was made for");
        }
        if (lengthBytes > maxBytes) {
            throw new IllegalArgumentException("a value of " + lengthBytes + " bytes; no record of this store holds more than its page size of "
                    + maxBytes + " bytes");
        }
        length = 0; // growing forgets what was put before, and copying may fail
        return scratch.ensure(lengthBytes);
    }
}
