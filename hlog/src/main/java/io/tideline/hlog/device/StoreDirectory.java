package io.tideline.hlog.device;

import io.tideline.fault.FormatFault;
import io.tideline.fault.IoFault;
import io.tideline.fault.LockedFault;
import java.io.IOException;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The directory of a store, held so that nobody else writes to it: by one opening of one process, whatever path leads to it.
 *
 * <p>Two things hold it. Inside the JVM a {@link JvmClaim} of the directory and of its file LOCK, by device and inode; it refuses a second
 * opening before that opens any file. Against other processes the lock of a {@link LockFile}, which ends with the process, so what a killed one
 * leaves behind is no obstacle. LOCK is never deleted: whoever deletes it while a store is open takes its protection away.
 *
 * <p>Thread-safe.
 */
public final class StoreDirectory implements AutoCloseable {
    /** The file that is locked. */
    public static final String LOCK = "LOCK";
    /** The file without which a directory is no store; it is written before any other. */
    public static final String IDENTITY = "IDENTITY";
    /** How names of files end that are being written and do not count yet. */
    public static final String TEMPORARY_SUFFIX = ".tmp";

    /** What a creation that was cut short can leave. */
    private static final Set<String> BEFORE_IDENTITY = Set.of(LOCK, IDENTITY + TEMPORARY_SUFFIX);

    private static final Queue<LockFile> KEPT_OPEN = new ConcurrentLinkedQueue<>();

    private final Path path;
    private final boolean fresh;
    private final JvmClaim claim;
    /** Null where somebody looks at a directory without LOCK. */
    private final LockFile lockFile;
    private boolean closed;

    private StoreDirectory(Path path, boolean fresh, JvmClaim claim, LockFile lockFile) {
        this.path = path;
        this.fresh = fresh;
        this.claim = claim;
        this.lockFile = lockFile;
    }

    /**
     * Takes a directory for writing. One that is not there is made, for its owner alone; its parent must be there, because a store that
     * fills the place under a file system that was not mounted helps nobody.
     *
     * @throws LockedFault if somebody else has it, naming who
     * @throws FormatFault if it holds files but no store; nothing of it was touched
     */
    public static StoreDirectory lock(Path directory) {
        if (!Files.isDirectory(directory)) {
            make(directory);
        }
        return open(directory, true);
    }

    /**
     * Takes a directory for reading by a tool: nobody writes to it until {@link #close}, other processes may look at it too. Nothing is
     * created. A directory without LOCK, such as a copy of another, is not protected.
     *
     * @throws LockedFault if a store has it open, naming who; or if this process looks at it already
     * @throws FormatFault if it holds files but no store
     */
    public static StoreDirectory look(Path directory) {
        return open(directory, false);
    }

    private static void make(Path directory) {
        try {
            Files.createDirectory(directory, DirectoryDevice.OWNER_ONLY_DIRECTORY);
        } catch (FileAlreadyExistsException there) {
            if (!Files.isDirectory(directory)) {
                throw new IoFault(directory + " is not a directory; choose another place for the store", there);
            }
        } catch (NoSuchFileException noParent) {
            throw new IoFault("the directory " + directory + " cannot be made, because its parent is not there; make that first", noParent);
        } catch (IOException failed) {
            throw IoThreads.fault("cannot make the directory " + directory, failed);
        }
    }

