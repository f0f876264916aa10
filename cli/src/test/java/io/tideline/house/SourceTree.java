package io.tideline.house;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Every text file of the product that a person writes.
 *
 * @param files in the order of their paths
 */
record SourceTree(List<SourceFile> files) {
    private static final Set<String> TEXT_ENDINGS = Set.of("java", "xml", "md", "c", "h", "sh", "properties");
    private static final Set<String> TEXT_NAMES = Set.of("tideline", ".ci/run", ".gitignore");
    private static final Set<String> FOREIGN_FOLDERS = Set.of(".git", ".idea", ".vscode", "target");

    static SourceTree of(SourceFile... files) {
        return new SourceTree(List.of(files));
    }

    /** The checkout that the working folder lies in. */
    static SourceTree ofCheckout() throws IOException {
        Path root = root();
        List<SourceFile> files = new ArrayList<>();
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                return FOREIGN_FOLDERS.contains(folder.getFileName().toString()) && !folder.equals(root)
                    ? FileVisitResult.SKIP_SUBTREE
                    : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                String path = root.relativize(file).toString().replace('\\', '/');
                if (attributes.isRegularFile() && isText(path)) {
                    files.add(SourceFile.of(path, Files.readString(file, StandardCharsets.UTF_8)));
                }
                return FileVisitResult.CONTINUE;
            }
        });
        files.sort(Comparator.comparing(SourceFile::path));
        return new SourceTree(List.copyOf(files));
    }

    Stream<SourceFile> java() {
        return files.stream().filter(SourceFile::isJava);
    }

    Stream<SourceFile> main() {
        return files.stream().filter(SourceFile::isMain);
    }

    Set<String> modulesWithMainCode() {
        return main().map(SourceFile::module).collect(TreeSet::new, Set::add, Set::addAll);
    }

    private static Path root() {
        Path start = Path.of("").toAbsolutePath();
        for (Path folder = start; folder != null; folder = folder.getParent()) {
            if (Files.exists(folder.resolve("LICENSE")) && Files.exists(folder.resolve("pom.xml"))) {
                return folder;
            }
        }
        throw new IllegalStateException("no folder from " + start + " upwards holds LICENSE and pom.xml: run this test inside a checkout");
    }

    private static boolean isText(String path) {
        return TEXT_NAMES.contains(path) || TEXT_ENDINGS.contains(path.substring(path.lastIndexOf('.') + 1));
    }
}
