package io.tideline.cli.console;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * A result file that is either whole or not there: the text is written and forced to a temporary file beside it, which then takes its
 * name in one step. What cannot be replaced, such as {@code /dev/stdout} or a pipe, is written directly, behind what is already there.
 */
public final class ResultFile {

    private final Path target;

    private ResultFile(Path target) {
        this.target = target;
    }

    /**
     * Names the file without touching it, and refuses with a {@link Failure} what cannot work, so that nobody works for an hour and then
     * loses the result.
     *
     * @param option that names it, for messages
     */
    public static ResultFile at(String option, String name) {
        Path path;
        try {
            path = Path.of(name);
        } catch (InvalidPathException wrong) {
            throw new Failure(option + " " + name + ": this is not a file name: " + wrong.getReason() + ".", wrong);
        }
        if (name.isEmpty() || name.equals("-")) {
            throw new Failure(option + " '" + name + "': give the name of a file, or /dev/stdout for the standard output.");
        }
        if (Files.isDirectory(path)) {
            throw new Failure(option + " " + name + ": this is a directory; give the name of a file in it.");
        }
        Path directory = path.toAbsolutePath().getParent();
        if (!Files.isDirectory(directory)) {
            throw new Failure(option + " " + name + ": there is no directory " + directory + "; create it first.");
        }
        if (!Files.isWritable(isReplaceable(path) ? directory : path)) {
            throw new Failure(option + " " + name + ": permission denied; choose a file in a directory that you may write.");
        }
        return new ResultFile(path);
    }

    /**
     * Refuses a file among those of a store, which would be gone then.
     *
     * @param option that names the file
     */
    void requireOutside(String option, Path store) {
        if (isInside(target, store)) {
            throw new Failure(option + " " + target + ": this would be among the files of the store in " + store + "; name a file elsewhere.");
        }
    }

    /** Whether a file, which may not be there yet, lies in a folder or below, links followed. */
    public static boolean isInside(Path file, Path folder) {
        return real(file).startsWith(real(folder));
    }

    private static Path real(Path path) {
        Path absolute = path.toAbsolutePath().normalize();
        try {
            return absolute.toRealPath();
        } catch (IOException notThere) {
            Path parent = absolute.getParent();
            return parent == null ? absolute : real(parent).resolve(absolute.getFileName());
        }
    }

    /** Writes {@code content}; on any error the old content of the file, if any, stays, and a {@link Failure} says why. */
    public void write(String content) {
        byte[] text = content.getBytes(StandardCharsets.UTF_8);
        try {
            if (isReplaceable(target)) {
                replace(Files.exists(target) ? target.toRealPath() : target.toAbsolutePath(), text);
            } else {
                Files.write(target, text, StandardOpenOption.APPEND);
            }
        } catch (IOException refused) {
            throw new Failure("Cannot write " + target + ": " + Reason.of(refused) + ".", refused);
        }
    }

    /** A name below /dev or /proc may lead to an ordinary file, such as the one the standard output goes to, which must not vanish. */
    private static boolean isReplaceable(Path path) {
        Path absolute = path.toAbsolutePath().normalize();
        return !absolute.startsWith("/dev") && !absolute.startsWith("/proc") && (!Files.exists(path) || Files.isRegularFile(path));
    }

    private static void replace(Path file, byte[] text) throws IOException {
        Path temporary = file.resolveSibling("." + file.getFileName() + "." + UUID.randomUUID() + ".tmp");
        try {
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                ByteBuffer rest = ByteBuffer.wrap(text);
                while (rest.hasRemaining()) {
                    channel.write(rest);
                }
                channel.force(true);
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }
}
