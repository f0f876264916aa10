package io.tideline.cli.bench;

import io.tideline.cli.console.Failure;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;

/**
 * What a contestant that keeps its data on disk needs around its process: a folder of its own, and the limit of its memory if there is
 * one. Both are gone after {@link #close}.
 */
final class Workplace implements AutoCloseable {

    private final Path folder;
    private final MemoryLimit limit;

    private Workplace(Path folder, MemoryLimit limit) {
        this.folder = folder;
        this.limit = limit;
    }

    /**
     * Makes the folder, in {@code parent}, which is made too.
     *
     * @param limit null for none
     */
    static Workplace in(Path parent, String name, MemoryLimit limit) {
        try {
            return new Workplace(Files.createTempDirectory(Files.createDirectories(parent), name + "-"), limit);
        } catch (IOException refused) {
            if (limit != null) {
                limit.close();
            }
            throw new Failure("Cannot make a folder for the contestant " + name + " in " + parent + ": " + refused.getMessage() + ".", refused);
        }
    }

    Path folder() {
        return folder;
    }

    Optional<MemoryLimit> limit() {
        return Optional.ofNullable(limit);
    }

    /** Removes all of it; the process must have ended. */
    @Override
    public void close() {
        try {
            if (limit != null) {
                limit.close();
            }
        } finally {
            removeFolder();
        }
    }

    private void removeFolder() {
        try {
            Files.walkFileTree(folder, new SimpleFileVisitor<>() {

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.deleteIfExists(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path left, IOException failed) throws IOException {
                    Files.deleteIfExists(left);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException refused) {
            throw new Failure("Cannot remove " + folder + ", where a contestant had its data: " + refused.getMessage()
                    + ". Remove it by hand.", refused);
        }
    }
}