    private static StoreDirectory open(Path directory, boolean exclusive) {
        JvmClaim claim = new JvmClaim();
        LockFile lockFile = null;
        boolean opened = false;
        try {
            Path path = directory.toRealPath();
            take(claim, path, path);
            refuseForeign(path, exclusive);
            Path file = path.resolve(LOCK);
            if (exclusive) {
                createIfAbsent(file);
            }
            if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                take(claim, file, path);
                lockFile = LockFile.open(file, exclusive);
                lock(lockFile, exclusive, path);
            }
            boolean fresh = refuseForeign(path, exclusive); // again: until the lock was ours, others could make files
            if (exclusive) {
                LockHolder.thisProcess().sign(lockFile.signature);
            }
            if (exclusive && fresh && path.getParent() != null) {
                OwnThread.syncDirectory(path.getParent()); // the directory's own name must survive too
            }
            opened = true;
            return new StoreDirectory(path, fresh, claim, lockFile);
        } catch (NoSuchFileException missing) {
            throw new IoFault("there is no directory " + directory, missing);
        } catch (NotDirectoryException file) {
            throw new IoFault(directory + " is not a directory; choose another place for the store", file);
        } catch (OverlappingFileLockException lockedByStrangers) {
            KEPT_OPEN.add(lockFile); // closing it would give up their lock; the claim stays too, so this happens once a file
            opened = true;
            throw inUse(directory, "this process, which locked " + LOCK + " by other means");
        } catch (IOException failed) {
            throw IoThreads.fault("cannot lock the directory " + directory, failed);
        } finally {
            if (!opened) {
                release(lockFile, claim, directory);
            }
        }
    }

    private static void take(JvmClaim claim, Path file, Path directory) throws IOException {
        if (!claim.take(file)) {
            throw inUse(directory, "this process (" + ProcessHandle.current().pid() + ")");
        }
    }

    /** Whether the directory holds no store and nothing else either. */
    private static boolean refuseForeign(Path path, boolean exclusive) throws IOException {
        StoreNames.requireFile(path.resolve(LOCK)); // before anything opens it
        List<String> names = StoreNames.in(path);
        List<String> others = names.stream().filter(name -> !BEFORE_IDENTITY.contains(name)).toList();
        // asked after the names: a store that is being made has its identity before it has other files
        if (!others.isEmpty() && !Files.exists(path.resolve(IDENTITY), LinkOption.NOFOLLOW_LINKS)) {
            throw withoutIdentity(path, others, exclusive);
        }
        StoreNames.requirePlain(path, names);
        return others.isEmpty();
    }

    private static FormatFault withoutIdentity(Path path, List<String> others, boolean exclusive) throws IOException {
        Optional<String> ofAStore = StoreNames.behindIdentity(path, others);
        if (ofAStore.isPresent()) {
            return new FormatFault("the directory " + path + " holds " + ofAStore.get() + " but no " + IDENTITY
                    + ", without which the files of a store cannot be read; nothing was changed. Put " + IDENTITY + " back from a copy, or name another directory");
        }
        return new FormatFault("the directory " + path + " holds " + others.getFirst() + " but no " + IDENTITY
                + (exclusive ? ", so it is not a store and was left alone; choose an empty directory" : ", so it is not a store; name the directory of a store"));
    }

    private static void createIfAbsent(Path file) throws IOException {
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            try {
                Files.createFile(file, DirectoryDevice.OWNER_ONLY_FILE);
            } catch (FileAlreadyExistsException otherProcess) {
                return; // it was faster, and both go on with that file
            }
        }
    }

    private static void lock(LockFile lockFile, boolean exclusive, Path path) throws IOException {
        if (lockFile.tryLock(exclusive)) {
            return;
        }
        if (exclusive && lockFile.tryLock(false)) { // the closing of the file, which follows, ends it
            throw inUse(path, "another process, which only looks at it");
        }
        LockHolder holder = LockHolder.signedIn(lockFile.signature);
        boolean signed = holder != null && !holder.equals(LockHolder.thisProcess()); // ours would be from an earlier opening
        throw inUse(path, signed ? holder.toString() : "another process, which has not signed " + LOCK + " yet");
    }

    private static LockedFault inUse(Path path, String who) {
        return new LockedFault("the directory " + path + " is in use by " + who + "; close it there first");
    }

    private static void release(LockFile lockFile, JvmClaim claim, Path path) {
        try (claim) { // closed last: as long as the file is open, nobody else of this JVM may lock
            if (lockFile != null) {
                lockFile.close();
            }
        } catch (IOException failed) {
            throw IoThreads.fault("cannot close " + path.resolve(LOCK), failed);
        }
    }

    /** The directory itself, without symbolic links. */
    public Path path() {
        return path;
    }

    /** Whether it held no store, and nothing else, when it was opened. */
    public boolean isFresh() {
        return fresh;
    }

    /** The names of what is inside now, sorted; of files and directories, one level deep. */
    public List<String> names() {
        try {
            return StoreNames.in(path);
        } catch (IOException failed) {
            throw IoThreads.fault("cannot list " + path, failed);
        }
    }

    /**
     * Called before something is published that others must not see twice: a directory whose LOCK somebody removed is open to others.
     *
     * @throws LockedFault if the directory, taken for writing, is not held any more
     */
    public synchronized void requireHeld() {
        try {
            String loss = closed ? "it was closed" : lockFile.loss();
            if (loss != null) {
                throw new LockedFault("the directory " + path + " is not held any more: " + loss
                        + "; nothing was published. Find out who else uses the directory, close it there and here, and run verify");
            }
        } catch (IOException failed) {
            throw IoThreads.fault("cannot look at " + path.resolve(LOCK), failed);
        }
    }

    /** Lets others have the directory; idempotent. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            release(lockFile, claim, path);
        }
    }
}
