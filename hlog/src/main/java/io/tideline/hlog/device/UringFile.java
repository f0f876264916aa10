package io.tideline.hlog.device;

import io.tideline.fault.IoFault;
import io.tideline.memory.NativeFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;

/** A file whose transfers go through the ring of a {@link UringThread}, but for those of callers that can read by themselves. */
final class UringFile extends CountedFile {
    final NativeFile file;
    private final UringThread thread;

    /** @param rings for those who wait for a read; of no use to a file in the page cache, which has the answer at once */
    UringFile(Path path, NativeFile file, int unitBytes, UringThread thread, CallerRings rings, Set<CountedFile> open) {
        super(path, open, file.isDirect() ? (offset, address, lengthBytes) -> rings.read(file, offset, address, lengthBytes) : file::read, unitBytes);
        this.file = file;
        this.thread = thread;
    }

    @Override
    void take(IoRequest request) {
        thread.accept(request);
    }

    @Override
    public long sizeBytes() {
        requireOpen();
        try {
            return file.sizeBytes();
        } catch (IOException failed) {
            throw IoThreads.fault("cannot tell the size of " + path, failed);
        } finally {
            ended();
        }
    }

    @Override
    public void truncate(long sizeBytes) {
        requireOpen();
        try {
            long present = file.sizeBytes();
            if (sizeBytes < 0 || sizeBytes > present) {
                throw new IllegalArgumentException("cannot cut " + path + " of " + present + " bytes off behind " + sizeBytes);
            }
            file.truncate(sizeBytes);
        } catch (IOException failed) {
            throw IoThreads.fault("cannot truncate " + path + " to " + sizeBytes + " bytes", failed);
        } finally {
            ended();
        }
    }

    private void requireOpen() {
        if (!begin()) {
            throw new IoFault("the file is closed: " + path);
        }
    }

    @Override
    void release() throws IOException {
        file.close();
    }
}
