package io.tideline.hlog.device;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;

/**
 * Files past the page cache (O_DIRECT), read and written by {@link IoThreads}: the disk moves bytes to and from the caller's own memory, so
 * that what the store keeps in its memory is not kept a second time by the operating system.
 *
 * <p>Where a file system refuses that, its files go through the page cache like those of a {@link FileDevice}, and {@link #fallback} says
 * why. The alignment is asked for all the same: it is known before the first file is opened, and a store can move between file systems.
 */
public class DirectDevice extends FileDevice {
    /** Of sectors and of the blocks of file systems that this model serves: the size of a page on most machines. */
    static final int ALIGNMENT_BYTES = 4096;

    /** Null in a runtime without the module jdk.unsupported. */
    private static final OpenOption DIRECT = directOption();

    /** Why this stands in for another model; empty if it was asked for. */
    private final String instead;
    /** Empty until a file system refuses. */
    private volatile String refusal = "";

    /**
     * @param directory is there already
     * @param threads how many transfers may be under way at once
     */
    public DirectDevice(Path directory, int threads) {
        this(directory, threads, "");
    }

    /** @param instead why this stands in for another model */
    DirectDevice(Path directory, int threads, String instead) {
        super(directory, threads);
        this.instead = Objects.requireNonNull(instead);
    }

    /** By name: javac warns of every other use, and cannot be told not to. */
    private static OpenOption directOption() {
        try {
            for (Object option : Class.forName("com.sun.nio.file.ExtendedOpenOption").getEnumConstants()) {
                if (option.toString().equals("DIRECT")) {
                    return (OpenOption) option;
                }
            }
            return null;
        } catch (ClassNotFoundException elsewhere) {
            return null;
        }
    }

    @Override
    FileChannel channel(Path path, boolean fresh) throws IOException {
        try {
            long blockBytes = blockBytes(path);
            if (ALIGNMENT_BYTES % blockBytes != 0) {
                refusal = path + " lies on a file system with blocks of " + blockBytes + " bytes, which do not divide " + ALIGNMENT_BYTES;
                return super.channel(path, fresh);
            }
            return direct(path, fresh);
        } catch (FileSystemException failed) {
            if (!"Invalid argument".equals(failed.getReason())) {
                throw failed;
            }
            refusal = "the file system of " + path + " refuses O_DIRECT";
            return super.channel(path, fresh && !Files.exists(path)); // Linux makes the file before it refuses
        } catch (UnsupportedOperationException elsewhere) {
            refusal = "there is no O_DIRECT here: " + elsewhere.getMessage();
            return super.channel(path, fresh);
        }
    }

    /** What the file system asks offsets to be multiples of. */
    long blockBytes(Path path) throws IOException {
        return Files.getFileStore(path.getParent()).getBlockSize();
    }

    /** A channel that passes the page cache by. */
    FileChannel direct(Path path, boolean fresh) throws IOException {
        if (DIRECT == null) {
            throw new UnsupportedOperationException("this JVM has no module jdk.unsupported, which opens files with O_DIRECT");
        }
        return channel(path, fresh, Set.of(DIRECT));
    }

    @Override
    public final int alignmentBytes() {
        return ALIGNMENT_BYTES;
    }

    @Override
    public String model() {
        return refusal.isEmpty() ? "direct" : "buffered";
    }

    @Override
    public String fallback() {
        return !instead.isEmpty() && !refusal.isEmpty() ? instead + "; " + refusal : instead + refusal;
    }
}
