package io.tideline.memory;

import java.lang.foreign.Arena;
import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * An owned block of off-heap memory: zeroed, resident only where it was touched, closed exactly once. Blocks of 2 MiB and more are aligned
 * to 2 MiB, so that huge pages fit; smaller ones to 4 KiB.
 *
 * <p>Thread-safe. {@link #address()} of a closed region is refused; an address taken earlier must not be used after the close, and the
 * owner makes sure of that (a store awaits its epoch first).
 */
public final class Region implements AutoCloseable {
    private static final Cleaner CLEANER = Cleaner.create();

    private final long address;
    private final long sizeBytes;
    private final boolean hugePages;
    /** Null where the block was mapped by us. */
    private final Arena arena;
    /** Whether the cleaner frees the block, and {@link #close} must not. */
    private final boolean untilUnreachable;
    private final AtomicBoolean closed = new AtomicBoolean();

    private Region(long address, long sizeBytes, boolean hugePages, Arena arena) {
        this(address, sizeBytes, hugePages, arena, false);
    }

    private Region(long address, long sizeBytes, boolean hugePages, Arena arena, boolean untilUnreachable) {
        this.address = address;
        this.sizeBytes = sizeBytes;
        this.hugePages = hugePages;
        this.arena = arena;
        this.untilUnreachable = untilUnreachable;
    }

    /**
     * Reserves {@code sizeBytes} of zeros.
     *
     * @param sizeBytes at least 1, rounded up to 4 KiB
     * @param hugePages whether to ask for 2 MiB pages; silently small ones where there are none, see {@link #hasHugePages()}
     */
    public static Region allocate(long sizeBytes, boolean hugePages) {
        if (sizeBytes < 1 || sizeBytes > 1L << 46) {
            throw new IllegalArgumentException("a region of " + sizeBytes + " bytes; it takes 1 to 2^46");
        }
        long rounded = (sizeBytes + 4095) & -4096L;
        Door door = Words.door();
        Region region;
        if (door instanceof HeapTwinDoor twin) {
            region = new Region(twin.allocate(rounded), rounded, false, null);
        } else if (NativeMemory.isLinux()) {
            region = map(rounded, hugePages);
        } else {
            region = allocateFromArena(rounded);
        }
        door.opened(region.address, rounded);
        return region;
    }

    /**
     * Reserves a small block that stays valid until the region is unreachable, for words that a thread may still touch while the owner
     * closes. {@link #close} is refused.
     */
    public static Region allocateUntilUnreachable(long sizeBytes) {
        Region block = allocate(sizeBytes, false);
        Region handle = new Region(block.address, block.sizeBytes, false, block.arena, true);
        CLEANER.register(handle, block::close);
        return handle;
    }

    /** Maps more than asked for and gives the ends back, which is how mmap is made to align. */
    private static Region map(long sizeBytes, boolean hugePages) {
        if (sizeBytes < HugePages.SIZE_BYTES) {
            return new Region(NativeMemory.map(sizeBytes), sizeBytes, false, null);
        }
        long mapped = sizeBytes + HugePages.SIZE_BYTES;
        long raw = NativeMemory.map(mapped);
        long address = (raw + HugePages.SIZE_BYTES - 1) & -HugePages.SIZE_BYTES;
        if (address > raw) {
            NativeMemory.unmap(raw, address - raw);
        }
        long end = address + sizeBytes;
        if (end < raw + mapped) {
            NativeMemory.unmap(end, raw + mapped - end);
        }
        return new Region(address, sizeBytes, hugePages && HugePages.advise(address, sizeBytes), null);
    }

    private static Region allocateFromArena(long sizeBytes) {
        Arena arena = Arena.ofShared();
        return new Region(arena.allocate(sizeBytes, HugePages.SIZE_BYTES).address(), sizeBytes, false, arena);
    }

    /** The first byte's address. */
    public long address() {
        if (closed.get()) {
            throw new IllegalStateException("this region of " + sizeBytes + " bytes is closed");
        }
        return address;
    }

    public long sizeBytes() {
        return sizeBytes;
    }

    /** Whether the kernel was asked for huge pages and agreed. */
    public boolean hasHugePages() {
        return hugePages;
    }

    /** Makes a part zero again, giving its memory back where the platform can. Both numbers are multiples of 4 KiB; nobody else uses the part. */
    public void discard(long offsetBytes, long lengthBytes) {
        if (((offsetBytes | lengthBytes) & 4095) != 0 || offsetBytes < 0 || lengthBytes < 0 || lengthBytes > sizeBytes - offsetBytes) {
            throw new IllegalArgumentException("discard of " + lengthBytes + " bytes at " + offsetBytes + " in a region of " + sizeBytes);
        }
        long from = address() + offsetBytes;
        boolean mapped = arena == null && Words.door().isNative();
        if (lengthBytes > 0 && !(mapped && NativeMemory.discard(from, lengthBytes))) {
            Words.zero(from, lengthBytes);
        }
    }

    /** Gives the memory back; the second and later calls do nothing. */
    @Override
    public void close() {
        if (untilUnreachable) {
            throw new IllegalStateException("this region of " + sizeBytes + " bytes lives until it is unreachable");
        }
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        Door door = Words.door();
        door.closed(address, sizeBytes);
        if (arena != null) {
            arena.close();
        } else if (door.isNative()) {
            NativeMemory.unmap(address, sizeBytes);
        }
    }
}
