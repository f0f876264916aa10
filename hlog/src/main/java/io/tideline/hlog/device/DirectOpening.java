package io.tideline.hlog.device;

import io.tideline.memory.SystemError;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Opens files past the page cache where their file system allows that, and through it where not; remembers why. Thread-safe. */
class DirectOpening {
    /** Of sectors and of the blocks of file systems that this serves: the size of a page on most machines. */
    static final int ALIGNMENT_BYTES = 4096;
    private static final int MAX_ATTEMPTS = 100;

    /** Empty until a file system refuses. */
    private volatile String refusal = "";

    /** One way of opening a file, or of making it where {@code fresh} says so. */
    @FunctionalInterface
    interface Way<T> {
        T open(Path path, boolean fresh) throws IOException;
    }

    final <T> T open(Path path, boolean fresh, Way<T> direct, Way<T> buffered) throws IOException {
        try {
            long blockBytes = blockBytes(path);
            if (blockBytes > 0 && ALIGNMENT_BYTES % blockBytes == 0) {
                return direct.open(path, fresh);
            }
            refusal = path + " lies on a file system with blocks of " + blockBytes + " bytes, which do not divide " + ALIGNMENT_BYTES;
            return buffered.open(path, fresh);
        } catch (FileSystemException failed) {
            if (!SystemError.INVALID_ARGUMENT.isReasonOf(failed)) {
                throw failed;
            }
            refusal = "the file system of " + path + " refuses O_DIRECT";
            return buffered.open(path, fresh && !Files.exists(path)); // Linux makes the file before it refuses
        } catch (UnsupportedOperationException elsewhere) {
            refusal = "there is no O_DIRECT here: " + elsewhere.getMessage();
            return buffered.open(path, fresh);
        }
    }

    /** What the file system asks offsets to be multiples of. */
    long blockBytes(Path path) throws IOException {
        Path directory = path.getParent();
        for (int attempt = 1; ; attempt++) {
            try {
                return Files.getFileStore(directory).getBlockSize();
            } catch (IOException failed) {
                // Java looks for it in the table of mounts, and where there is no descriptor to read that, it says that nothing is mounted there
                Files.newDirectoryStream(directory).close(); // says why, if that is so
                if (attempt == MAX_ATTEMPTS) {
                    throw failed;
                }
                // else somebody has given one back in between, for which this is not alone
            }
        }
    }

    /** Why files are opened through the page cache; empty if none was. */
    final String refusal() {
        return refusal;
    }
}
