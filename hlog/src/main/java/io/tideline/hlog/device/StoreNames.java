package io.tideline.hlog.device;

import io.tideline.fault.FormatFault;
import io.tideline.fault.IoFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The names that are the store's inside its directory, and what may stand under them: files and folders themselves. A symbolic link, a FIFO or the
 * like would not count as the store's file and would be replaced by the next one of its name, or leave a part of the store unseen.
 */
final class StoreNames {
    private static final Pattern FILE = Pattern.compile("(LOCK|IDENTITY|CLEAN-CLOSE|MANIFEST-[1-9][0-9]{0,18})(\\.tmp)?");
    private static final Pattern BEHIND_IDENTITY = Pattern.compile("CLEAN-CLOSE|MANIFEST-[1-9][0-9]{0,18}");
    /** The folders, and the names that are the store's inside each. */
    private static final Map<String, Pattern> FOLDERS = Map.of(
            "log", Pattern.compile("[0-9]{12}"),
            "checkpoints", Pattern.compile("[1-9][0-9]{0,18}-[a-z][a-z0-9]{0,31}"));

    private static final int KIND_BITS = 0xF000;
    private static final int FIFO = 0x1000;
    private static final int CHARACTER_DEVICE = 0x2000;
    private static final int BLOCK_DEVICE = 0x6000;
    private static final int SOCKET = 0xC000;

    private StoreNames() {
    }

    /** What is inside a directory, sorted. */
    static List<String> in(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    /** A file that hardly anybody but a store would have there, and a store has its identity before it; of a directory without that. */
    static Optional<String> behindIdentity(Path directory, List<String> names) throws IOException {
        for (String name : names) {
            if (BEHIND_IDENTITY.matcher(name).matches()) {
                return Optional.of(name);
            }
            if (FOLDERS.containsKey(name) && Files.isDirectory(directory.resolve(name), LinkOption.NOFOLLOW_LINKS)) {
                Optional<String> inside = in(directory.resolve(name)).stream().filter(each -> FOLDERS.get(name).matcher(each).matches()).findFirst();
                if (inside.isPresent()) {
                    return Optional.of(name + "/" + inside.get());
                }
            }
        }
        return Optional.empty();
    }

    /**
     * Looks at what stands under the store's names; other names are nobody's business.
     *
     * @throws FormatFault if something does that is no file, or no folder where one belongs
     */
    static void requirePlain(Path directory, List<String> names) throws IOException {
        for (String name : names) {
            Path path = directory.resolve(name);
            if (FILE.matcher(name).matches()) {
                requireFile(path);
            } else if (FOLDERS.containsKey(name)) {
                requireFolder(path);
                for (String inside : in(path)) {
                    if (FOLDERS.get(name).matcher(inside).matches()) {
                        requireFile(path.resolve(inside));
                    }
                }
            }
        }
    }

    /** One that is gone is none that stands in the way. */
    static void requireFile(Path path) throws IOException {
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS) && !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            boolean isMadeAnew = path.endsWith(StoreDirectory.LOCK) || path.toString().endsWith(StoreDirectory.TEMPORARY_SUFFIX);
            throw new FormatFault(path + " is not a regular file but " + kind(path) + ", so the directory was left alone; "
                    + (isMadeAnew ? "remove it" : "put the file that was there in its place") + ", or choose another directory");
        }
    }

    private static void requireFolder(Path path) throws IOException {
        if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            throw new FormatFault(path + " is not a directory but " + kind(path)
                    + ", so the directory was left alone; put the directory that was there in its place, or choose another directory");
        }
    }

    /** Lets a file get that name: only a file may be replaced, and only by whoever has the directory. */
    static void requireReplaceable(Path path) throws IOException {
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS) && !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            throw new IoFault(path + " is not a regular file but " + kind(path) + ", and is not overwritten; somebody else writes to this directory");
        }
    }

    private static String kind(Path path) throws IOException {
        try {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (attributes.isSymbolicLink()) {
                return "a symbolic link to " + Files.readSymbolicLink(path);
            }
            return attributes.isDirectory() ? "a directory" : attributes.isRegularFile() ? "a file" : special(path);
        } catch (NoSuchFileException gone) {
            return "something that is gone by now";
        }
    }

    private static String special(Path path) throws IOException {
        if (!path.getFileSystem().supportedFileAttributeViews().contains("unix")) {
            return "of another kind";
        }
        return switch ((int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS) & KIND_BITS) {
            case FIFO -> "a FIFO";
            case SOCKET -> "a socket";
            case CHARACTER_DEVICE, BLOCK_DEVICE -> "a device";
            default -> "of another kind";
        };
    }
}
