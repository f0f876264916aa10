package io.tideline.hlog.device;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/** A device of a process that may open only so many files, and learns it only when it opens one more. */
public final class ScarceDevice extends FileDevice {
    private final int mostFiles;
    private final AtomicInteger refusals = new AtomicInteger();

    public ScarceDevice(Path directory, int mostFiles) {
        super(directory, 1);
        this.mostFiles = mostFiles;
    }

    @Override
    DeviceFile openFile(Path path, boolean fresh) throws IOException {
        if (openFiles.size() >= mostFiles) {
            refusals.incrementAndGet();
            throw new FileSystemException(path.toString(), null, "Too many open files");
        }
        return super.openFile(path, fresh);
    }

    @Override
    public long roomForFiles() {
        return Long.MAX_VALUE;
    }

    public int refusals() {
        return refusals.get();
    }
}
