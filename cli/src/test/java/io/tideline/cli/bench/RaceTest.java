package io.tideline.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.cli.bench.work.Distribution;
import io.tideline.cli.bench.work.WorkSettings;
import io.tideline.cli.bench.work.Workload;
import io.tideline.cli.console.Streams;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RaceTest {
    /** With each of four queue depths, one by one and in batches. */
    private static final List<String> READS = Collections.nCopies(8, "randread");

    private static final long GIBIBYTE = 1L << 30;

    private static final WorkSettings WORK = new WorkSettings(Workload.READ, Distribution.UNIFORM, 1_000, 8, 2, 64, 1, 6_400);

    private final List<String> log = new ArrayList<>();
    private final ByteArrayOutputStream errors = new ByteArrayOutputStream();

    private List<Standing> run(FakeContender... contenders) {
        PrintStream err = new PrintStream(errors, true, StandardCharsets.UTF_8);
        Streams streams = new Streams(new ByteArrayInputStream(new byte[0]), err, err, false, false);
        RaceDisplay display = new RaceDisplay(streams, false, () -> 0);
        return run(new Race(List.of(contenders), 1, 2, 3, display), List.of(WORK)).getFirst();
    }

    private static List<List<Standing>> run(Race race, List<WorkSettings> works) {
        List<List<Standing>> standings = new ArrayList<>();
        race.run(works, standings::add);
        return standings;
    }

    @Test
    void shouldLetWindowsAlternateAfterAllAreWarm() {
        run(new FakeContender("a", log, GIBIBYTE, 1., 1., 1., 1.), new FakeContender("b", log, GIBIBYTE, 1., 1., 1., 1.));
        assertEquals(List.of("a load", "b load", "a window 2.0", "b window 2.0",
                "a window 1.0", "b window 1.0", "a window 1.0", "b window 1.0", "a window 1.0", "b window 1.0",
                "a latency 1.0", "b latency 1.0", "a memory", "b memory"), log);
    }

    @Test
    void shouldLoadOnceForOneWorkAfterAnother() {
        FakeContender a = new FakeContender("a", log, GIBIBYTE, 99., 1., 2., 3., 99., 4., 5., 6.);
        FakeContender b = new FakeContender("b", log, GIBIBYTE, 99., 7., 8., 9., 99., 1., 1., 1.);
        PrintStream err = new PrintStream(errors, true, StandardCharsets.UTF_8);
        RaceDisplay display = new RaceDisplay(new Streams(new ByteArrayInputStream(new byte[0]), err, err, false, false), true, () -> 0);
        WorkSettings other = new WorkSettings(Workload.RMW, Distribution.ZIPF, 1_000, 8, 1, 64, 256, 6_400);
        List<List<Standing>> standings = run(new Race(List.of(a, b), 1, 2, 3, display), List.of(WORK, other));
        assertEquals(List.of("a load", "b load", "a work read uniform 2 1", "b work read uniform 2 1", "a window 2.0", "b window 2.0"), log.subList(0, 6));
        assertEquals(List.of("a memory", "b memory", "a work rmw zipf 1 256", "b work rmw zipf 1 256", "a window 2.0", "b window 2.0"), log.subList(14, 20));
        assertEquals(1, log.stream().filter("a load"::equals).count());
        assertEquals(List.of(2e6, 5e6), standings.stream().map(each -> each.getFirst().operationsPerSecond().median()).toList());
        assertEquals(List.of(8e6, 1e6), standings.stream().map(each -> each.getLast().operationsPerSecond().median()).toList());
    }

    /** The kernel counts ten more reads, merges three and writes a sector with each request to a contestant. */
    @Test
    void shouldCountWhatReachesTheDiskWhileAContestantHasItsTurn(@TempDir Path root) throws IOException {
        Files.createDirectories(root.resolve("proc/self"));
        Files.writeString(root.resolve("proc/self/mountinfo"), "27 1 254:0 / / rw - ext4 /dev/vda rw\n");
        AtomicLong turns = new AtomicLong();
        Consumer<String> kernel = _ -> writeStatistics(root, turns.incrementAndGet());
        kernel.accept("boot");
        BlockDevice device = BlockDevice.holding(root, root).orElseThrow();
        FakeContender a = new FakeContender("a", log, GIBIBYTE, 1., 1., 1., 1.);
        FakeContender b = new FakeContender("b", log, GIBIBYTE, 1., 1., 1., 1.);
        a.observer = kernel;
        PrintStream err = new PrintStream(errors, true, StandardCharsets.UTF_8);
        RaceDisplay display = new RaceDisplay(new Streams(new ByteArrayInputStream(new byte[0]), err, err, false, false), true, () -> 0);
        List<Standing> standings = run(new Race(List.of(a, b), 1, 2, 3, 1, display, device, null), List.of(WORK)).getFirst();
        assertEquals(Optional.of(new Spread(10, 10, 10)), standings.get(0).kernelReadsPerSecond());
        assertEquals(Optional.of(new Spread(0, 0, 0)), standings.get(1).kernelReadsPerSecond());
        assertEquals(Optional.of(new Spread(3, 3, 3)), standings.get(0).mergedReadsPerSecond());
        assertEquals(Optional.of(new Spread(0, 0, 0)), standings.get(1).mergedReadsPerSecond());
        assertEquals(512, standings.get(0).loadings().getFirst().kernelWrittenBytes());
        assertEquals(0, standings.get(1).loadings().getFirst().kernelWrittenBytes());
    }

    private static void writeStatistics(Path root, long turns) {
        try {
            Files.writeString(root.resolve("proc/diskstats"), " 254 0 vda " + 10 * turns + " " + 3 * turns + " 0 0 0 0 " + turns + " 0 0 0 0\n");
        } catch (IOException refused) {
            throw new UncheckedIOException(refused);
        }
    }

    @Test
    void shouldMeasureTheDiskAroundLoadingsAndWindows(@TempDir Path folder) throws IOException {
        assertEquals(Stream.of(List.of("write", "a load", "write", "a window 2.0"), READS, List.of("a window 1.0"), READS, List.of("a latency 1.0", "a memory"))
                .flatMap(List::stream).toList(), callsOf(folder, List.of(WORK), 1));
    }

    @Test
    void shouldMeasureTheDiskBetweenLoadings(@TempDir Path folder) throws IOException {
        assertEquals(List.of("write", "a load", "write", "a load", "write", "a load", "write", "a window 2.0"), callsOf(folder, List.of(WORK), 3).subList(0, 8));
    }

    @Test
    void shouldLoadAllInTurns() {
        FakeContender a = new FakeContender("a", log, GIBIBYTE, 1., 1., 1., 1.);
        FakeContender b = new FakeContender("b", log, GIBIBYTE, 1., 1., 1., 1.);
        PrintStream err = new PrintStream(errors, true, StandardCharsets.UTF_8);
        RaceDisplay display = new RaceDisplay(new Streams(new ByteArrayInputStream(new byte[0]), err, err, false, false), false, () -> 0);
        List<Standing> standings = run(new Race(List.of(a, b), 1, 2, 3, 2, display, null, null), List.of(WORK)).getFirst();
        assertEquals(List.of("a load", "b load", "a load", "b load", "a window 2.0"), log.subList(0, 5));
        assertEquals(new Spread(3, 2, 4), standings.getFirst().loadSeconds());
        assertTrue(errors.toString(StandardCharsets.UTF_8).contains("a, loading, 2 of 2"), errors.toString(StandardCharsets.UTF_8));
    }

    /** Not between the works. */
    @Test
    void shouldMeasureTheDiskAroundTheWindowsOfAllWorks(@TempDir Path folder) throws IOException {
        List<String> end = List.of("a latency 1.0", "a memory");
        assertEquals(Stream.of(List.of("write", "a load", "write", "a work read uniform 2 1", "a window 2.0"), READS, List.of("a window 1.0"), end,
                List.of("a work read uniform 1 1", "a window 2.0", "a window 1.0"), READS, end).flatMap(List::stream).toList(),
                callsOf(folder, List.of(WORK, WORK.by(1, 1)), 1));
    }

    private List<String> callsOf(Path folder, List<WorkSettings> works, int loadings) throws IOException {
        Path calls = folder.resolve("calls");
        Path program = FakeFio.in(folder, calls, "");
        FakeContender a = new FakeContender("a", log, GIBIBYTE, 1., 1., 1., 1.);
        a.observer = request -> appendTo(calls, request);
        PrintStream err = new PrintStream(errors, true, StandardCharsets.UTF_8);
        RaceDisplay display = new RaceDisplay(new Streams(new ByteArrayInputStream(new byte[0]), err, err, false, false), true, () -> 0);
        try (DeviceLimit limit = new DeviceLimit(program, Files.createDirectory(folder.resolve("data")), 1, 1, () -> { })) {
            run(new Race(List.of(a), 1, 2, 1, loadings, display, null, limit), works);
        }
        return Files.readAllLines(calls).stream().map(call -> call.replaceAll(".*--rw=(\\w+) .*", "$1")).toList();
    }

    private static void appendTo(Path file, String line) {
        try {
            Files.writeString(file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException refused) {
            throw new UncheckedIOException(refused);
        }
    }

    @Test
    void shouldCompareWindowsThatStoodSideBySide() {
        List<Standing> standings = run(
                new FakeContender("a", log, GIBIBYTE, 999., 10., 20., 60.),
                new FakeContender("b", log, GIBIBYTE, 999., 5., 20., 20.));
        assertEquals(new Spread(20e6, 10e6, 60e6), standings.get(0).operationsPerSecond());
        assertEquals(new Spread(20e6, 5e6, 20e6), standings.get(1).operationsPerSecond());
        assertEquals(new Spread(2, 1, 3), standings.get(0).ratioTo(standings.get(1)));
        assertEquals(new Spread(0.5, 1 / 3.0, 1), standings.get(1).ratioTo(standings.get(0)));
    }

    @Test
    void shouldShowEachWindowAsSoonAsItIsThere() {
        run(new FakeContender("a", log, GIBIBYTE, 999., 10., 20., 60.));
        assertEquals("""
                bench: a, rehearsing
                bench: a, loading
                bench: a, window 1 of 3: 10.00 M operations/s
                bench: a, window 2 of 3: 20.00 M operations/s
                bench: a, window 3 of 3: 60.00 M operations/s
                bench: a, memory
                """, errors.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n"));
    }
}
