package io.tideline.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.cli.console.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkplaceTest {

    @TempDir
    private Path root;

    @Test
    void shouldBeGoneWithAllThatIsInIt() throws IOException {
        Path parent = root.resolve("target/bench");
        Workplace first = Workplace.in(parent, "lmdb", null);
        Workplace second = Workplace.in(parent, "lmdb", null);
        assertNotEquals(first.folder(), second.folder());
        Files.writeString(Files.createDirectories(first.folder().resolve("a/b")).resolve("data"), "data");
        Path outside = Files.writeString(root.resolve("outside"), "kept");
        Files.createSymbolicLink(first.folder().resolve("link"), outside);
        first.close();
        assertFalse(Files.exists(first.folder()));
        assertEquals("kept", Files.readString(outside));
        second.close();
        try (Stream<Path> left = Files.list(parent)) {
            assertEquals(0, left.count());
        }
    }

    @Test
    void shouldRefuseInASentence() throws IOException {
        Path file = Files.writeString(root.resolve("file"), "");
        String message = assertThrows(Failure.class, () -> Workplace.in(file.resolve("bench"), "lmdb", null)).getMessage();
        assertTrue(message.startsWith("Cannot make a folder for the contestant lmdb in " + file), message);
    }
}
