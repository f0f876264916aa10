package io.tideline.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.cli.bench.timeline.PictureTest;
import io.tideline.cli.console.ExitCode;
import io.tideline.cli.console.Failure;
import io.tideline.cli.console.Interruption;
import io.tideline.cli.console.Streams;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.DoubleStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** The command as a user runs it, with real processes, on a tiny store. */
@Timeout(600)
class CheckpointBenchTest {

    @TempDir
    private Path directory;

    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private String failure = "";

    private int run(String searchPath, String... arguments) {
        PrintStream out = new PrintStream(output, true, StandardCharsets.UTF_8);
        Streams streams = new Streams(new ByteArrayInputStream(new byte[0]), out, out, false, false);
        BenchCommand command = new BenchCommand(streams, new Interruption(out), (_, _) -> {
            throw new AssertionError("a race was begun");
        }, searchPath);
        return new CommandLine(command).setExecutionExceptionHandler((wrong, _, _) -> {
            failure = wrong instanceof Failure ? wrong.getMessage() : wrong.toString();
            return -1;
        }).execute(Stream.concat(Stream.of("-q"), Stream.of(arguments)).toArray(String[]::new));
    }

    @Test
    void shouldPrintFiguresThatAgreeWithEachOtherAndDrawThem() throws Exception {
        Path files = directory.resolve("files");
        Path json = directory.resolve("c.json");
        Path picture = directory.resolve("c.svg");
        String path = FakeFio.in(directory.resolve("bin"), directory.resolve("log"), "").getParent().toString();
        int exitCode = run(path, "--workload=rmw", "--distribution=zipf", "--keys=20000", "--threads=2", "--batch=16", "--checkpoint-every=300ms",
                "--image-every=600ms", "--seconds=1.5", "--memory=16m", "--dir=" + files, "--json=" + json, "--picture=" + picture);
        String text = output.toString(StandardCharsets.UTF_8);
        assertEquals(ExitCode.DONE, exitCode, failure + text);
        assertTrue(text.contains("  right: the sum of all values is exactly that of the "), text);
        try (Stream<Path> left = Files.list(files)) {
            assertEquals(List.of(), left.toList());
        }
        List<String> fio = Files.readAllLines(directory.resolve("log"));
        assertEquals(6, fio.size(), "before and after each of five recoveries");
        assertTrue(fio.stream().allMatch(call -> call.contains("-index --size=") && call.contains("--readonly")), fio.toString());

        String dense = Files.readString(json).replaceAll("\\s", "");
        assertEquals(List.of("\"without\"", "\"control\"", "\"checkpoints\""), values(dense, "name", "\"[^\"]*\""));
        List<Double> means = numbers(dense, "meanPerSecond");
        List<Double> ratios = numbers(dense, "meanRatio");
        List<Double> worst = numbers(dense, "worstPerSecond");
        List<Double> worstRatios = numbers(dense, "worstRatio");
        List<String> operations = values(dense, "windowOperations", "\\[[^]]*\\]");
        List<String> ends = values(dense, "windowEndsNanos", "\\[[^]]*\\]");
        List<Double> totals = numbers(dense, "operations");
        for (int run = 0; run < 3; run++) {
            long[] windows = longs(operations.get(run));
            long[] times = longs(ends.get(run));
            assertEquals(windows.length, times.length);
            assertEquals(totals.get(run), LongStream.of(windows).sum());
            assertEquals(LongStream.of(windows).sum() * 1e9 / times[times.length - 1], means.get(run), 1e-3 * means.get(run));
            assertTrue(times[times.length - 1] >= 1_500_000_000L, "it ran as long as was asked for");
            assertEquals(means.get(run) / means.get(0), ratios.get(run), 1e-9);
            assertEquals(worst.get(run) / means.get(0), worstRatios.get(run), 1e-9);
            assertTrue(worst.get(run) <= means.get(run) * (1 + 1e-9) && means.get(run) > 0, text);
        }
        List<String> ofBefore = values(dense, "worstRatioOfBefore", "[^,]+");
        assertEquals("null", ofBefore.getFirst(), "there was no cut");
        String row = text.lines().filter(line -> line.startsWith("  of the 2 s before its cut, at least")).findFirst().orElseThrow();
        for (int run = 1; run < 3; run++) { // a cut may be the only one, and begin in the first window
            String expected = ofBefore.get(run).equals("null") ? "-" : String.format(Locale.ROOT, "%.1f %%", 100 * Double.parseDouble(ofBefore.get(run)));
            assertTrue(row.contains(expected), row + ", expected " + expected);
        }
        List<Double> images = numbers(dense, "imageBytes");
        assertTrue(images.size() >= 3, "a cut of the control, one with checkpoints, and the recovery: " + dense);
        assertTrue(images.getLast() > 0, "the first checkpoint has an image, so the recovery has one");
        assertTrue(numbers(dense, "logBytes").stream().mapToDouble(Double::doubleValue).sum() > 20_000 * 32, "the whole log was written at least once");
        assertEquals(2_048_000.0, numbers(dense, "deviceBytesPerSecond").getFirst());
        assertEquals(numbers(dense, "bytesPerSecond").getFirst() / 2_048_000.0, numbers(dense, "ratio").getFirst(), 1e-9);
        double reading = numbers(dense, "imageSeconds").getLast() + numbers(dense, "logSeconds").getFirst();
        double read = numbers(dense, "imageBytes").getLast() + numbers(dense, "logBytes").getLast();
        assertEquals(read / reading / 2_048_000.0, numbers(dense, "readingRatio").getFirst(), 1e-9);
        double[] all = Stream.of(values(dense, "allReadingRatios", "\\[[^]]*\\]").getFirst().replaceAll("[\\[\\]]", "").split(",")).mapToDouble(Double::parseDouble).toArray();
        assertEquals(5, all.length);
        assertEquals(Spread.of(DoubleStream.of(all)).median(), numbers(dense, "readingRatio").getFirst(), 1e-9, "the middle one is shown");
        assertEquals(List.of("true"), values(dense, "right", "\\w+"));
        assertEquals(values(dense, "expectedSum", "[-0-9]+"), values(dense, "sum", "[-0-9]+"));

        assertEquals(3, PictureTest.parse(Files.readString(picture)).getElementsByTagName("polyline").getLength());
        assertTrue(text.lines().anyMatch(line -> line.matches("checkpoints +[▁▂▃▄▅▆▇█]+.*")), text);
    }

