package io.tideline.cli.count;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.cli.console.Failure;
import io.tideline.cli.console.ProgressBar;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InputsTest {

    @TempDir
    private Path directory;
    private InputStream standardInput = InputStream.nullInputStream();

    @Test
    void shouldReadArgumentsInTheirOrder() throws IOException {
        String second = write("second", "2");
        String first = write("first", "1");
        standardInput = new ByteArrayInputStream(bytes("3"));
        assertEquals(List.of("second=2", "the standard input=3", "first=1", "second=2"), read(second, "-", first, second));
    }

    @Test
    void shouldReadTheFilesOfADirectorySortedByPath() throws IOException {
        for (String name : List.of("b/z", "b/a", "a", "b.txt", "B", "b/c/d", "10", "9")) {
            write(name, name);
        }
        assertEquals(List.of("10=10", "9=9", "B=B", "a=a", "b.txt=b.txt", "b/a=b/a", "b/c/d=b/c/d", "b/z=b/z"),
                read(directory.toString()));
    }

    @Test
    void shouldReadArchiveEntriesInArchiveOrderAndLeaveOutDirectories() throws IOException {
        Path zip = Files.write(directory.resolve("x.zip"), zip(entries("z/", "", "z/y", "1", "a", "2", "empty", "")));
        Files.copy(zip, directory.resolve("y.JAR"));
        assertEquals(List.of("x.zip!/z/y=1", "x.zip!/a=2", "x.zip!/empty="), read(zip.toString()));
        assertEquals(List.of("y.JAR!/z/y=1", "y.JAR!/a=2", "y.JAR!/empty="), read(directory.resolve("y.JAR").toString()));
    }

    @Test
    void shouldReadGzipFilesOfSeveralMembers() throws IOException {
        ByteArrayOutputStream members = new ByteArrayOutputStream();
        members.writeBytes(gzip(bytes("one ")));
        members.writeBytes(gzip(bytes("two")));
        Path file = Files.write(directory.resolve("x.gz"), members.toByteArray());
        assertEquals(List.of("x=one two"), read(file.toString()));
    }

    @Test
    void shouldOpenAnArchiveInsideAnArchiveButNotOneInsideThat() throws IOException {
        byte[] innermost = zip(entries("deep", "4"));
        byte[] inner = zip(Map.of("in.txt", bytes("3"), "deep.zip", innermost));
        Map<String, byte[]> outer = new LinkedHashMap<>();
        outer.put("plain", bytes("1"));
        outer.put("packed.gz", gzip(bytes("2")));
        outer.put("inner.zip", inner);
        Path file = Files.write(directory.resolve("outer.zip"), zip(outer));
        List<String> documents = read(file.toString());
        assertEquals(List.of("outer.zip!/plain=1", "outer.zip!/packed=2"), documents.subList(0, 2));
        assertTrue(documents.contains("outer.zip!/inner.zip!/in.txt=3"), documents.toString());
        assertTrue(documents.contains("outer.zip!/inner.zip!/deep.zip=" + latin1(innermost)), documents.toString());
        assertEquals(4, documents.size());

        Path gzippedZip = Files.write(directory.resolve("inner.zip.gz"), gzip(zip(entries("in.txt", "3"))));
        assertEquals(List.of("inner.zip!/in.txt=3"), read(gzippedZip.toString()));
    }

    @Test
    void shouldLeaveOutLinksBelowADirectoryAndNotHangInALoop() throws IOException {
        write("tree/file", "1");
        Files.createSymbolicLink(directory.resolve("tree/loop"), Path.of("."));
        Files.createSymbolicLink(directory.resolve("tree/same"), Path.of("file"));
        Files.createSymbolicLink(directory.resolve("tree/nowhere"), Path.of("missing"));
        try (Inputs inputs = inputs(false, directory.resolve("tree").toString())) {
            assertEquals(3, inputs.skipped());
            assertEquals(List.of("tree/file=1"), read(inputs));
        }
    }

    @Test
    void shouldFollowLinksThatAreArguments() throws IOException {
        write("tree/file", "1");
        Path toTree = Files.createSymbolicLink(directory.resolve("toTree"), Path.of("tree"));
        Path toFile = Files.createSymbolicLink(directory.resolve("toFile"), Path.of("tree/file"));
        assertEquals(List.of("tree/file=1", "toFile=1"), read(toTree.toString(), toFile.toString()));
    }

    @Test
    void shouldRefuseWhatIsNotThereBeforeAnythingIsRead() throws IOException {
        String there = write("there", "1");
        String missing = directory.resolve("missing").toString();
        Failure failure = assertThrows(Failure.class, () -> inputs(false, there, missing));
        assertEquals("Cannot read " + missing + ": there is no such file or directory.", failure.getMessage());
        Path loop = Files.createSymbolicLink(directory.resolve("loop"), Path.of("loop"));
        assertThrows(Failure.class, () -> inputs(false, loop.toString()));
        assertThrows(Failure.class, () -> inputs(false, ""));
        assertThrows(Failure.class, () -> inputs(false, "a\0b"));
        assertThrows(Failure.class, () -> inputs(false, "-", "-"));
    }

    @Test
    void shouldNameTheArchiveThatIsBroken() throws IOException {
        byte[] good = zip(entries("a", "some text that is longer than nothing"));
        byte[] gzipped = gzip(bytes("some text that is longer than nothing"));
        Map<String, byte[]> broken = new LinkedHashMap<>();
        broken.put("none.zip", bytes("this is no archive"));
        broken.put("empty.zip", new byte[0]);
        broken.put("cut.zip", Arrays.copyOf(good, good.length / 2));
        broken.put("none.gz", bytes("this is no archive"));
        broken.put("empty.gz", new byte[0]);
        broken.put("cut.gz", Arrays.copyOf(gzipped, gzipped.length - 9));
        broken.put("outer.zip", zip(Map.of("inner.zip", bytes("this is no archive"))));
        broken.put("outer2.zip", zip(Map.of("inner.gz", bytes("this is no archive"))));
        for (Map.Entry<String, byte[]> file : broken.entrySet()) {
            Path path = Files.write(directory.resolve(file.getKey()), file.getValue());
            Failure failure = assertThrows(Failure.class, () -> read(path.toString()));
            assertTrue(failure.getMessage().startsWith("Cannot read " + path), failure.getMessage());
            assertTrue(failure.getMessage().endsWith("."), failure.getMessage());
        }
    }

    @Test
    void shouldFindDamageInsideAnArchiveThatStillLooksWhole() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.setLevel(0);
            zip.putNextEntry(new ZipEntry("a"));
            zip.write(bytes("needle"));
        }
        byte[] damaged = bytes.toByteArray();
        damaged[latin1(damaged).indexOf("needle")] = 'N';
        Path file = Files.write(directory.resolve("damaged.zip"), damaged);
        Failure failure = assertThrows(Failure.class, () -> read(file.toString()));
        assertTrue(failure.getMessage().contains("damaged.zip!/a"), failure.getMessage());
        assertTrue(failure.getMessage().contains("checksum"), failure.getMessage());
    }

    @Test
    void shouldNameTheFileThatVanishedMeanwhile() throws IOException {
        String file = write("vanishing", "1");
        try (Inputs inputs = inputs(false, file)) {
            Files.delete(Path.of(file));
            Failure failure = assertThrows(Failure.class, () -> read(inputs));
            assertEquals("Cannot read " + file + ": there is no such file or directory.", failure.getMessage());
        }
    }

    @Test
    void shouldCutLargeFilesIntoSlicesThatBorderOnEachOther() throws IOException {
        String file = write("large", "aa bb ccc");
        try (Inputs inputs = inputs(false, file)) {
            List<String> slices = new ArrayList<>();
            inputs.forEachUnit(4, unit -> unit.read(document -> slices.add(
                    document.startsInsideToken() + " " + document.ownedBytes() + " " + latin1(document.bytes().readAllBytes())),
                    size -> { }));
            assertEquals(List.of("false 4 aa bb ccc", "true 4 b ccc", "true " + Long.MAX_VALUE + " c"), slices);
        }
    }

    @Test
    void shouldAccountForTheWholeSizeOnceEverythingIsRead() throws IOException {
        write("plain", "some text");
        Files.write(directory.resolve("x.zip"), zip(entries("a", "1".repeat(1000), "b", "2")));
        Files.write(directory.resolve("y.gz"), gzip(bytes("text")));
        try (Inputs inputs = inputs(false, directory.toString())) {
            long[] done = new long[1];
            inputs.forEachUnit(Long.MAX_VALUE, unit -> unit.read(document -> document.bytes().readAllBytes(), size -> done[0] += size));
            assertEquals(inputs.sizeBytes(), done[0], 2.0);
            assertTrue(done[0] > 100, "size " + done[0]);
        }
    }

    @Test
    void shouldReadTheStandardInputTwiceIfAsked() {
        standardInput = new ByteArrayInputStream(bytes("only once"));
        try (Inputs inputs = inputs(true, "-")) {
            assertEquals(ProgressBar.UNKNOWN, inputs.sizeBytes());
            assertEquals(List.of("the standard input=only once"), read(inputs));
            assertEquals(List.of("the standard input=only once"), read(inputs));
        }
    }

    @Test
    void shouldReadTheSameUnitsAgain() throws IOException {
        write("plain", "some text");
        Files.write(directory.resolve("x.zip"), zip(entries("a", "1", "b", "2")));
        try (Inputs inputs = inputs(true, directory.toString())) {
            List<String> once = read(inputs);
            assertEquals(3, once.size());
            assertEquals(once, read(inputs));
        }
    }

    @Test
    void shouldCloseArchivesWhoseUnitsWereNeverRead() throws IOException {
        Path zip = Files.write(directory.resolve("x.zip"), zip(entries("a", "1")));
        List<InputUnit> units = new ArrayList<>();
        Inputs inputs = inputs(false, zip.toString());
        inputs.forEachUnit(Long.MAX_VALUE, units::add);
        inputs.close();
        assertEquals(1, units.size());
        assertThrows(IllegalStateException.class, () -> units.getFirst().read(document -> { }, size -> { }));
    }

    private Inputs inputs(boolean twice, String... arguments) {
        return Inputs.of(List.of(arguments), standardInput, twice);
    }

    private List<String> read(String... arguments) {
        try (Inputs inputs = inputs(false, arguments)) {
            return read(inputs);
        }
    }

    /** Every document as {@code name=content}, the name below the directory of this test. */
    private List<String> read(Inputs inputs) {
        List<String> documents = new ArrayList<>();
        inputs.forEachUnit(Long.MAX_VALUE, unit -> unit.read(document -> documents.add(
                document.name().replace(directory + "/", "") + "=" + latin1(document.bytes().readAllBytes())), size -> { }));
        return documents;
    }

    private String write(String name, String content) throws IOException {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, content).toString();
    }

    private static Map<String, byte[]> entries(String... namesAndContents) {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        for (int i = 0; i < namesAndContents.length; i += 2) {
            entries.put(namesAndContents[i], bytes(namesAndContents[i + 1]));
        }
        return entries;
    }

    private static byte[] zip(Map<String, byte[]> entries) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                zip.putNextEntry(new ZipEntry(entry.getKey()));
                zip.write(entry.getValue());
            }
        }
        return bytes.toByteArray();
    }

    private static byte[] gzip(byte[] content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(content);
        }
        return bytes.toByteArray();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String latin1(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
