package io.tideline.memory;

import io.tideline.fault.IoFault;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** The system calls behind {@link Region}: mmap, munmap, mremap and madvise of Linux, and the size of their pages. */
final class NativeMemory {
    static final String NATIVE_ACCESS_DENIED = "Tideline keeps its data off the heap and this JVM denies that: start it with"
            + " --enable-native-access=ALL-UNNAMED (or with the name of the module that holds io.tideline.memory)";

    private static final int PROT_READ_WRITE = 1 | 2;
    private static final int MAP_PRIVATE_ANONYMOUS_NORESERVE = 0x02 | 0x20 | 0x4000;
    private static final int MAP_FIXED = 0x10;
    private static final int MADV_RANDOM = 1;
    private static final int MADV_DONTNEED = 4;
    private static final int MADV_HUGEPAGE = 14;
    private static final int MADV_POPULATE_WRITE = 23;
    /** MREMAP_MAYMOVE, MREMAP_FIXED and MREMAP_DONTUNMAP: the place that is left stays mapped, as zeros that take no memory. */
    private static final int MREMAP_ONTO = 1 | 2 | 4;
    private static final long MAP_FAILED = -1;

    /** The largest page of the systems that this runs on: what whole pages of this size are given to holds for smaller ones too. */
    private static final long LARGEST_PAGE_BYTES = 64 << 10;
    private static final Path START_OF_PROCESS = Path.of("/proc/self/auxv");
    private static final long AT_PAGESZ = 6;

    private static final class PageSize {
        static final long BYTES = read();

        /** From the pairs of words, of a kind and a value, that the kernel gave the process at its start. */
        private static long read() {
            try {
                ByteBuffer pairs = ByteBuffer.wrap(Files.readAllBytes(START_OF_PROCESS)).order(ByteOrder.nativeOrder());
                while (pairs.remaining() >= 2 * Long.BYTES) {
                    long kind = pairs.getLong();
                    long value = pairs.getLong();
                    if (kind == AT_PAGESZ) {
                        return value;
                    }
                }
                return LARGEST_PAGE_BYTES;
            } catch (IOException unreadable) {
                return LARGEST_PAGE_BYTES; // without /proc, or in a process that may not look at itself
            }
        }
    }

    private NativeMemory() {
    }

    /** Bytes of a page of this kernel: 4 KiB on x86-64, on aarch64 also 16 or 64 KiB. */
    static long pageBytes() {
        return PageSize.BYTES;
    }

    /** Address space of {@code sizeBytes} zeros that takes memory only where it is touched. */
    static long map(long sizeBytes) {
        return map(0, sizeBytes, MAP_PRIVATE_ANONYMOUS_NORESERVE);
    }

    private static long map(long where, long sizeBytes, int flags) {
        long address = LinuxCall.MMAP.tryRun(where, sizeBytes, PROT_READ_WRITE, flags, -1, 0);
        if (address == MAP_FAILED) {
            throw new IoFault("the operating system has no " + sizeBytes
                    + " bytes of address space left (mmap failed); configure less memory, or raise what limits it: ulimit -v, vm.max_map_count,"
                    + " or vm.overcommit_ratio where vm.overcommit_memory is 2");
        }
        return address;
    }

    static void unmap(long address, long sizeBytes) {
        if (LinuxCall.MUNMAP.tryRun(address, sizeBytes, 0, 0, 0, 0) != 0) {
            throw new AssertionError("munmap of " + sizeBytes + " bytes at 0x" + Long.toHexString(address) + " failed");
        }
    }

    /** Asks for huge pages; false where the kernel has none to give. */
    static boolean adviseHugePages(long address, long sizeBytes) {
        return advise(address, sizeBytes, MADV_HUGEPAGE);
    }

    /** Has all of it resident, contents unchanged; false where the kernel cannot (older than Linux 5.14) or has no memory left. */
    static boolean populate(long address, long sizeBytes) {
        return advise(address, sizeBytes, MADV_POPULATE_WRITE);
    }

    /** Gives the memory back and leaves zeros; false where the kernel refused and the bytes are as they were. */
    static boolean discard(long address, long sizeBytes) {
        return advise(address, sizeBytes, MADV_DONTNEED);
    }

    /**
     * Moves what lies at {@code from}, its memory and all, to {@code to}, whose own memory is given back; zeros stay behind. False where the
     * kernel refused (older than Linux 5.7): then what lies at {@code from} is as it was, and zeros are at {@code to}.
     */
    static boolean move(long from, long to, long sizeBytes) {
        if (LinuxCall.MREMAP.tryRun(from, sizeBytes, sizeBytes, MREMAP_ONTO, to, 0) == to) {
            return true;
        }
        if (!discard(to, sizeBytes)) { // it refused after it had unmapped the target, as older kernels may; what was advised of it is forgotten
            map(to, sizeBytes, MAP_PRIVATE_ANONYMOUS_NORESERVE | MAP_FIXED);
        }
        return false;
    }

    /** Asks that no more of a mapped file be read than is touched; false where the kernel refused. */
    static boolean adviseRandom(long address, long sizeBytes) {
        return advise(address, sizeBytes, MADV_RANDOM);
    }

    private static boolean advise(long address, long sizeBytes, int advice) {
        return LinuxCall.MADVISE.tryRun(address, sizeBytes, advice, 0, 0, 0) == 0;
    }
}
