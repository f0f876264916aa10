package io.tideline.cli.bench.contestant;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A fresh folder for the files of one opening, removed with all that is in it. */
public record DiskFolder(Path path) implements AutoCloseable {

    public static DiskFolder in(Path parent) {
        try {
            return new DiskFolder(Files.createTempDirectory(Files.createDirectories(parent), "data-"));
        } catch (IOException refused) {
            throw new UncheckedIOException("Cannot make a folder in " + parent, refused);
        }
    }

    @Override
    public void close() {
        try (Stream<Path> paths = Files.walk(path)) {
            for (Path each : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        } catch (IOException refused) {
            throw new UncheckedIOException("Cannot remove " + path, refused);
        }
    }
}
