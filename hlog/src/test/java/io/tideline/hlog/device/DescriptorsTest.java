package io.tideline.hlog.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DescriptorsTest {
    @TempDir
    private Path parent;

    @Test
    void shouldTellAFullTableFromOtherErrors() {
        assertTrue(Descriptors.ranOut(new FileSystemException("file", null, "Too many open files")));
        assertTrue(Descriptors.ranOut(new FileSystemException("file", null, "Too many open files in system")));
        assertTrue(Descriptors.ranOut(new FileNotFoundException("file (Too many open files)")));
        assertFalse(Descriptors.ranOut(new FileSystemException("file", null, "Permission denied")));
        assertFalse(Descriptors.ranOut(new IOException()));
    }

    /** Also where Java has another reason in its place: past the page cache it looks for the file system first, in a file; and in whatever language. */
    @ParameterizedTest
    @ValueSource(strings = {"en", "de"})
    @EnabledOnOs(OS.LINUX)
    void shouldSayWhyNoDeviceOpensAnything(String language) throws IOException, InterruptedException {
        Path printed = parent.resolve("printed");
        Path directory = Files.createDirectory(parent.resolve("files"));
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", "ulimit -n 100; exec \"$@\"", "sh", java, "-Xmx64m", "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED", "-cp",
                System.getProperty("java.class.path"), FullTable.class.getName(), directory.toString()).redirectErrorStream(true).redirectOutput(printed.toFile());
        builder.environment().putAll(Map.of("LANGUAGE", language, "LC_ALL", "C.UTF-8"));
        Process table = builder.start();
        try {
            assertTrue(table.waitFor(120, TimeUnit.SECONDS), "it did not end");
        } finally {
            table.destroyForcibly();
        }
        List<String> lines = Files.readAllLines(printed);
        assertEquals(0, table.exitValue(), lines::toString);
        assertEquals(5, lines.size(), lines::toString);
        for (String line : lines.subList(0, 4)) {
            assertTrue(line.startsWith("cannot create " + directory.resolve("more") + ": ") && line.contains("; the process may open no more (ulimit -n)"), line);
            assertTrue(line.contains("Too many open files; ") || language.equals("de"), line);
        }
        assertEquals("room for 0", lines.getLast());
    }
}
