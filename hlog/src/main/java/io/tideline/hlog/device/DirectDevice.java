package io.tideline.hlog.device;

import java.io.IOException;
import java.nio.channels.FileChannel;
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
    /** Null in a runtime without the module jdk.unsupported. */
    private static final OpenOption DIRECT = directOption();

    /** Why this stands in for another model; empty if it was asked for. */
    private final String instead;
    private final DirectOpening opening;

    /**
     * @param directory is there already
     * @param threads how many transfers may be under way at once
     */
    public DirectDevice(Path directory, int threads) {
        this(directory, threads, "");
    }

    /** @param instead why this stands in for another model */
    DirectDevice(Path directory, int threads, String instead) {
        this(directory, threads, instead, new DirectOpening());
    }

    DirectDevice(Path directory, int threads, String instead, DirectOpening opening) {
        super(directory, threads);
        this.instead = Objects.requireNonNull(instead);
        this.opening = opening;
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
    DeviceFile openFile(Path path, boolean fresh) throws IOException {
        return opening.open(path, fresh, (place, create) -> file(place, direct(place, create), true), super::openFile);
    }

    /** A channel that passes the page cache by. */
    FileChannel direct(Path path, boolean fresh) throws IOException {
        if (DIRECT == null) {
            throw new UnsupportedOperationException("this JVM has no module jdk.unsupported, which opens files with O_DIRECT");
        }
        return channel(path, fresh, Set.of(DIRECT));
    }

    @Override
    public int alignmentBytes() {
        return DirectOpening.ALIGNMENT_BYTES;
    }

    @Override
    public String model() {
        return opening.refusal().isEmpty() ? "direct" : "buffered";
    }

    @Override
    public String fallback() {
        String refusal = opening.refusal();
        return !instead.isEmpty() && !refusal.isEmpty() ? instead + "; " + refusal : instead + refusal;
    }
}
