package io.tideline.cli.count;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.cli.Main;
import io.tideline.cli.Run;
import io.tideline.cli.console.ExitCode;
import io.tideline.cli.console.Interruption;
import io.tideline.cli.console.Streams;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CountCommandTest {

    private static final String MEMORY = "--memory=16m";

    @TempDir
    private Path directory;

    @Test
    void shouldPrintTheTopTheTotalAndTheDistinctTokens() {
        Run run = Run.withInput(Run.bytes("the cat and the dog and the bird"), "count", MEMORY, "--top", "3", "-q", "-");
        assertEquals(ExitCode.DONE, run.exitCode(), run.err());
        List<String> lines = run.out().lines().toList();
        assertEquals("       count  token", lines.get(0));
        assertEquals("           3  the", lines.get(1));
        assertEquals("           2  and", lines.get(2));
        assertEquals("           1  bird", lines.get(3));
        assertEquals("", lines.get(4));
        assertEquals("total     8", lines.get(5));
        assertEquals("distinct  5", lines.get(6));
        assertEquals(9, lines.size(), run.out());
        assertEquals("", run.err());
    }

    @Test
    void shouldSayThatTheCountsAreVerified() {
        Run run = Run.withInput(Run.bytes("a b a"), "count", MEMORY, "--verify", "-");
        assertEquals(ExitCode.DONE, run.exitCode(), run.err());
        assertTrue(run.out().contains("verified  yes: all 2 counts are equal"), run.out());
        assertTrue(run.err().contains("counting: 3 tokens in "), run.err());
        assertTrue(run.err().contains("verifying: 3 tokens in "), run.err());
    }

    @Test
    void shouldWriteTheResultAsJson() throws IOException {
        Path json = directory.resolve("out.json");
        Run run = Run.withInput(new byte[] {'b', ' ', 'a', (byte) 0xE9, ' ', 'b', ' ', 'c', (byte) 0xC3, (byte) 0xA9},
                "count", MEMORY, "--top=3", "--json", json.toString(), "-");
        assertEquals(ExitCode.DONE, run.exitCode(), run.err());
        String text = Files.readString(json);
        String dense = text.replaceAll("\\s", "");
        assertTrue(dense.startsWith("{\"total\":4,\"distinct\":3,\"seconds\":0."), text);
        assertTrue(dense.contains("\"verified\":null,\"top\":[{\"token\":\"b\",\"count\":2},{\"token\":\"a\\\\xE9\",\"count\":1},"
                + "{\"token\":\"c\\u00e9\",\"count\":1}],\"liveBytes\":96,\"memoryBytes\":"), text);
        assertTrue(Long.parseLong(text.replaceAll("(?s).*\"memoryBytes\": (\\d+),.*", "$1")) > 0, text);
    }

    @Test
    void shouldSayInJsonWhetherTheCountsAreVerified() throws IOException {
        Path json = directory.resolve("out.json");
        Run run = Run.withInput(Run.bytes("a"), "count", MEMORY, "--verify", "--top=0", "--json", json.toString(), "-");
        assertEquals(ExitCode.DONE, run.exitCode(), run.err());
        assertTrue(Files.readString(json).contains("\"verified\": true,\n  \"top\": [],"), Files.readString(json));
    }

    @Test
    void shouldCountNothingInEmptyInput() {
        Run run = Run.withInput(Run.bytes(" ...\n"), "count", MEMORY, "--verify", "-");
        assertEquals(ExitCode.DONE, run.exitCode(), run.err());
        assertTrue(run.out().startsWith("total     0\ndistinct  0\n"), run.out());
    }

    @Test
    void shouldCountNGramsWithinEachFileOnly() throws IOException {
        Files.writeString(directory.resolve("a"), "to be or");
        Files.writeString(directory.resolve("b"), "not to be");
        Files.writeString(directory.resolve("c"), "alone");
        Run run = Run.of("count", MEMORY, "--ngram", "2", "--verify", directory.toString());
        assertEquals(ExitCode.DONE, run.exitCode(), run.err());
        assertEquals(List.of("           2  to be", "           1  be or", "           1  not to", "", "total     4", "distinct  3"),
                run.out().lines().skip(1).limit(6).toList());
    }

    @Test
    void shouldCountTheJdkSourcesIfNothingIsNamed() {
        boolean sources = Files.isRegularFile(Path.of(System.getProperty("java.home"), "lib", "src.zip"));
        Interruption[] interruption = new Interruption[1];
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        PrintStream err = watch(said, "no PATH was given", () -> interruption[0].request());
        interruption[0] = new Interruption(err);
        int exitCode = Main.run(new String[] {"count", MEMORY}, new Streams(InputStream.nullInputStream(), err, err, false, false),
                interruption[0]);
        String text = said.toString(StandardCharsets.UTF_8);
        assertTrue(text.contains("src.zip"), text);
        assertEquals(sources ? ExitCode.INTERRUPTED : ExitCode.COULD_NOT_RUN, exitCode, text);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 8})
    void shouldCountRandomFilesAsTheNaiveWayDoes(int threads) throws IOException {
        long seed = System.nanoTime();
        System.out.println("shouldCountRandomFilesAsTheNaiveWayDoes: seed " + seed);
        Random random = new Random(seed);
        int gramLength = 1 + random.nextInt(3);
        Map<String, Long> expected = new HashMap<>();
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(directory.resolve("some.zip")))) {
            for (int i = 0; i < 60; i++) {
                byte[] document = TokenizerTest.randomDocument(random, random.nextInt(40_000));
                NaiveWords.grams(document, gramLength).forEach(gram -> expected.merge(gram, 1L, Long::sum));
                if (random.nextBoolean()) {
                    zip.putNextEntry(new ZipEntry("entry" + i));
                    zip.write(document);
                } else {
                    Files.write(directory.resolve("file" + i), document);
                }
            }
            zip.putNextEntry(new ZipEntry("empty"));
        }
        Run run = Run.of("count", "--memory=256m", "--threads=" + threads, "--ngram=" + gramLength, "--top=2", "--verify", directory.toString());
        assertEquals(ExitCode.DONE, run.exitCode(), run.err());
        long total = expected.values().stream().mapToLong(Long::longValue).sum();
        assertTrue(run.out().contains("total     " + total + "\ndistinct  " + expected.size() + "\n"), run.out());
        long most = expected.values().stream().mapToLong(Long::longValue).max().orElseThrow();
        assertTrue(run.out().lines().skip(1).findFirst().orElseThrow().strip().startsWith(most + "  "), run.out());
    }

    @Test
    void shouldFindThatACountIsWrongAndListIt() throws IOException {
        Path file = Files.writeString(directory.resolve("changing"), "a b b c");
        Path json = directory.resolve("out.json");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream err = watch(new ByteArrayOutputStream(), "counting:", () -> replace(file, "a a b d"));
        Streams streams = new Streams(InputStream.nullInputStream(), print(out), err, false, false);
        int exitCode = Main.run(new String[] {"count", MEMORY, "--verify", "--json=" + json, file.toString()}, streams);
        assertEquals(ExitCode.WRONG, exitCode);
        String text = out.toString(StandardCharsets.UTF_8);
        assertTrue(text.contains("verified  NO: 4 counts differ"), text);
        assertTrue(text.contains("  a: the store reads 1, its scan says 1, the map has 2\n"), text);
        assertTrue(text.contains("  c: the store reads 1, its scan says 1, the map has 0\n"), text);
        assertTrue(text.contains("  d: the store reads 0, its scan says 0, the map has 1\n"), text);
        assertTrue(Files.readString(json).contains("\"verified\": false"));
    }

    @Test
    void shouldEndWithoutAResultAfterCtrlC() throws IOException {
        Path json = directory.resolve("out.json");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Interruption interruption = new Interruption(print(err));
        InputStream endless = new InputStream() {
            private int bytesGiven;

            @Override
            public int read() {
                if (++bytesGiven == 100_000) {
                    interruption.request();
                }
                return "ab ".charAt(bytesGiven % 3);
            }
        };
        Streams streams = new Streams(endless, print(out), print(err), true, true);
        int exitCode = Main.run(new String[] {"count", MEMORY, "--json=" + json, "-"}, streams, interruption);
        assertEquals(ExitCode.INTERRUPTED, exitCode);
        assertEquals("", out.toString(StandardCharsets.UTF_8));
        String said = err.toString(StandardCharsets.UTF_8);
        assertTrue(said.endsWith("tideline: interrupted before the end, so there is no result." + System.lineSeparator()), said);
        try (Stream<Path> left = Files.list(directory)) {
            assertEquals(List.of(), left.toList());
        }
    }

    @Test
    void shouldSayInOneSentenceWhatCannotBeDone() throws IOException {
        Path broken = Files.writeString(directory.resolve("broken.gz"), "no gzip");
        Path json = directory.resolve("out.json");
        String there = Files.writeString(directory.resolve("there"), "a b").toString();
        for (String[] arguments : new String[][] {
            {"count", broken.toString(), "--json=" + json},
            {"count", there, directory.resolve("missing").toString(), "--json=" + json},
            {"count", "--json=" + directory.resolve("missing/out.json"), there},
            {"count", "--threads=0", there},
            {"count", "--top=-1", there},
            {"count", "--ngram=0", there},
            {"count", "--memory=1", there},
            {"count", "--memory=8000000t", there},
        }) {
            Run run = Run.of(arguments);
            assertEquals(ExitCode.COULD_NOT_RUN, run.exitCode(), String.join(" ", arguments));
            assertEquals("", run.out());
            assertEquals(1, run.err().lines().count(), run.err());
            assertTrue(run.err().startsWith("tideline: ") && run.err().strip().endsWith("."), run.err());
        }
        assertFalse(Files.exists(json));
    }

    @Test
    void shouldSpillWhatDoesNotFitAndLeaveNothingBehind() throws IOException {
        Path json = directory.resolve("out.json");
        Run run = withTemporaryFilesIn(directory, () -> Run.withInput(Run.bytes(manyWords()), "count", "--memory=1m", "--index=1m", "--threads=2", "--verify",
                "--device=buffered", "--json=" + json, "-"));
        assertEquals(ExitCode.DONE, run.exitCode(), run.err());
        assertTrue(run.out().contains("total     200000\ndistinct  100000\n"), run.out());
        assertTrue(run.out().contains("verified  yes: all 100000 counts are equal"), run.out());
        assertTrue(run.out().contains(" 5.9 times the log memory of 768.0 KiB\n") && run.out().contains("\ndisk "), run.out());
        assertTrue(run.err().contains("collecting: 100000 tokens in ") && run.err().contains("reading: 100000 tokens in "), run.err());
        String text = Files.readString(json);
        assertTrue(number(text, "diskBytes") > 4 << 20, text);
        assertTrue(number(text, "deviceReads") > 50_000 && number(text, "deviceReadsPerSecond") > 0, text);
        assertEquals(12 << 16, number(text, "logMemoryBytes"), "the buffers of reads are a part of the memory");
        assertEquals(List.of(json), list(directory));
    }

    private static long number(String json, String field) {
        return (long) Double.parseDouble(json.replaceAll("(?s).*\"" + field + "\": ([0-9.]+).*", "$1"));
    }

    /** Each word comes again when it has long left a small memory. */
    private static String manyWords() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 200_000; i++) {
            text.append("word").append(i % 100_000).append(' ');
        }
        return text.toString();
    }

    @Test
    void shouldNotMakeThePlaceOfTemporaryFiles() {
        Path missing = directory.resolve("missing");
        Run run = withTemporaryFilesIn(missing, () -> Run.withInput(Run.bytes("a"), "count", MEMORY, "-"));
        assertEquals(ExitCode.COULD_NOT_RUN, run.exitCode(), run.out());
        assertTrue(run.err().contains("Cannot make a temporary directory in " + missing + ": there is no such file or directory; name one with --dir."), run.err());
        assertFalse(Files.exists(missing));
    }

    private static Run withTemporaryFilesIn(Path directory, Supplier<Run> run) {
        String usual = System.setProperty("java.io.tmpdir", directory.toString());
        try {
            return run.get();
        } finally {
            System.setProperty("java.io.tmpdir", usual);
        }
    }

    private static List<Path> list(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList();
        }
    }

    @Test
    void shouldLeaveNothingBehindAfterCtrlCWhileItSpills() throws IOException {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Interruption interruption = new Interruption(print(err));
        byte[] words = Run.bytes(manyWords());
        InputStream endless = new InputStream() {
            private int bytesGiven;

            @Override
            public int read() {
                if (++bytesGiven == words.length) {
                    interruption.request();
                }
                return words[bytesGiven % words.length];
            }
        };
        Streams streams = new Streams(endless, print(new ByteArrayOutputStream()), print(err), false, false);
        Run run = withTemporaryFilesIn(directory, () -> new Run(Main.run(new String[] {"count", "--memory=1m", "--threads=2", "-"}, streams, interruption), "", ""));
        assertEquals(ExitCode.INTERRUPTED, run.exitCode());
        assertEquals(List.of(), list(directory));
    }

    @Test
    void shouldKeepItsFilesInADirectoryThatWasEmpty() throws IOException {
        Path store = directory.resolve("store");
        Run run = Run.withInput(Run.bytes(manyWords()), "count", "--memory=1m", "--threads=2", "--dir=" + store, "--top=0", "-");
        assertEquals(ExitCode.DONE, run.exitCode(), run.err());
        Map<Path, Object> before = contents(store);
        assertTrue(before.size() >= 4, before.keySet().toString());
        Run again = Run.withInput(Run.bytes("a"), "count", "--memory=1m", "--threads=2", "--dir=" + store, "-");
        assertEquals(ExitCode.COULD_NOT_RUN, again.exitCode());
        assertTrue(again.err().contains("the directory is not empty, and a count of the standard input or a pipe cannot go on"), again.err());
        assertEquals(before, contents(store));
    }

    private static Map<Path, Object> contents(Path directory) throws IOException {
        Map<Path, Object> contents = new HashMap<>();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.toList()) {
                contents.put(file, Files.isDirectory(file) ? "" : List.of(Arrays.hashCode(Files.readAllBytes(file)), Files.getLastModifiedTime(file)));
            }
        }
        return contents;
    }

    @Test
    void shouldRefuseWhatIsNoPlaceForAStore() throws IOException {
        Run nowhere = Run.of("count", "--dir=", "-");
        assertEquals(ExitCode.COULD_NOT_RUN, nowhere.exitCode(), nowhere.out());
        assertTrue(nowhere.err().contains("--dir '': give the name of a directory."), nowhere.err());
        Path file = Files.writeString(directory.resolve("file"), "text");
        for (String[] line : new String[][] {
            {"--dir=" + file, "this is not a directory"},
            {"--dir=" + directory, "the directory is not empty (it holds file)"},
            {"--dir=" + directory.resolve("missing/store"), "its parent is not there"},
            {"--device=tape", "'tape' is not a device; choose buffered"},
            {"--device=buffered", "give --memory or --dir too"},
            {"--memory=8m --index=x", "'x' is not a size"},
            {"--index=100t", "--index 100t cannot be used: buckets is 1099511627776; it takes a power of two up to 2^39, each of 64 bytes."},
        }) {
            List<String> arguments = new ArrayList<>(List.of("count", "-"));
            arguments.addAll(List.of(line[0].split(" ")));
            Run run = Run.withInput(Run.bytes("a"), arguments.toArray(String[]::new));
            assertEquals(ExitCode.COULD_NOT_RUN, run.exitCode(), line[0]);
            assertTrue(run.err().contains(line[1]), run.err());
            assertEquals(1, run.err().lines().count(), run.err());
        }
        assertEquals("text", Files.readString(file));
        assertEquals(List.of(file), list(directory));
    }

    @Test
    void shouldRefuseATokenLongerThanAKeyMayBeAndNameTheFile() throws IOException {
        Path file = Files.writeString(directory.resolve("huge"), "x".repeat(5 << 20));
        Run run = Run.of("count", MEMORY, file.toString());
        assertEquals(ExitCode.COULD_NOT_RUN, run.exitCode());
        assertTrue(run.err().contains("A token in " + file + " is longer than "), run.err());
    }

    private static void replace(Path file, String content) {
        try {
            Files.writeString(file, content);
        } catch (IOException refused) {
            throw new UncheckedIOException(refused);
        }
    }

    /** A stream that does something as soon as {@code text} is written to it. */
    private static PrintStream watch(ByteArrayOutputStream target, String text, Runnable then) {
        return new PrintStream(target, true, StandardCharsets.UTF_8) {
            private boolean done;

            @Override
            public void write(byte[] bytes, int offset, int length) {
                super.write(bytes, offset, length);
                if (!done && new String(bytes, offset, length, StandardCharsets.UTF_8).contains(text)) {
                    done = true;
                    then.run();
                }
            }
        };
    }

    private static PrintStream print(ByteArrayOutputStream target) {
        return new PrintStream(target, true, StandardCharsets.UTF_8);
    }
}
