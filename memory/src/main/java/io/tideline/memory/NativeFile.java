package io.tideline.memory;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * A descriptor of a file, for an {@link IoUring} and for threads that read by themselves: open for reading and writing, closed in programs that this one starts, reached through no
 * symbolic link. Linux only. An interrupt of the caller harms nothing. The owner makes sure that nobody uses it once it is closed.
 */
public final class NativeFile implements AutoCloseable {
    static {
        Errno.text(Errno.EMFILE); // has it loaded: where no descriptor is left, no class can be loaded to say so
    }

    private final Path path;
    private final int descriptor;
    private final boolean direct;

    private NativeFile(Path path, int descriptor, boolean direct) {
        this.path = path;
        this.descriptor = descriptor;
        this.direct = direct;
    }

    /** Whether this system has descriptors of that kind, and memory that the kernel can reach. */
    public static boolean isSupported() {
        return LinuxCall.areThere() && Words.door().isNative();
    }

    /** Makes a file for its owner alone, or opens one that is there. */
    public static NativeFile open(Path path, boolean create, boolean direct) throws IOException {
        return new NativeFile(path, (int) checked(path, SystemCall.open(path.toString(), create, direct)), direct);
    }

    private static long checked(Path path, long result) throws IOException {
        if (result >= 0) {
            return result;
        }
        throw switch ((int) -result) {
            case Errno.EEXIST -> new FileAlreadyExistsException(path.toString());
            case Errno.ENOENT -> new NoSuchFileException(path.toString());
            default -> new FileSystemException(path.toString(), null, Errno.text((int) -result));
        };
    }

    int descriptor() {
        return descriptor;
    }

    /** Whether its transfers pass the page cache. */
    public boolean isDirect() {
        return direct;
    }

    public long sizeBytes() throws IOException {
        return checked(path, SystemCall.size(descriptor));
    }

    public void truncate(long sizeBytes) throws IOException {
        checked(path, SystemCall.truncate(descriptor, sizeBytes));
    }

    /**
     * Reads from {@code offset} on to memory at {@code address}; the calling thread blocks meanwhile, and its carrier too if it is a virtual one.
     *
     * @return how many bytes came, fewer where the file ends; or the error, as {@link IoUring} gives it: see {@link IoUring#text}
     */
    public int read(long offset, long address, int lengthBytes) {
        return (int) SystemCall.read(descriptor, address, lengthBytes, offset);
    }

    /** Once; a second call might close what somebody else opened meanwhile. */
    @Override
    public void close() throws IOException {
        checked(path, SystemCall.close(descriptor));
    }
}
