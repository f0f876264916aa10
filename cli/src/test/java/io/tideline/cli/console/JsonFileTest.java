package io.tideline.cli.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JsonFileTest {

    @TempDir
    private Path directory;

    @Test
    void shouldWriteTheFileAndLeaveNothingElse() throws IOException {
        Path file = directory.resolve("out.json");
        JsonFile.at(file.toString()).write(List.of(1));
        assertEquals("[\n  1\n]\n", Files.readString(file));
        assertEquals(List.of("out.json"), namesIn(directory));
    }

    @Test
    void shouldReplaceAnOldFile() throws IOException {
        Path file = Files.writeString(directory.resolve("out.json"), "a much longer old text that must not shine through");
        JsonFile.at(file.toString()).write(true);
        assertEquals("true\n", Files.readString(file));
    }

    @Test
    void shouldKeepTheOldFileIfTheResultCannotBeWritten() throws IOException {
        Path file = Files.writeString(directory.resolve("out.json"), "old");
        assertThrows(IllegalArgumentException.class, () -> JsonFile.at(file.toString()).write(Double.NaN));
        assertEquals("old", Files.readString(file));
        assertEquals(List.of("out.json"), namesIn(directory));
    }

    @Test
    void shouldLeaveNoTemporaryFileIfTheNameCannotBeTaken() throws IOException {
        Path file = directory.resolve("out.json");
        JsonFile json = JsonFile.at(file.toString());
        Path inside = Files.createDirectories(file.resolve("inside"));
        Failure failure = assertThrows(Failure.class, () -> json.write(1));
        assertTrue(failure.getMessage().contains(file.toString()), failure.getMessage());
        assertTrue(Files.isDirectory(inside));
        assertEquals(List.of("out.json"), namesIn(directory));
    }

    @Test
    void shouldWriteThroughALinkAndKeepTheLink() throws IOException {
        Path file = Files.writeString(directory.resolve("real.json"), "old");
        Path link = Files.createSymbolicLink(directory.resolve("link.json"), file.getFileName());
        JsonFile.at(link.toString()).write(7);
        assertTrue(Files.isSymbolicLink(link));
        assertEquals("7\n", Files.readString(file));
    }

    @Test
    void shouldWriteToADeviceWithoutReplacingIt() {
        Path device = Path.of("/dev/null");
        JsonFile.at(device.toString()).write(7);
        assertFalse(Files.isRegularFile(device));
    }

    @Test
    void shouldRefuseNamesThatCannotWorkBeforeAnythingIsDone() {
        for (String name : List.of("", "-", directory.toString(), directory.resolve("missing/out.json").toString(), "a\0b")) {
            Failure failure = assertThrows(Failure.class, () -> JsonFile.at(name));
            assertTrue(failure.getMessage().startsWith("--json"), failure.getMessage());
        }
    }

    private static List<String> namesIn(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
