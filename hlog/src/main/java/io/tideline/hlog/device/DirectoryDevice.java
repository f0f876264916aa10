package io.tideline.hlog.device;

import io.tideline.fault.IoFault;
import io.tideline.memory.CloseOnExec;
import io.tideline.memory.SystemError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The names of a real directory, which every device over one treats alike; how the bytes of a file move is left to the I/O model. */
abstract class DirectoryDevice implements Device {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)?");
    /** Others of the process may take what was given back; half of what is there is given each time. */
    private static final int MAX_ATTEMPTS = 8;
    static final FileAttribute<?>[] OWNER_ONLY_FILE = ownerOnly("rw-------");
    static final FileAttribute<?>[] OWNER_ONLY_DIRECTORY = ownerOnly("rwx------");

    static {
        // has them loaded: where no descriptor is left, neither a class nor the C library can be
        SystemError.NO_DESCRIPTOR_LEFT.name();
        CloseOnExec.isSupported();
    }

    private final Path directory;
    private volatile boolean closed;
    private volatile BooleanSupplier giveBack = () -> false;

    /** A call that takes a descriptor. */
    @FunctionalInterface
    private interface Taking<T> {
        T call() throws IOException;
    }

    /** @param directory is there already */
    DirectoryDevice(Path directory) {
        this.directory = directory.toAbsolutePath();
    }

    private static FileAttribute<?>[] ownerOnly(String permissions) {
        boolean posix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
        return posix ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))}
                : new FileAttribute<?>[0];
    }

    /** The device closes, and opens no file any more. */
    final void openNoMore() {
        closed = true;
    }

    private void requireOpen(Path path) {
        if (closed) {
            throw new IoFault("the device is closed: " + path);
        }
    }

    /** A close that came meanwhile may have missed the file. */
    private DeviceFile unlessClosed(Path path, DeviceFile opened) {
        if (closed) {
            opened.close();
            requireOpen(path);
        }
        return opened;
    }

    /** Opens a file for reading and writing, not through a symbolic link; makes it, for its owner alone, where {@code fresh} says so. */
    abstract DeviceFile openFile(Path path, boolean fresh) throws IOException;

    @Override
    public DeviceFile create(String name) {
        Path path = path(name);
        requireOpen(path);
        try {
            makeParent(path);
            return unlessClosed(path, withRoom(() -> openFile(path, true)));
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
        requireOpen(path);
        try {
            return unlessClosed(path, withRoom(() -> openFile(path, false)));
        } catch (NoSuchFileException missing) {
            throw new IoFault("there is no file " + path, missing);
        } catch (IOException failed) {
            throw IoThreads.fault("cannot open " + path, failed);
        }
    }

    @Override
    public void onShortage(BooleanSupplier newGiveBack) {
        giveBack = newGiveBack;
    }

    /** Where no descriptor is left, has others given back, and tries again. Such a call has done nothing yet: Linux takes the descriptor before it makes the file. */
    private <T> T withRoom(Taking<T> taking) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                return taking.call();
            } catch (IOException failed) {
                if (attempt == MAX_ATTEMPTS || !Descriptors.ranOut(failed) || !giveBack.getAsBoolean()) {
                    throw failed;
                }
            }
        }
    }

    @Override
    public long roomForFiles() {
        long left = Descriptors.left();
        return left == Long.MAX_VALUE ? left : left / descriptorsPerFile();
    }

    int descriptorsPerFile() {
        return 1;
    }

    @Override
    public boolean exists(String name) {
        return isFile(path(name));
    }

    @Override
    public List<String> list() {
        try {
            return withRoom(this::names);
        } catch (IOException failed) {
            throw IoThreads.fault("cannot list " + directory, failed);
        }
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.walk(directory, 2)) {
            return files.filter(DirectoryDevice::isFile).map(path -> directory.relativize(path).toString().replace('\\', '/'))
                .filter(name -> NAME.matcher(name).matches()).sorted().toList();
        } catch (UncheckedIOException failed) {
            throw failed.getCause();
        }
    }

    @Override
    public void rename(String from, String to) {
        Path source = path(from);
        Path target = path(to);
        requireFile(source, "rename");
        try {
            makeParent(target);
            StoreNames.requireReplaceable(target);
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
            for (Path place : withRoom(this::directories)) {
                withRoom(() -> syncNames(place));
            }
        } catch (IOException failed) {
            throw IoThreads.fault("cannot sync the directory " + directory, failed);
        }
    }

    private static Path syncNames(Path place) throws IOException {
        OwnThread.syncDirectory(place);
        return place;
    }

    /** Those in the directory, then the directory itself. */
    private List<Path> directories() throws IOException {
        try (Stream<Path> inside = Files.list(directory)) {
            return Stream.concat(inside.filter(path -> Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)), Stream.of(directory)).toList();
        } catch (UncheckedIOException failed) {
            throw failed.getCause();
        }
    }

    /** The name, if it is one. */
    static String requireName(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("'" + name + "' is no name of a file of a store");
        }
        return name;
    }

    private Path path(String name) {
        Path path = directory.resolve(requireName(name));
        Path parent = path.getParent();
        if (!parent.equals(directory) && Files.isSymbolicLink(parent)) {
            throw new IoFault(parent + " is a symbolic link, and files of a store are not reached through one");
        }
        return path;
    }
}
