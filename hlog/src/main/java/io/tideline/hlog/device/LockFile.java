package io.tideline.hlog.device;

import io.tideline.memory.CloseOnExec;
import io.tideline.memory.OpenFileLock;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/**
 * The file LOCK of a directory, open, and the lock of the operating system on it: on Linux one that belongs to this very opening, so that nobody else in the
 * process loses it by reading the file; elsewhere, and where a file system knows no such locks, a {@link java.nio.channels.FileLock}, which is lost that way.
 *
 * <p>Not as a channel, which an interrupt of the caller would close. Not thread-safe.
 */
final class LockFile implements AutoCloseable {
    /** Behind the signature, which stays readable also where locks keep others from reading. */
    private static final long LOCKED_OFFSET = 1L << 40;

    /** The holder's signature is read and written here. */
    final RandomAccessFile signature;
    private final Path path;
    private final Object key;
    /** Null where there are none. It stays open also where the file system refuses it: its closing would end the other kind of lock. */
    private final OpenFileLock ownLock;
    private boolean isOwn;

    private LockFile(Path path, Object key, RandomAccessFile signature, OpenFileLock ownLock) {
        this.path = path;
        this.key = key;
        this.signature = signature;
        this.ownLock = ownLock;
    }

    /** Opens the file, which is there. It would follow a symbolic link, so it must be none before and the same file after. */
    static LockFile open(Path path, boolean exclusive) throws IOException {
        Object key = JvmClaim.keyOf(path);
        RandomAccessFile signature = new RandomAccessFile(path.toFile(), exclusive ? "rw" : "r");
        LockFile opened = null;
        try {
            CloseOnExec.mark(path);
            OpenFileLock ownLock = OpenFileLock.open(path, exclusive);
            LockFile file = new LockFile(path, key, signature, ownLock);
            if (!file.isInPlace()) {
                file.closeLock();
                throw new IOException(path + " was replaced while it was opened");
            }
            opened = file;
            return opened;
        } finally {
            if (opened == null) {
                signature.close();
            }
        }
    }

    /**
     * Takes the lock, or keeps it; whether it is this opening's now.
     *
     * @throws OverlappingFileLockException if somebody else in this process has one
     */
    boolean tryLock(boolean exclusive) throws IOException {
        OpenFileLock.Answer answer = ownLock == null ? OpenFileLock.Answer.UNSUPPORTED : ownLock.tryTake(LOCKED_OFFSET, 1, exclusive);
        return switch (answer) {
            case TAKEN -> {
                isOwn = true;
                yield true;
            }
            case REFUSED -> {
                if (ownLock.meetsThisProcess(LOCKED_OFFSET, 1)) {
                    throw new OverlappingFileLockException();
                }
                yield false;
            }
            case UNSUPPORTED -> signature.getChannel().tryLock(LOCKED_OFFSET, 1, !exclusive) != null;
        };
    }

    /** Why an exclusive lock that was taken does not keep everybody out any more; null where it does. Of a {@link java.nio.channels.FileLock} only its file is looked at. */
    String loss() throws IOException {
        if (!isInPlace()) {
            return path + " was removed or replaced";
        }
        // to take what is held changes nothing, and a network file system may have lost it
        return isOwn && ownLock.tryTake(LOCKED_OFFSET, 1, true) == OpenFileLock.Answer.REFUSED ? path + " is locked by somebody else" : null;
    }

    /** Whether the name still leads to the file that is open: others lock what the name leads to. */
    private boolean isInPlace() throws IOException {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS) && key.equals(JvmClaim.keyOf(path));
    }

    private void closeLock() throws IOException {
        if (ownLock != null) {
            ownLock.close();
        }
    }

    /** Gives the lock up. Once. */
    @Override
    public void close() throws IOException {
        try (signature) {
            closeLock();
        }
    }
}
