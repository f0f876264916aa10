package io.tideline.hlog.device;

import io.tideline.fault.IoFault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Files through the page cache of the operating system, read and written by {@link IoThreads}. */
public class FileDevice implements Device {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)?");
    static final FileAttribute<?>[] OWNER_ONLY_FILE = ownerOnly("rw-------");
    static final FileAttribute<?>[] OWNER_ONLY_DIRECTORY = ownerOnly("rwx------");

    private final Path directory;
    private final IoThreads threads;
    private final Set<ChannelFile> openFiles = ConcurrentHashMap.newKeySet();

    /**
     * @param directory is there already
     * @param threads how many transfers may be under way at once
     */
    public FileDevice(Path directory, int threads) {
        this.directory = directory.toAbsolutePath();
        this.threads = new IoThreads(threads, "tideline-io " + directory);
    }

    private static FileAttribute<?>[] ownerOnly(String permissions) {
        boolean posix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
        return posix ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))}
                : new FileAttribute<?>[0];
    }

    /** How channels are opened beyond read and write. */
    Set<OpenOption> extraOptions() {
        return Set.of();
    }

    @Override
    public int alignmentBytes() {
        return 1;
    }

    @Override
    public String model() {
        return "buffered";
    }

    @Override
    public DeviceFile create(String name) {
        Path path = path(name);
        try {
            makeParent(path);
            return channelFile(path, true);
        } catch (FileAlreadyExistsException taken) {
            throw new IoFault(path + " is there already and is not overwritten", taken);
        } catch (IOException failed) {
            throw IoThreads.fault("cannot create " + path, failed);
        }
    }

    private void makeParent(Path path) throws IOException {
        Path parent = path.getParent();
        if (parent.equals(directory) || Files.isDirectory(parent)) {
            return;
        }
        try {
            Files.createDirectory(parent, OWNER_ONLY_DIRECTORY);
        } catch (FileAlreadyExistsException raced) {
            if (!Files.isDirectory(parent)) {
                throw new IoFault(parent + " is no directory", raced);
            }
        }
    }

    @Override
    public DeviceFile open(String name) {
        Path path = path(name);
        try {
            return channelFile(path, false);
        } catch (NoSuchFileException missing) {
            throw new IoFault("there is no file " + path, missing);
        } catch (IOException failed) {
            throw IoThreads.fault("cannot open " + path, failed);
        }
    }

    private DeviceFile channelFile(Path path, boolean fresh) throws IOException {
        Set<OpenOption> options = new HashSet<>(extraOptions());
        options.addAll(List.of(StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS));
        if (fresh) {
            options.add(StandardOpenOption.CREATE_NEW);
        }
        return new ChannelFile(path, FileChannel.open(path, options, fresh ? OWNER_ONLY_FILE : new FileAttribute<?>[0]), threads, openFiles);
    }

    @Override
    public boolean exists(String name) {
        return isFile(path(name));
    }

    @Override
    public List<String> list() {
        try (Stream<Path> files = Files.walk(directory, 2)) {
            return files.filter(FileDevice::isFile).map(path -> directory.relativize(path).toString().replace('\\', '/'))
                .filter(name -> NAME.matcher(name).matches()).sorted().toList();
        } catch (IOException | UncheckedIOException failed) {
            throw new IoFault("cannot list " + directory + ": " + failed.getMessage(), failed);
        }
    }

    @Override
    public void rename(String from, String to) {
        Path source = path(from);
        Path target = path(to);
        requireFile(source, "rename");
        try {
            makeParent(target);
            Files.move(source, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException failed) {
            throw IoThreads.fault("cannot rename " + source + " to " + target, failed);
        }
    }

    @Override
    public void delete(String name) {
        Path path = path(name);
        requireFile(path, "delete");
        try {
            Files.delete(path);
        } catch (IOException failed) {
            throw IoThreads.fault("cannot delete " + path, failed);
        }
    }

    /** Directories and links are no files of a store. */
    private static boolean isFile(Path path) {
        return Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS);
    }

    private static void requireFile(Path path, String what) {
        if (!isFile(path)) {
            throw new IoFault("there is no file " + path + " to " + what);
        }
    }

    @Override
    public void syncDirectory() {
        try {
            for (Path child : subdirectories()) {
                OwnThread.syncDirectory(child);
            }
            OwnThread.syncDirectory(directory);
        } catch (IOException failed) {
            throw IoThreads.fault("cannot sync the directory " + directory, failed);
        }
    }

    private List<Path> subdirectories() throws IOException {
        try (Stream<Path> inside = Files.list(directory)) {
            return inside.filter(path -> Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)).toList();
        } catch (UncheckedIOException failed) {
            throw failed.getCause();
        }
    }

    private Path path(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("'" + name + "' is no name of a file of a store");
        }
        Path path = directory.resolve(name);
        Path parent = path.getParent();
        if (!parent.equals(directory) && Files.isSymbolicLink(parent)) {
            throw new IoFault(parent + " is a symbolic link, and files of a store are not reached through one");
        }
        return path;
    }

    @Override
    public void close() {
        threads.close();
        openFiles.forEach(ChannelFile::close);
    }
}
