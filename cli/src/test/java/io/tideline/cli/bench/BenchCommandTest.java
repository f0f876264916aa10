package io.tideline.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.cli.bench.work.Distribution;
import io.tideline.cli.bench.work.WorkSettings;
import io.tideline.cli.bench.work.Workload;
import io.tideline.cli.console.ExitCode;
import io.tideline.cli.console.Failure;
import io.tideline.cli.console.Interruption;
import io.tideline.cli.console.Streams;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class BenchCommandTest {

    private static final int THROWN = -1;
    private static final long MEBIBYTE = 1L << 20;

    @TempDir
    private Path directory;

    private final List<String> log = new ArrayList<>();
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(output, true, StandardCharsets.UTF_8);
    private final Interruption interruption = new Interruption(out);
    private RaceSettings settings;
    private long absent;
    private String missing;
    private Exception thrown;
    private String stopAt;
    private List<String> notes = List.of();
    private String searchPath = "";
    private String failAt;

    /** The store does 10, 20 and 30 million operations a second, the map half as much, the limit program twice as much. */
    private final class Fakes implements Contenders {

        private final Runnable tick;

        private Fakes(Runnable tick) {
            this.tick = tick;
        }

        @Override
        public Optional<String> prepare(Contestant contestant) {
            return contestant == Contestant.C ? Optional.ofNullable(missing) : Optional.empty();
        }

        @Override
        public void requireRoom(List<Contestant> contestants) {
            log.add("room for " + contestants);
        }

        @Override
        public Contender start(Contestant contestant) {
            tick.run();
            FakeContender contender = switch (contestant) {
                case TIDELINE -> new FakeContender("tideline", log, 70 * MEBIBYTE, 99., 10., 20., 30., 99., 40., 50., 60.);
                case CHM -> new FakeContender("chm", log, 100 * MEBIBYTE, 99., 5., 10., 15., 99., 10., 10., 10.);
                case C -> new FakeContender("c", log, 50 * MEBIBYTE, 99., 20., 40., 60.);
                case ROCKSDB, LMDB, MVSTORE -> new FakeContender(contestant.toString(), log, 10 * MEBIBYTE, 99., 1., 2., 3.);
            };
            contender.observer = request -> {
                if (request.equals(stopAt)) {
                    interruption.request();
                }
                if (request.equals(failAt)) {
                    throw new Failure("The contestant failed.");
                }
                tick.run();
            };
            contender.absent = contestant == Contestant.CHM ? absent : 0;
            if (contestant == Contestant.TIDELINE && settings.spill() != null) {
                contender.deviceReadsPerSecond = 5_760;
                contender.appendedBytes = 2_000_000;
                contender.writtenBytes = 1_843_200;
            }
            return contender;
        }

        @Override
        public List<String> notes() {
            return notes;
        }
    }

    private int run(String... arguments) {
        Streams streams = new Streams(new ByteArrayInputStream(new byte[0]), out, out, false, false);
        BenchCommand command = new BenchCommand(streams, interruption, (given, tick) -> {
            settings = given;
            return new Fakes(tick);
        }, searchPath);
        return new CommandLine(command)
                .setExecutionExceptionHandler((wrong, _, _) -> {
                    thrown = wrong;
                    return THROWN;
                })
                .execute(Stream.concat(Stream.of("-q"), Stream.of(arguments)).toArray(String[]::new));
    }

    private String failure(String... arguments) {
        assertEquals(THROWN, run(arguments));
        return assertInstanceOf(Failure.class, thrown).getMessage();
    }

    @Test
    void shouldMeasureReadsOfEightByteValuesByDefault() {
        assertEquals(ExitCode.DONE, run());
        assertEquals(new WorkSettings(Workload.READ, Distribution.UNIFORM, 1 << 24, 8, Runtime.getRuntime().availableProcessors(),
                1 << 23, 1, 16_000_000), settings.work());
        assertEquals(Door.UNSAFE, settings.door());
        assertEquals(5.0, settings.seconds());
        assertEquals(3, settings.repetitions());
    }

    @Test
    void shouldTakeAllOptions() {
        run("--workload=ycsb-d", "--keys=1000", "--value-size=100", "--threads=2", "--distribution=zipf", "--buckets=64", "--batch=16",
                "--door=segment", "--seconds=0.5", "--repetitions=2");
        assertEquals(new WorkSettings(Workload.YCSB_D, Distribution.ZIPF, 1_000, 100, 2, 64, 16, 16_000_000), settings.work());
        assertEquals(Door.SEGMENT, settings.door());
        assertEquals(0.5, settings.seconds());
        assertEquals(2, settings.repetitions());
    }

    @ParameterizedTest
    @CsvSource({"1,1", "2,1", "3,2", "4,2", "5,4", "1000000,524288", "16777216,8388608", "16777217,16777216"})
    void shouldChooseHalfAsManyBucketsAsKeys(String keys, long buckets) {
        run("--keys", keys);
        assertEquals(buckets, settings.work().buckets());
    }

    @ParameterizedTest
    @CsvSource({"read,uniform", "upsert,uniform", "rmw,uniform", "mixed,uniform", "ycsb-a,zipf", "ycsb-b,zipf", "ycsb-c,zipf",
        "ycsb-d,latest", "ycsb-f,zipf"})
    void shouldChooseTheUsualDistribution(String workload, String distribution) {
        run("--workload", workload);
        assertEquals(distribution, settings.work().distribution().toString());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--keys=0 | --keys 0: give a number from 1 to 4294967296.",
        "--value-size=7 | --value-size 7: give a number from 8 to 65536.",
        "--value-size=65537 | --value-size 65537: give a number from 8 to 65536.",
        "--threads=0 | --threads 0: give a number from 1 to 256.",
        "--batch=0 | --batch 0: give a number from 1 to 1073741823.",
        "--repetitions=0 | --repetitions 0: give a number from 1 to 1000.",
        "--loadings=0 | --loadings 0: give a number from 1 to 1000.",
        "--loadings=2 | --loadings is about what goes to disk, and all is in memory; give --memory too.",
        "--seconds=0 | --seconds 0.0: give a number above 0 and up to 3600, such as 5 or 0.5.",
        "--seconds=NaN | --seconds NaN: give a number above 0 and up to 3600, such as 5 or 0.5.",
        "--buckets=100 | --buckets 100: give a power of two, such as 64.",
        "--buckets=-4 | --buckets -4: give a number from 1 to 4294967296.",
        "--door=back | --door: 'back' is not a door; choose one of unsafe, segment.",
        "--distribution=even | --distribution: 'even' is not a distribution; choose one of uniform, zipf, latest.",
        "--against=map | --against: 'map' is nothing to compare with; choose chm, c, rocksdb, lmdb, mvstore or fio, or several such as chm,c.",
        "--against=tideline | --against: 'tideline' is nothing to compare with; choose chm, c, rocksdb, lmdb, mvstore or fio, or several such as chm,c.",
        "--against=c,chm,c | --against c,chm,c: name each of them once.",
        "--threads=1,0 | --threads 0: give a number from 1 to 256.",
        "--batch=8,8 | Name each workload, distribution, number of threads and batch once.",
        "--workload=read,ycsb-d | --workload read,ycsb-d: what ycsb-d inserts changes the store for all that follow; measure it alone."})
    void shouldRefuseInASentence(String argument, String sentence) {
        assertEquals(sentence, failure(argument));
        assertEquals(List.of(), log);
    }

    @Test
    void shouldMeasureAllCombinationsOnOneLoad() throws IOException {
        Path json = directory.resolve("b.json");
        assertEquals(ExitCode.DONE, run("--keys=1000", "--workload=read,rmw", "--threads=1", "--batch=4", "--against=chm", "--json", json.toString()));
        assertEquals(List.of("tideline load", "chm load", "tideline work read uniform 1 4", "chm work read uniform 1 4"), log.subList(1, 5));
        assertEquals(List.of("tideline work rmw uniform 1 4", "chm work rmw uniform 1 4"), log.stream().filter(line -> line.contains("work rmw")).toList());
        String dense = Files.readString(json).replaceAll("\\s", "");
        assertTrue(dense.matches("\\{\"cells\":\\[\\{\"workload\":\"read\",.*\"ratio\":2\\.0,.*},\\{\"workload\":\"rmw\",.*\"ratio\":5\\.0,.*}]}"), dense);
        List<String> headings = output.toString(StandardCharsets.UTF_8).lines().filter(line -> line.contains(" on 1,000 keys ")).toList();
        assertEquals(List.of("read on 1,000 keys (uniform), values of 8 bytes, 1 thread, batches of 4",
                "rmw on 1,000 keys (uniform), values of 8 bytes, 1 thread, batches of 4"), headings);
    }

    @Test
    void shouldStartWithRoomForTheLargestOfSeveral() {
        run("--keys=1000", "--threads=1,2", "--batch=16", "--distribution=zipf");
        assertEquals(2, settings.work().threads());
        assertEquals(16, settings.work().batch());
        assertEquals(Distribution.ZIPF, settings.work().distribution());
    }

    @Test
    void shouldRefuseTheLimitProgramForSeveral() {
        assertTrue(failure("--threads=1,2", "--against=c").startsWith("--against c: the limit program does one work;"));
        assertTrue(failure("--threads=1,2", "--workload=rmw", "--checkpoint-every=1s").startsWith("--checkpoint-every measures one work;"));
    }

    @Test
    void shouldNameTheWorkloadsWhenOneIsUnknown() {
        assertEquals("--workload: 'ycsb-e' is not a workload; choose one of read, upsert, rmw, mixed, ycsb-a, ycsb-b, ycsb-c, ycsb-d, ycsb-f.",
                failure("--workload=ycsb-e"));
    }

    @Test
    void shouldRefuseAJsonFileThatCannotBeWrittenBeforeAnythingRuns() {
        String sentence = failure("--json", directory.resolve("missing/b.json").toString());
        assertTrue(sentence.contains("there is no directory"), sentence);
        assertEquals(List.of(), log);
    }

    @Test
    void shouldPrintOneColumnAContestant() {
        assertEquals(ExitCode.DONE, run("--keys=1000000", "--threads=1", "--batch=256", "--seconds=1", "--against=chm,c"));
        List<String> lines = output.toString(StandardCharsets.UTF_8).lines().toList();
        assertEquals("read on 1,000,000 keys (uniform), values of 8 bytes, 1 thread, batches of 256", lines.get(0));
        assertEquals("index of 524,288 buckets, door unsafe; 3 windows of 1 s, median (least - most)", lines.get(1));
        assertEquals("", lines.get(2));
        assertEquals(List.of("", "tideline", "chm", "c"), cells(lines.get(3)));
        assertEquals(List.of("operations/s", "20.00 M (10.00 - 30.00)", "10.00 M (5.00 - 15.00)", "40.00 M (20.00 - 60.00)"),
                cells(lines.get(4)));
        assertEquals(List.of("tideline is faster by", "2.00 (2.00 - 2.00)", "0.50 (0.50 - 0.50)"), cells(lines.get(5).strip()));
        assertTrue(lines.stream().anyMatch(line -> cells(line.strip()).equals(List.of("tideline takes of it", "70.0 %", "140.0 %"))),
                lines.toString());
        assertTrue(lines.stream().anyMatch(line -> cells(line).equals(List.of("memory", "70.0 MiB", "100.0 MiB", "50.0 MiB"))));
    }

    private static List<String> cells(String line) {
        return List.of(line.split(" {3,}"));
    }

    @Test
    void shouldWriteEveryFigureAndSettingAsJson() throws IOException {
        Path json = directory.resolve("b.json");
        run("--keys=1000", "--threads=1", "--json", json.toString(), "--against", "chm,c");
        String dense = Files.readString(json).replaceAll("\\s", "");
        assertTrue(dense.startsWith("{\"workload\":\"read\",\"distribution\":\"uniform\",\"keys\":1000,\"valueSize\":8,\"threads\":1,"
                + "\"buckets\":512,\"batch\":1,\"door\":\"unsafe\",\"logMemoryBytes\":null,\"device\":null,\"copyReads\":null,\"seconds\":5.0,\"repetitions\":3,\"loadings\":1,\"memoryLimit\":null,"
                + "\"opsPerSecond\":20000000,\"min\":10000000,\"max\":30000000,\"loadSeconds\":2.0,\"loadBytesPerSecond\":8000,\"loadAppendedBytesPerSecond\":null,"
                + "\"loadWrittenBytesPerSecond\":null,\"loadWritingBytesPerSecond\":null,\"loadKernelWrittenBytesPerSecond\":null,\"eachLoadSeconds\":[2.0],"
                + "\"diskReadsPerSecond\":null,\"kernelReadsPerSecond\":null,\"kernelMergedReadsPerSecond\":null,\"memoryHitsPerSecond\":null,\"allocatedBytesPerOp\":0.0,"
                + "\"latencyNanos\":{\"p50\":100,\"p99\":200,\"p999\":300,\"max\":400},\"memoryBytes\":73400320,"), dense);
        assertTrue(dense.contains("\"ratio\":2.0,\"against\":{\"name\":\"chm\",\"ratio\":2.0,\"opsPerSecond\":10000000,"), dense);
        assertTrue(dense.contains("\"others\":[{\"name\":\"c\",\"ratio\":0.5,\"opsPerSecond\":40000000,"), dense);
    }

    @Test
    void shouldHandOnHowTheStoreGoesToDiskAndLeaveNothingBehind() throws IOException {
        Path files = directory.resolve("files");
        run("--keys=1000", "--value-size=100", "--memory=64m", "--index=1m", "--dir=" + files, "--device=buffered");
        List<String> lines = output.toString(StandardCharsets.UTF_8).lines().toList();
        assertEquals(64 * MEBIBYTE, settings.spill().memoryBytes());
        assertEquals(files, settings.spill().directory().getParent());
        assertEquals("buffered", settings.spill().device());
        assertEquals(16_384, settings.work().buckets());
        assertTrue(lines.stream().anyMatch(line -> line.matches("64\\.0 MiB of memory for log and read buffers, the rest on disk \\(.+\\) through the device buffered")),
                lines.toString());
        assertTrue(lines.stream().anyMatch(line -> line.startsWith("  read from disk/s")), lines.toString());
        try (Stream<Path> left = Files.list(files)) {
            assertEquals(List.of(), left.toList());
        }
    }

    @Test
    void shouldShowWhatWentToDiskBesideWhatTheDiskGives() throws IOException {
        Path log = directory.resolve("log");
        Path json = directory.resolve("b.json");
        Path files = directory.resolve("files");
        searchPath = FakeFio.in(directory.resolve("bin"), log, "").getParent().toString();
        assertEquals(ExitCode.DONE, run("--keys=100000", "--value-size=100", "--threads=1", "--memory=64m", "--batch=16", "--dir=" + files,
                "--seconds=0.5", "--against=fio,lmdb", "--json", json.toString()));
        List<String> lines = output.toString(StandardCharsets.UTF_8).lines().toList();
        for (List<String> row : List.of(
                List.of("tideline", "lmdb", "fio"),
                List.of("read from disk/s", "5.76 k (5.76 - 5.76)", "-", "6.40 k"),
                List.of("of fio's reads", "90.0 %", "-", "-"),
                List.of("without the disk/s", "19997.12 k (9997.12 - 29997.12)", "-", "-"),
                List.of("loading", "2.0 s", "2.0 s", "-"),
                List.of("keys and values", "5.4 MB/s", "5.4 MB/s", "-"),
                List.of("records appended", "1.0 MB/s", "-", "-"),
                List.of("of fio's writes", "97.7 %", "-", "-"),
                List.of("written to disk", "0.9 MB/s", "-", "1.0 MB/s"),
                List.of("of fio's writes", "90.0 %", "-", "-"),
                List.of("written from the first page on", "1.0 MB/s", "-", "-"),
                List.of("of fio's writes", "96.0 %", "-", "-"),
                List.of("most ever resident", "140.0 MiB", "20.0 MiB", "-"))) {
            assertTrue(lines.stream().anyMatch(line -> cells(line.strip()).equals(row)), row + " is not in " + String.join("\n", lines));
        }
        assertTrue(lines.contains("fio did 6.40 k reads/s at queue depth 64 before the windows, 6.40 k reads/s at queue depth 64 after them, and wrote"
                + " 1.0, 1.0 MB/s before the loadings and after each; the table has the means, and each loading as a part of the two writes around it."), String.join("\n", lines));
        assertTrue(lines.contains("Latency of tideline is from the submission of an operation to its completion, with others under way."));
        List<String> calls = Files.readAllLines(log);
        assertEquals(2 + 2 * 8, calls.size());
        assertTrue(calls.getFirst().contains("--size=" + 13 * MEBIBYTE), "128 bytes a record, in whole MiB: " + calls.getFirst());
        assertTrue(calls.getFirst().contains("--filename=" + files), "on the disk of the store: " + calls.getFirst());
        String dense = Files.readString(json).replaceAll("\\s", "");
        assertTrue(dense.contains("\"deviceLimit\":{\"name\":\"fio\",\"writtenBytesPerSecond\":1024000,\"readsPerSecond\":6401,"
                + "\"writes\":[1024000,1024000],\"reads\":[6401,6401],\"queueDepths\":[64,64],\"readBatches\":[1,1],\"missing\":null},\"readsOfLimit\":0.8999"), dense);
        assertTrue(dense.contains("\"loadOfLimit\":0.9,\"writingOfLimit\":0.96,\"eachAppendedOfLimit\":[0.9765625],\"eachLoadOfLimit\":[0.9],\"eachWritingOfLimit\":[0.96],\"ratio\":"), dense);
        assertTrue(dense.contains("\"loadAppendedBytesPerSecond\":1000000,\"loadWrittenBytesPerSecond\":921600,\"loadWritingBytesPerSecond\":983040,"), dense);
        assertTrue(dense.contains("\"diskReadsPerSecond\":5760,\"kernelReadsPerSecond\":"), dense);
        assertTrue(dense.contains("\"memoryHitsPerSecond\":19997120,"), dense);
        try (Stream<Path> left = Files.list(files)) {
            assertEquals(List.of(), left.toList());
        }
    }

    @Test
    void shouldSayThatThereIsNoFio() throws IOException {
        Path json = directory.resolve("b.json");
        assertEquals(ExitCode.DONE, run("--keys=1000", "--memory=64m", "--against=lmdb,fio", "--json", json.toString()));
        List<String> lines = output.toString(StandardCharsets.UTF_8).lines().toList();
        assertTrue(lines.stream().anyMatch(line -> cells(line).equals(List.of("", "tideline", "lmdb", "fio"))), lines.toString());
        assertTrue(lines.stream().anyMatch(line -> line.startsWith("operations/s") && line.endsWith("   not run")), lines.toString());
        assertTrue(lines.contains("fio was not run: there is no fio on the PATH."), lines.toString());
        assertTrue(lines.stream().noneMatch(line -> line.contains("of fio's")), lines.toString());
        String dense = Files.readString(json).replaceAll("\\s", "");
        assertTrue(dense.contains("\"missing\":\"thereisnofioonthePATH\"},\"readsOfLimit\":null,\"appendedOfLimit\":null,\"loadOfLimit\":null,\"writingOfLimit\":null,"), dense);
    }

    @Test
    void shouldNotMeasureADiskThatNobodyUses() {
        assertEquals("--against fio is about the disk, and a store in memory does not use it; give --memory too.", failure("--against=fio"));
        assertEquals("--copy-reads is about what is read from disk, and all is in memory; give --memory too.", failure("--copy-reads"));
        assertEquals("--against fio,fio: name each of them once.", failure("--memory=64m", "--against=fio,fio"));
    }

    @Test
    void shouldShowTheMiddleOfSeveralLoadings() throws IOException {
        Path log = directory.resolve("log");
        Path json = directory.resolve("b.json");
        // 1,000 KiB/s, 2,000, and so on
        searchPath = FakeFio.in(directory.resolve("bin"), log, "written=$(grep -c rw=write \"" + log + "\")000").getParent().toString();
        assertEquals(ExitCode.DONE, run("--keys=100000", "--value-size=100", "--threads=1", "--memory=64m", "--batch=16", "--dir=" + directory.resolve("files"),
                "--seconds=0.5", "--loadings=3", "--against=fio", "--json", json.toString()));
        List<String> lines = output.toString(StandardCharsets.UTF_8).lines().toList();
        for (List<String> row : List.of(
                List.of("loading", "4.0 s (2.0 - 6.0)", "-"),
                List.of("records appended", "0.5 MB/s (0.3 - 1.0)", "-"),
                List.of("of fio's writes", "19.5 % (9.3 - 65.1)", "-"),
                List.of("written to disk", "0.5 MB/s (0.3 - 0.9)", "2.6 MB/s"),
                List.of("of fio's writes", "18.0 % (8.6 - 60.0)", "-"),
                List.of("of fio's writes", "19.2 % (9.1 - 64.0)", "-"))) {
            assertTrue(lines.stream().anyMatch(line -> cells(line.strip()).equals(row)), row + " is not in " + String.join("\n", lines));
        }
        String dense = Files.readString(json).replaceAll("\\s", "");
        assertTrue(dense.contains("\"loadings\":3,") && dense.contains("\"eachLoadSeconds\":[2.0,4.0,6.0],") && dense.contains("\"loadOfLimit\":0.18,"), dense);
        assertTrue(lines.contains("index of 65,536 buckets, door unsafe; 3 loadings, 3 windows of 0.5 s, median (least - most)"), String.join("\n", lines));
        assertEquals("--loadings 2: the limit program is loaded once; leave --against c out.",
                failure("--memory=64m", "--loadings=2", "--against=c"));
    }

    /** What the kernel counts during a window belongs to the contestant whose window it is. */
    @Test
    void shouldShowWhatTheKernelCounted() {
        run("--keys=1000", "--memory=64m", "--dir=" + directory.resolve("files"));
        boolean isKnown = BlockDevice.holding(directory).isPresent();
        for (String row : List.of("as the kernel counts", "and merged with these")) {
            assertTrue(output.toString(StandardCharsets.UTF_8).lines().anyMatch(line -> line.matches(" {4}" + row + " +" + (isKnown ? "\\d+\\.\\d\\d k .*" : "-"))), row);
        }
    }

    @Test
    void shouldWriteNullWhereNothingIsComparedWith() throws IOException {
        Path json = directory.resolve("b.json");
        run("--json", json.toString());
        String dense = Files.readString(json).replaceAll("\\s", "");
        assertTrue(dense.endsWith("\"blockDevice\":null,\"deviceLimit\":null,\"readsOfLimit\":null,\"appendedOfLimit\":null,\"loadOfLimit\":null,\"writingOfLimit\":null,\"eachAppendedOfLimit\":null,\"eachLoadOfLimit\":null,\"eachWritingOfLimit\":null,\"ratio\":null,\"against\":null,\"others\":[],\"notes\":[]}"), dense);
    }

    @Test
    void shouldSayInTheColumnThatAPeerCouldNotRun() throws IOException {
        missing = "there is no gcc on this machine";
        Path json = directory.resolve("b.json");
        assertEquals(ExitCode.DONE, run("--against=c,chm", "--json", json.toString()));
        assertEquals("room for [tideline, chm]", log.getFirst());
        List<String> lines = output.toString(StandardCharsets.UTF_8).lines().toList();
        assertEquals(List.of("", "tideline", "c", "chm"), cells(lines.get(3)));
        assertEquals("not run", cells(lines.get(4)).get(2));
        assertTrue(lines.contains("c was not run: there is no gcc on this machine."), lines.toString());
        String dense = Files.readString(json).replaceAll("\\s", "");
        assertTrue(dense.contains("\"ratio\":null,\"against\":{\"name\":\"c\",\"ratio\":null,\"opsPerSecond\":null,\"missing\":\"thereisnogcc"),
                dense);
        assertTrue(dense.contains("\"others\":[{\"name\":\"chm\",\"ratio\":2.0,"), dense);
    }

    @Test
    void shouldEndWithOneWhenAContestantLostAKey() {
        absent = 7;
        assertEquals(ExitCode.WRONG, run("--against=chm"));
        assertTrue(output.toString(StandardCharsets.UTF_8).contains("WRONG: 21 reads of chm did not find their key."));
    }

    @Test
    void shouldForgiveAReadThatOvertakesAnInsertionOfAnotherThread() {
        absent = 7;
        assertEquals(ExitCode.DONE, run("--against=chm", "--workload=ycsb-d", "--threads=2"));
        assertTrue(output.toString(StandardCharsets.UTF_8).contains("Note: 21 reads of chm did not find their key; another thread"));
        assertEquals(ExitCode.WRONG, run("--against=chm", "--workload=ycsb-d", "--threads=1"));
    }

    @Test
    void shouldRefuseLessMemoryThanAPeerCanUse() {
        assertEquals("--memory 15728640: give a number from 16777216 to 1099511627776.", failure("--memory=15m", "--against=lmdb"));
    }

    @Test
    void shouldPassTheMemoryOnAndSayHowItWasLimited() throws IOException {
        notes = List.of("lmdb: nothing limits it.");
        Path json = directory.resolve("b.json");
        assertEquals(ExitCode.DONE, run("--against=rocksdb,lmdb,mvstore", "--memory=64m", "--json", json.toString()));
        assertEquals(64 * MEBIBYTE, settings.memoryBytes());
        List<String> lines = output.toString(StandardCharsets.UTF_8).lines().toList();
        assertTrue(lines.stream().anyMatch(line -> cells(line).equals(List.of("", "tideline", "rocksdb", "lmdb", "mvstore"))), lines.toString());
        assertTrue(lines.contains("lmdb: nothing limits it."), lines.toString());
        String dense = Files.readString(json).replaceAll("\\s", "");
        assertTrue(dense.contains("\"memoryLimit\":67108864,") && dense.endsWith("\"notes\":[\"lmdb:nothinglimitsit.\"]}"), dense);
    }

    @Test
    void shouldEndEveryContestantAtTheEnd() {
        run("--against=chm,c");
        assertEquals(List.of("tideline close", "chm close", "c close"), log.subList(log.size() - 3, log.size()));
    }

    @Test
    void shouldEndEveryContestantWhenItIsStoppedInTheMiddle() {
        stopAt = "chm window 5.0";
        assertEquals(THROWN, run("--against=chm,c"));
        assertInstanceOf(Interruption.Stopped.class, thrown);
        assertTrue(log.containsAll(List.of("tideline close", "chm close", "c close")), log.toString());
        assertFalse(log.contains("c memory"), log.toString());
    }

    @Test
    void shouldMeasureOneAfterTheOtherWhereEachIsToBeAlone() {
        run("--against=chm", "--workload=read,rmw", "--threads=1", "--alone");
        int end = log.indexOf("tideline close");
        assertTrue(end > 0 && log.indexOf("chm load") > end && log.lastIndexOf("tideline memory") < end, log.toString());
        assertEquals(2, log.stream().filter("chm memory"::equals).count());
        String shown = output.toString(StandardCharsets.UTF_8);
        assertEquals(2, shown.lines().filter(line -> line.startsWith("Each contestant was loaded and measured alone")).count(), shown);
        assertEquals(List.of(List.of("tideline is faster by", "2.00 (2.00 - 2.00)"), List.of("tideline is faster by", "5.00 (4.00 - 6.00)")),
                shown.lines().map(String::strip).filter(line -> line.startsWith("tideline is faster by")).map(line -> cells(line)).toList());
        assertEquals("--alone is about several contestants; name the others with --against.", failure("--alone"));
    }

    /** Which is told all the same. */
    @Test
    void shouldMeasureTheOthersWhereOneThatIsAloneFails() {
        failAt = "lmdb load";
        assertEquals("The contestant failed.", failure("--workload=read,rmw", "--threads=1", "--against=lmdb,chm", "--alone", "--memory=64m"));
        String shown = output.toString(StandardCharsets.UTF_8);
        assertTrue(log.contains("lmdb close") && log.contains("chm memory"), log.toString());
        assertEquals(2, shown.lines().filter("lmdb was not run: The contestant failed."::equals).count(), shown);
    }

    @Test
    void shouldTellOfThoseWhoseTurnNeverCame() {
        failAt = "tideline work rmw uniform 1 1";
        assertEquals("Only 1 of 2 measurements were made, and are shown. The contestant failed.",
                failure("--workload=read,rmw", "--threads=1", "--against=chm", "--alone"));
        String shown = output.toString(StandardCharsets.UTF_8);
        assertTrue(shown.lines().anyMatch("chm was not run: it was not its turn yet."::equals), shown);
    }

    @Test
    void shouldShowWhatWasMeasuredBeforeAContestantFailed() throws IOException {
        failAt = "chm work rmw uniform 1 1";
        Path json = directory.resolve("b.json");
        assertEquals("Only 1 of 2 measurements were made, and are shown. The contestant failed.",
                failure("--workload=read,rmw", "--threads=1", "--against=chm", "--json", json.toString()));
        String dense = Files.readString(json).replaceAll("\\s", "");
        assertTrue(dense.startsWith("{\"cells\":[{\"workload\":\"read\"") && !dense.contains("\"workload\":\"rmw\""), dense);
        assertTrue(dense.endsWith("],\"incomplete\":\"Only1of2measurementsweremade,andareshown.Thecontestantfailed.\"}"), dense);
        assertTrue(output.toString(StandardCharsets.UTF_8).contains("read on 16,777,216 keys"), output.toString(StandardCharsets.UTF_8));
        assertTrue(log.containsAll(List.of("tideline close", "chm close")), log.toString());
    }

    @Test
    void shouldShowNothingWhereNothingWasMeasuredBeforeAContestantFailed() {
        failAt = "chm load";
        assertEquals("The contestant failed.", failure("--workload=read,rmw", "--threads=1", "--against=chm"));
        assertEquals("", output.toString(StandardCharsets.UTF_8));
    }

    @Test
    void shouldPublishNothingWhenItIsStopped() {
        interruption.request();
        output.reset();
        Path json = directory.resolve("b.json");
        assertEquals(THROWN, run("--json", json.toString()));
        assertInstanceOf(Interruption.Stopped.class, thrown);
        assertFalse(Files.exists(json));
        assertEquals("", output.toString(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "-h"})
    void shouldExplainItself(String option) {
        ByteArrayOutputStream help = new ByteArrayOutputStream();
        new CommandLine(new BenchCommand(null, null)).setOut(new java.io.PrintWriter(help, true, StandardCharsets.UTF_8)).execute(option);
        String text = help.toString(StandardCharsets.UTF_8);
        for (String part : List.of("--workload", "--keys", "--value-size", "--threads", "--distribution", "--buckets", "--batch", "--door",
                "--seconds", "--repetitions", "--against", "--json", "ycsb-f", "Exit codes")) {
            assertTrue(text.contains(part), part);
        }
    }
}
