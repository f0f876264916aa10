package io.tideline.memory;

import java.lang.foreign.Arena;
import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;

/**
 * An owned block of off-heap memory: zeroed, resident only where it was touched, closed exactly once. Blocks of 2 MiB and more are aligned
 * to 2 MiB, so that huge pages fit; smaller ones to 4 KiB.
 *
 * <p>Thread-safe. {@link #address()} of a closed region is refused; an address taken earlier must not be used after the close, and the
 * owner makes sure of that (a store awaits its epoch first).
 */
public final class Region implements AutoCloseable {
    private static final Cleaner CLEANER = Cleaner.create();
    private static final AtomicLong REQUESTED_BYTES = new AtomicLong();
    /** What sizes are rounded to and parts are discarded by, whatever the pages of the kernel are. */
    private static final long ROUND_BYTES = 4096;
    /** What one thread populates at a time: a multiple of every page, large enough that the calls do not count. */
    private static final long POPULATED_AT_ONCE = 32L << 20;

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
        return allocate(sizeBytes, hugePages, Words.door().isNative() && LinuxCall.areThere() ? NativeMemory.pageBytes() : ROUND_BYTES);
    }

    /** {@code pageBytes} are the kernel's, or more; for tests. */
    static Region allocate(long sizeBytes, boolean hugePages, long pageBytes) {
        if (sizeBytes < 1 || sizeBytes > 1L << 46) {
            throw new IllegalArgumentException("a region of " + sizeBytes + " bytes; it takes 1 to 2^46");
        }
        long rounded = roundUp(sizeBytes, ROUND_BYTES);
        REQUESTED_BYTES.addAndGet(rounded);
        Door door = Words.door();
        Region region;
        if (door instanceof HeapTwinDoor twin) {
            region = new Region(twin.allocate(rounded), rounded, false, pageBytes, null, false);
        } else if (LinuxCall.areThere()) {
            region = map(rounded, hugePages, pageBytes);
        } else {
            region = allocateFromArena(rounded);
        }
        door.opened(region.address, rounded);
        return region;
    }

    /** The bytes of all regions that were ever asked for in this JVM, also of those that were refused or given back; for tests. */
    static long requestedBytes() {
        return REQUESTED_BYTES.get();
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

    /**
     * Has a part resident now, its contents unchanged, by all processors at once, so that nobody who uses it later pays for the first touch
     * of a page. Where the platform has no call for that, or no memory left, the part stays as it is.
     */
    public void preTouch(long offsetBytes, long lengthBytes) {
        long from = part("preTouch", offsetBytes, lengthBytes);
        if (arena != null || !Words.door().isNative()) {
            return;
        }
        LongStream.range(0, (lengthBytes + POPULATED_AT_ONCE - 1) / POPULATED_AT_ONCE).parallel().forEach(number -> {
            long at = Math.max(from, from + number * POPULATED_AT_ONCE & -pageBytes);
            NativeMemory.populate(at, Math.min(from + (number + 1) * POPULATED_AT_ONCE, from + lengthBytes) - at);
        });
    }

    /**
     * Moves a part of the region elsewhere in it with the memory that it takes, where the platform can do that by changing page tables: what
     * was there is gone, zeros that take no memory stay behind. All three are multiples of 4 KiB, of 2 MiB where huge pages are to stay what they are; the parts
     * do not overlap, and nobody else uses them.
     *
     * @return false where the platform cannot, for instance because they are no multiples of the kernel's pages; then the one part is as it was, and the other may be zeros
     */
    public boolean move(long fromBytes, long toBytes, long lengthBytes) {
        long from = part("move", fromBytes, lengthBytes);
        long to = part("move", toBytes, lengthBytes);
        if (Math.abs(fromBytes - toBytes) < lengthBytes) {
            throw new IllegalArgumentException("move of " + lengthBytes + " bytes from " + fromBytes + " to " + toBytes);
        }
        boolean isWhole = ((fromBytes | toBytes | lengthBytes) & pageBytes - 1) == 0;
        return isWhole && arena == null && Words.door().isNative() && LinuxCall.areThere() && NativeMemory.move(from, to, lengthBytes);
    }

    /** The address of a part that must be whole pages of 4 KiB. */
    private long part(String purpose, long offsetBytes, long lengthBytes) {
        if (((offsetBytes | lengthBytes) & ROUND_BYTES - 1) != 0 || offsetBytes < 0 || lengthBytes < 0 || lengthBytes > sizeBytes - offsetBytes) {
            throw new IllegalArgumentException(purpose + " of " + lengthBytes + " bytes at " + offsetBytes + " in a region of " + sizeBytes);
        }
        return address() + offsetBytes;
    }

    /** Makes a part zero again, giving its memory back where the platform can. Both numbers are multiples of 4 KiB; nobody else uses the part. */
    public void discard(long offsetBytes, long lengthBytes) {
        long from = part("discard", offsetBytes, lengthBytes);
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
