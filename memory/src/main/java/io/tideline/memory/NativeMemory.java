package io.tideline.memory;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.tideline.fault.IoFault;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/** The system calls behind {@link Region}: mmap, munmap, mremap and madvise of Linux, and the size of their pages, through {@code java.lang.foreign}. */
final class NativeMemory {
    static final String NATIVE_ACCESS_DENIED = "Tideline keeps its data off the heap and this JVM denies that: start it with"
            + " --enable-native-access=ALL-UNNAMED (or with the name of the module that holds io.tideline.memory)";

    private static final int PROT_READ_WRITE = 1 | 2;
    private static final int MAP_PRIVATE_ANONYMOUS_NORESERVE = 0x02 | 0x20 | 0x4000;
    private static final int MADV_RANDOM = 1;
    private static final int MADV_DONTNEED = 4;
    private static final int MADV_HUGEPAGE = 14;
    private static final int MADV_POPULATE_WRITE = 23;
    /** MREMAP_MAYMOVE, MREMAP_FIXED and MREMAP_DONTUNMAP: the place that is left stays mapped, as zeros that take no memory. */
    private static final int MREMAP_ONTO = 1 | 2 | 4;
    private static final long MAP_FAILED = -1;

    private static final class Calls {
        static final MethodHandle MMAP = bind("mmap",
                FunctionDescriptor.of(JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
        static final MethodHandle MUNMAP = bind("munmap", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));
        static final MethodHandle MADVISE = bind("madvise", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));
        static final MethodHandle MREMAP = bind("mremap",
                FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG));
        static final MethodHandle GETPAGESIZE = bind("getpagesize", FunctionDescriptor.of(JAVA_INT));

        @SuppressWarnings("restricted") // these calls are what this class is for
        private static MethodHandle bind(String name, FunctionDescriptor descriptor) {
            Linker linker = Linker.nativeLinker();
            SymbolLookup lookup = linker.defaultLookup();
            return linker.downcallHandle(lookup.find(name).orElseThrow(), descriptor);
        }
    }

    private NativeMemory() {
    }

    /** Whether this platform has these calls; elsewhere regions come from arenas. */
    static boolean isLinux() {
        return System.getProperty("os.name").equals("Linux");
    }

    /** Bytes of a page of this kernel: 4 KiB on x86-64, on aarch64 also 16 or 64 KiB. */
    static long pageBytes() {
        try {
            return (int) Calls.GETPAGESIZE.invokeExact();
        } catch (IllegalCallerException | LinkageError denied) {
            throw new IllegalStateException(NATIVE_ACCESS_DENIED, denied);
        } catch (Throwable unexpected) {
            throw new AssertionError("getpagesize", unexpected);
        }
    }

    /** Address space of {@code sizeBytes} zeros that takes memory only where it is touched. */
    static long map(long sizeBytes) {
        long address;
        try {
            address = (long) Calls.MMAP.invokeExact(
                    MemorySegment.NULL, sizeBytes, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS_NORESERVE, -1, 0L);
        } catch (IllegalCallerException | LinkageError denied) {
            throw new IllegalStateException(NATIVE_ACCESS_DENIED, denied);
        } catch (Throwable unexpected) {
            throw new AssertionError("mmap", unexpected);
        }
        if (address == MAP_FAILED) {
            throw new IoFault("the operating system has no " + sizeBytes
                    + " bytes of address space left (mmap failed); configure less memory, or raise what limits it: ulimit -v, vm.max_map_count,"
                    + " or vm.overcommit_ratio where vm.overcommit_memory is 2");
        }
        return address;
    }

    static void unmap(long address, long sizeBytes) {
        int result;
        try {
            result = (int) Calls.MUNMAP.invokeExact(address, sizeBytes);
        } catch (Throwable unexpected) {
            throw new AssertionError("munmap", unexpected);
        }
        if (result != 0) {
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
     * kernel refused (older than Linux 5.7) and everything is as it was.
     */
    static boolean move(long from, long to, long sizeBytes) {
        try {
            return (long) Calls.MREMAP.invokeExact(from, sizeBytes, sizeBytes, MREMAP_ONTO, to) == to;
        } catch (Throwable unexpected) {
            throw new AssertionError("mremap", unexpected);
        }
    }

    /** Asks that no more of a mapped file be read than is touched; false where the kernel refused. */
    static boolean adviseRandom(long address, long sizeBytes) {
        return advise(address, sizeBytes, MADV_RANDOM);
    }

    private static boolean advise(long address, long sizeBytes, int advice) {
        try {
            return (int) Calls.MADVISE.invokeExact(address, sizeBytes, advice) == 0;
        } catch (Throwable unexpected) {
            throw new AssertionError("madvise", unexpected);
        }
    }
}
