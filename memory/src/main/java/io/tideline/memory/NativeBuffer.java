package io.tideline.memory;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Shows a part of a live {@link Region} to the libraries that take a {@link ByteBuffer}: channels and checksums. */
public final class NativeBuffer {
    private NativeBuffer() {
    }

    /** A little-endian view, at most 2^31 - 1 bytes long. Nothing may use it once the region is closed; the view does not know. */
    @SuppressWarnings("restricted") // the owner of the region keeps it alive
    public static ByteBuffer of(long address, int lengthBytes) {
        if (!Words.door().isNative()) {
            throw new IllegalStateException("the " + Words.doorName() + " door keeps its words on the heap, where no device can reach them");
        }
        return MemorySegment.ofAddress(address).reinterpret(lengthBytes).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }
}
