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
    /** What sizes are rounded to and parts are discarded by, whatever the pages of the kernel are. */
    private static final long ROUND_BYTES = 4096;

    private final long address;
    private final long sizeBytes;
    private final boolean hugePages;
    /** Of the kernel; what is mapped and given back is whole pages of it. */
    private final long pageBytes;
    /** Null where the block was mapped by us. */
    private final Arena arena;
    /** Whether the cleaner frees the block, and {@link #close} must not. */
    private final boolean untilUnreachable;
    private final AtomicBoolean closed = new AtomicBoolean();

    private Region(long address, long sizeBytes, boolean hugePages, long pageBytes, Arena arena, boolean untilUnreachable) {
        this.address = address;
        this.sizeBytes = sizeBytes;
        this.hugePages = hugePages;
        this.pageBytes = pageBytes;
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
        return allocate(sizeBytes, hugePages, Words.door().isNative() && NativeMemory.isLinux() ? NativeMemory.pageBytes() : ROUND_BYTES);
    }

    /** {@code pageBytes} are the kernel's, or more; for tests. */
    static Region allocate(long sizeBytes, boolean hugePages, long pageBytes) {
        if (sizeBytes < 1 || sizeBytes > 1L << 46) {
            throw new IllegalArgumentException("a region of " + sizeBytes + " bytes; it takes 1 to 2^46");
        }
        long rounded = roundUp(sizeBytes, ROUND_BYTES);
        Door door = Words.door();
        Region region;
        if (door instanceof HeapTwinDoor twin) {
            region = new Region(twin.allocate(rounded), rounded, false, pageBytes, null, false);
        } else if (NativeMemory.isLinux()) {
            region = map(rounded, hugePages, pageBytes);
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
        Region handle = new Region(block.address, block.sizeBytes, false, block.pageBytes, block.arena, true);
        CLEANER.register(handle, block::close);
        return handle;
    }

    /** Maps more than asked for and gives the ends back, which is how mmap is made to align. */
    private static Region map(long sizeBytes, boolean hugePages, long pageBytes) {
        long pages = roundUp(sizeBytes, pageBytes);
        if (sizeBytes < HugePages.SIZE_BYTES) {
            return new Region(NativeMemory.map(pages), sizeBytes, false, pageBytes, null, false);
        }
        long mapped = pages + HugePages.SIZE_BYTES;
        long raw = NativeMemory.map(mapped);
        long address = roundUp(raw, HugePages.SIZE_BYTES);
        if (address > raw) {
            NativeMemory.unmap(raw, address - raw);
        }
        long end = address + pages;
        if (end < raw + mapped) {
            NativeMemory.unmap(end, raw + mapped - end);
        }
        return new Region(address, sizeBytes, hugePages && HugePages.advise(address, sizeBytes), pageBytes, null, false);
    }

    private static long roundUp(long bytes, long multiple) {
        return (bytes + multiple - 1) & -multiple;
    }

    private static Region allocateFromArena(long sizeBytes) {
        Arena arena = Arena.ofShared();
        return new Region(arena.allocate(sizeBytes, HugePages.SIZE_BYTES).address(), sizeBytes, false, ROUND_BYTES, arena, false);
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
        if (((offsetBytes | lengthBytes) & ROUND_BYTES - 1) != 0 || offsetBytes < 0 || lengthBytes < 0 || lengthBytes > sizeBytes - offsetBytes) {
            throw new IllegalArgumentException("discard of " + lengthBytes + " bytes at " + offsetBytes + " in a region of " + sizeBytes);
        }
        long from = address() + offsetBytes;
        long end = from + lengthBytes;
        boolean mapped = arena == null && Words.door().isNative();
        // The kernel takes whole pages only, and would round the end up into what is not to be discarded.
        long wholeFrom = roundUp(from, pageBytes);
        long wholeEnd = end & -pageBytes;
        if (mapped && wholeFrom < wholeEnd && NativeMemory.discard(wholeFrom, wholeEnd - wholeFrom)) {
            Words.zero(from, wholeFrom - from);
            Words.zero(wholeEnd, end - wholeEnd);
        } else {
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
            NativeMemory.unmap(address, roundUp(sizeBytes, pageBytes));
        }
    }
}
