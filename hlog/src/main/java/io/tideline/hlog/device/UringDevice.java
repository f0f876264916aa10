package io.tideline.hlog.device;

import io.tideline.memory.IoUring;
import io.tideline.memory.NativeFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Files whose transfers the kernel carries out itself, many at once, on behalf of one thread of the device's own (io_uring). It takes less of
 * the processors than a thread for each transfer. A caller that waits for a read makes it itself, which spares two wake-ups, and looks for it before it
 * sleeps, which spares the third. Linux only; {@link #open} serves where the kernel refuses, too.
 */
public final class UringDevice extends DirectoryDevice {
    private final UringThread thread;
    private final CallerRings rings;
    /** Null where files go through the page cache. */
    private final DirectOpening opening;
    private final Set<CountedFile> openFiles = ConcurrentHashMap.newKeySet();

    /**
     * @param directory is there already
     * @param direct whether to pass the page cache by, where the file system allows that
     * @param spinNanos how long a thread that waits for a read looks for it before it sleeps; 0 for not at all
     * @throws IoUring.Refusal if the kernel has no ring for this process; the message says why
     */
    public UringDevice(Path directory, boolean direct, long spinNanos) throws IoUring.Refusal {
        super(directory);
        this.opening = direct ? new DirectOpening() : null;
        this.rings = new CallerRings(Runtime.getRuntime().availableProcessors(), spinNanos);
        this.thread = new UringThread("tideline-uring " + directory);
    }

    /**
     * Past the page cache, by io_uring; by a {@link DirectDevice} with so many threads where the kernel refuses, and says why.
     *
     * @param spinNanos as in the constructor
     */
    public static Device open(Path directory, int threads, long spinNanos) {
        try {
            return new UringDevice(directory, true, spinNanos);
        } catch (IoUring.Refusal refused) {
            return fallback(directory, threads, refused);
        }
    }

    static Device fallback(Path directory, int threads, IoUring.Refusal refused) {
        return new DirectDevice(directory, threads, refused.getMessage());
    }

    @Override
    DeviceFile openFile(Path path, boolean fresh) throws IOException {
        NativeFile file = opening == null ? NativeFile.open(path, fresh, false) : opening.open(path, fresh,
                (place, create) -> NativeFile.open(place, create, true), (place, create) -> NativeFile.open(place, create, false));
        return new UringFile(path, file, alignmentBytes(), thread, rings, openFiles);
    }

    @Override
    public int alignmentBytes() {
        return opening == null ? 1 : DirectOpening.ALIGNMENT_BYTES;
    }

    @Override
    public String model() {
        return opening == null || !opening.refusal().isEmpty() ? "uring buffered" : "uring";
    }

    @Override
    public String fallback() {
        return opening == null ? "" : opening.refusal();
    }

    @Override
    public void close() {
        openNoMore();
        thread.close();
        try {
            openFiles.forEach(CountedFile::close);
        } finally {
            rings.close();
        }
    }
}
