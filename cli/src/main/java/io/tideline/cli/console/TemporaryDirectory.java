package io.tideline.cli.console;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A directory for files that nobody wants afterwards. It goes when it is closed, and after Ctrl-C. */
public final class TemporaryDirectory implements AutoCloseable {

    /** While somebody still makes files in it, it is emptied again and again, so often at most. */
    private static final int MOST_ROUNDS = 100;

    private final Path path;
    private volatile boolean isKept;

    private TemporaryDirectory(Path path) {
        this.path = path;
    }

    /** Makes one where the system keeps such, which is there, for its owner alone. */
    public static TemporaryDirectory create(Interruption interruption) {
        return make(Path.of(System.getProperty("java.io.tmpdir")), false, interruption);
    }

    /** Makes one in another directory, which is made too if only its parent is there. */
    public static TemporaryDirectory createIn(Path parent, Interruption interruption) {
        return make(parent, true, interruption);
    }

    private static TemporaryDirectory make(Path parent, boolean withParent, Interruption interruption) {
        Path made;
        try {
            if (withParent && !Files.exists(parent)) {
                Files.createDirectory(parent);
            }
            made = Files.createTempDirectory(parent, "tideline-");
        } catch (IOException refused) {
            throw new Failure("Cannot make a temporary directory in " + parent + ": " + Reason.of(refused)
                    + "; name one with --dir.", refused);
        }
        TemporaryDirectory directory = new TemporaryDirectory(made);
        interruption.cleanUp(directory::remove);
        return directory;
    }

    public Path path() {
        return path;
    }

    /** Leaves it where it is, with everything inside: somebody wants it after all. */
    public void keep() {
        isKept = true;
    }

    /** Removes it with everything inside. */
    @Override
    public void close() {
        IOException refused = remove();
        if (refused != null) {
            throw new Failure("Cannot remove the temporary directory " + path + ": " + Reason.of(refused) + "; remove it by hand.", refused);
        }
    }

    /** Null if it is gone; the last refusal if not. */
    private IOException remove() {
        IOException last = null;
        for (int round = 0; round < MOST_ROUNDS && !isKept && Files.exists(path); round++) {
            last = removeOnce();
        }
        return isKept || !Files.exists(path) ? null : last;
    }

    private IOException removeOnce() {
        IOException refused = null;
        try (Stream<Path> files = Files.walk(path)) {
            List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
            for (Path file : deepestFirst) {
                Files.deleteIfExists(file);
            }
        } catch (NoSuchFileException another) {
            refused = another; // somebody else removed it
        } catch (IOException failed) {
            refused = failed;
        } catch (UncheckedIOException failed) {
            refused = failed.getCause();
        }
        return refused;
    }
}