    private static List<Double> numbers(String dense, String field) {
        return values(dense, field, "[-0-9.]+").stream().map(Double::valueOf).toList();
    }

    private static List<String> values(String dense, String field, String form) {
        return Pattern.compile("\"" + field + "\":(" + form + ")").matcher(dense).results().map((MatchResult found) -> found.group(1)).toList();
    }

    private static long[] longs(String array) {
        return Stream.of(array.substring(1, array.length() - 1).split(",")).mapToLong(Long::parseLong).toArray();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--checkpoint-every=1s | --checkpoint-every measures additions to 8-byte values, so that it can check them all; give --workload rmw, and no"
                + " --value-size.",
        "--workload=rmw --value-size=100 --checkpoint-every=1s | --checkpoint-every measures additions to 8-byte values, so that it can check them all;"
                + " give --workload rmw, and no --value-size.",
        "--workload=rmw --checkpoint-every=1s --against=chm | --against does not go with --checkpoint-every, which compares the store with itself, once.",
        "--workload=rmw --checkpoint-every=1s --repetitions=2 | --repetitions does not go with --checkpoint-every, which compares the store with itself,"
                + " once.",
        "--workload=rmw --checkpoint-every=1s --loadings=2 | --loadings does not go with --checkpoint-every, which compares the store with itself,"
                + " once.",
        "--workload=rmw --checkpoint-every=1s --copy-reads | --copy-reads does not go with --checkpoint-every, whose operations are additions and read"
                + " nothing else.",
        "--workload=rmw --checkpoint-every=0s | --checkpoint-every: give a time above 0 and up to 1h, such as 10s.",
        "--workload=rmw --checkpoint-every=1s --image-every=0s | --image-every: give a time above 0 and up to 1h, such as 10s.",
        "--workload=rmw --checkpoint-every=800000h | --checkpoint-every: give a time above 0 and up to 1h, such as 10s.",
        "--workload=rmw --checkpoint-every=1s --seconds=1.5 | --seconds 1.5: that is too short for a checkpoint each 1 s; give at least twice as much.",
        "--image-every=1s | --image-every is about checkpoints; give --checkpoint-every too.",
        "--picture=x.svg | --picture is about checkpoints; give --checkpoint-every too."})
    void shouldRefuseInASentence(String arguments, String sentence) {
        assertEquals(-1, run("", arguments.split(" ")));
        assertEquals(sentence, failure);
    }

    @Test
    void shouldRefuseAPictureThatCannotBeWrittenBeforeAnythingRuns() {
        assertEquals(-1, run("", "--workload=rmw", "--checkpoint-every=1s", "--picture=" + directory.resolve("missing/x.svg")));
        assertTrue(failure.startsWith("--picture ") && failure.contains("there is no directory"), failure);
    }

    /** Where the file system has no way past the cache, the sentence says so. */
    @Test
    void shouldReadFilesPastTheCacheWithoutFio() throws Exception {
        Files.write(directory.resolve("data"), new byte[3 << 20]);
        double perSecond = 0;
        try {
            perSecond = SequentialRead.measure(directory, () -> { });
        } catch (Failure refused) {
            failure = refused.getMessage();
        }
        assertTrue(perSecond > 0 != failure.contains("cannot be read past the kernel's cache"), perSecond + failure);
    }
}
