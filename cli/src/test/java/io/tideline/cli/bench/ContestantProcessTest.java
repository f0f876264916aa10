package io.tideline.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.cli.bench.work.Distribution;
import io.tideline.cli.bench.work.Spill;
import io.tideline.cli.bench.work.WorkSettings;
import io.tideline.cli.bench.work.Workload;
import io.tideline.cli.console.Failure;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(120)
class ContestantProcessTest {

    private static final WorkSettings WORK = new WorkSettings(Workload.MIXED, Distribution.ZIPF, 10_000, 8, 2, 4_096, 32, 64_000);

    /** A shell in the place of a contestant. */
    private static ContestantProcess shell(String script, Runnable tick) {
        return ContestantProcess.start("fake", List.of("/bin/sh", "-c", script), tick);
    }

    private static ProcessContenders contenders(Door door, Checkout checkout) {
        return new ProcessContenders(new RaceSettings(WORK, door, 1, 1, 0), checkout, () -> { });
    }

    @ParameterizedTest
    @EnumSource
    void shouldMeasureTheStoreBehindEachDoor(Door door) {
        PrintStream err = System.err;
        ProcessContenders contenders = contenders(door, new Checkout(null, null, err));
        assertTrue(contenders.prepare(Contestant.TIDELINE).isEmpty());
        try (Contender contender = contenders.start(Contestant.TIDELINE)) {
            contender.load();
            long begin = System.nanoTime();
            Throughput window = contender.window(0.1);
            long passed = System.nanoTime() - begin;
            assertTrue(window.operations() > 0 && passed >= 100_000_000 && window.nanos() > 0 && window.nanos() <= passed, passed + " ns around " + window);
            assertEquals(0, window.absent());
            assertTrue(contender.latency(0.1).p50() > 0);
            MemoryUse memory = contender.memory();
            assertEquals(4_096 * 64, memory.index());
            assertTrue(memory.usedLog() >= 10_000 * 32, memory.toString());
        }
    }

    @Test
    void shouldPassFlagsAndArgumentsToTheStore() {
        List<String> command = contenders(Door.SEGMENT, new Checkout(null, null, System.err))
                .command(Contestant.TIDELINE, null);
        assertTrue(command.contains("-Dtideline.door=segment") && !command.contains("--add-exports"), command.toString());
        assertEquals(WORK, WorkSettings.parse(command));
        command = contenders(Door.UNSAFE, new Checkout(null, null, System.err)).command(Contestant.TIDELINE, null);
        assertEquals("java.base/jdk.internal.misc=ALL-UNNAMED", command.get(command.indexOf("--add-exports") + 1));
        assertTrue(command.contains("-Dtideline.door=unsafe") && command.contains("-XX:+UseParallelGC"), command.toString());
    }

    @Test
    void shouldReadTheNumbersOfAReply() {
        try (ContestantProcess process = shell("read line; echo \"ok nanos=7 operations=5 absent=1 allocatedBytes=2\"", () -> { })) {
            assertEquals(new Throughput(5, 7, 2, 1), process.window(1));
        }
    }

    @Test
    void shouldReadWhatAStoreCountsOfItsDisk() {
        try (ContestantProcess process = shell("read line; echo ok nanos=3 writtenBytes=8 appendedBytes=9 writingBytes=7 writingNanos=2; read line;"
                + " echo ok nanos=7 operations=5 absent=1 allocatedBytes=2 deviceReads=4 deviceLookups=3", () -> { })) {
            assertEquals(new Loading(3, 9, 8, new Loading.Writing(2, 7), Throughput.UNKNOWN), process.load());
            assertEquals(new Throughput(5, 7, 2, 1, 3, 4), process.window(1));
        }
    }

    /** In a folder of its own, held to the same as everybody else where the machine allows it, and with nothing left afterwards. */
    @Test
    void shouldMeasureAStoreOnDisk(@TempDir Path folder) throws IOException {
        WorkSettings work = new WorkSettings(Workload.MIXED, Distribution.UNIFORM, 100_000, 100, 2, 32_768, 32, 64_000);
        RaceSettings settings = new RaceSettings(work, Door.UNSAFE, new Spill(2 << 20, folder, "buffered", false), 1, 1, 2, 2 << 20);
        ProcessContenders contenders = new ProcessContenders(settings, new Checkout(null, null, System.err), () -> { });
        long limit = (2 << 20) + 32_768 * 64 + Footprint.processBytes(work);
        try (Contender contender = contenders.start(Contestant.TIDELINE)) {
            contender.rehearse();
            Loading first = contender.load();
            Loading loading = contender.load();
            assertEquals(first.appendedBytes(), loading.appendedBytes(), first.appendedBytes() / 20.0, "into a new store");
            assertTrue(loading.appendedBytes() >= 100_000 * 128 && loading.writtenBytes() > loading.appendedBytes() / 2
                    && loading.writtenBytes() <= loading.appendedBytes(), loading.toString());
            if (loading.writing() != null) { // else nobody looked in time
                assertTrue(loading.writing().nanos() < loading.nanos() && loading.writing().bytes() < loading.writtenBytes(), loading.toString());
            }
            try (Stream<Path> stores = Files.walk(folder).filter(path -> path.getFileName().toString().startsWith("data-"))) {
                assertEquals(1, stores.count(), "those of the rehearsals, and the one that was loaded first, are gone");
            }
            Throughput window = contender.window(0.3);
            assertTrue(window.deviceLookups() > 0 && window.deviceReads() >= window.deviceLookups() && window.deviceLookups() < window.operations(),
                    window.toString());
            Latency latency = contender.latency(0.3);
            assertTrue(latency.p50() > 0 && latency.p50() <= latency.p99() && latency.p99() <= latency.p999(), latency.toString());
            MemoryUse memory = contender.memory();
            assertTrue(memory.usedLog() <= 2 << 20, memory.toString());
            assertTrue(memory.groupLimit() == Throughput.UNKNOWN || memory.groupLimit() == limit, memory.toString());
            assertTrue(memory.groupPeak() == Throughput.UNKNOWN || memory.groupPeak() > 1 << 20 && memory.groupPeak() <= limit, memory.toString());
            assertTrue(memory.peakResident() == Throughput.UNKNOWN || memory.peakResident() > 64 << 20, memory.toString());
        }
        assertEquals(1, contenders.notes().size());
        assertTrue(contenders.notes().getFirst().matches("tideline: (held|sized) .*2\\.0 MiB of memory and 2\\.0 MiB as the index of tideline takes.*"),
                contenders.notes().toString());
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(List.of(), left.toList());
        }
    }

    @Test
    void shouldRepeatTheSentenceOfAContestantThatCannotGoOn() {
        try (ContestantProcess process = shell("read line; echo failed the log is full", () -> { })) {
            assertEquals("The contestant fake cannot go on: the log is full", assertThrows(Failure.class, process::load).getMessage());
        }
    }

    @Test
    void shouldReadTheSentenceOfAContestantThatEndedBeforeItWasAsked() {
        try (ContestantProcess process = shell("echo failed the argument keys=0 is wrong", () -> { })) {
            ProcessHandle.current().children().forEach(child -> child.onExit().join());
            assertEquals("The contestant fake cannot go on: the argument keys=0 is wrong",
                    assertThrows(Failure.class, process::load).getMessage());
        }
    }

    @Test
    void shouldTellTheLastWordsOfAContestantThatDied() {
        try (ContestantProcess process = shell("read line; echo out of luck >&2; exit 3", () -> { })) {
            assertEquals("The contestant fake ended with exit code 3 and these last words: out of luck.",
                    assertThrows(Failure.class, process::load).getMessage());
        }
    }

    @Test
    void shouldRefuseWhatIsNoReply() {
        try (ContestantProcess process = shell("while read line; do echo \"ok nanos=fast\"; done", () -> { })) {
            assertEquals("The contestant fake answered nanos=fast, which is not a number.",
                    assertThrows(Failure.class, () -> process.request("x").number("nanos")).getMessage());
            assertEquals("The contestant fake answered 'nanos=fast' without absent=.",
                    assertThrows(Failure.class, () -> process.request("x").number("absent")).getMessage());
        }
        try (ContestantProcess process = shell("read line; echo hello", () -> { })) {
            String message = assertThrows(Failure.class, process::load).getMessage();
            assertTrue(message.startsWith("The contestant fake answered 'hello', which is neither "), message);
        }
    }

    @Test
    void shouldStopWaitingWhenTheTickThrows() {
        try (ContestantProcess process = shell("read line; read line", () -> {
            throw new CancellationException("stop");
        })) {
            assertThrows(CancellationException.class, process::load);
        }
    }

    @Test
    void shouldLetTheTickExplainAContestantThatCtrlCReachedFirst() {
        int[] ticks = new int[1];
        try (ContestantProcess process = shell("read line; exit 130", () -> {
            if (++ticks[0] == 4) {
                throw new CancellationException("stop");
            }
        })) {
            assertThrows(CancellationException.class, process::load);
        }
    }

    @Test
    void shouldNameAProgramThatIsNotThere() {
        Path missing = Path.of("no", "such", "program");
        String message = assertThrows(Failure.class,
                () -> ContestantProcess.start("c", List.of(missing.toString()), () -> { })).getMessage();
        assertTrue(message.startsWith("Cannot start the contestant c: "), message);
    }

    @Test
    void shouldCleanUpOnceAndOnlyAfterTheProcessEnded() {
        List<Boolean> aliveAtCleanUp = new ArrayList<>();
        List<ProcessHandle> before = ProcessHandle.current().children().toList();
        AtomicReference<ProcessHandle> started = new AtomicReference<>();
        ContestantProcess process = ContestantProcess.start("fake", List.of("/bin/sh", "-c", "read line; echo ok nanos=5; read line"), () -> { }, null,
                () -> aliveAtCleanUp.add(started.get().isAlive()));
        started.set(ProcessHandle.current().children().filter(child -> !before.contains(child)).findFirst().orElseThrow());
        assertEquals(new Loading(5, Throughput.UNKNOWN, Throughput.UNKNOWN, null, Throughput.UNKNOWN), process.load());
        assertEquals(List.of(), aliveAtCleanUp);
        process.close();
        process.close();
        assertEquals(List.of(false), aliveAtCleanUp);
    }

    /** Who still read would read what the next process says, whose descriptors have the same numbers. */
    @Test
    void shouldLeaveNobodyReadingOnceItIsClosed() {
        for (int i = 0; i < 20; i++) {
            ContestantProcess process = ContestantProcess.start("fake", List.of("/bin/sh", "-c", "while read line; do echo ok nanos=5; done"), () -> { });
            process.load();
            assertTrue(process.isThere());
            process.close();
            assertFalse(process.isThere());
        }
    }

    @Test
    void shouldCleanUpAfterAProcessThatDoesNotStart() {
        List<String> log = new ArrayList<>();
        assertThrows(Failure.class, () -> ContestantProcess.start("fake", List.of("/nowhere/program"), () -> { }, null, () -> log.add("cleaned up")));
        assertEquals(List.of("cleaned up"), log);
    }

    @Test
    void shouldGiveAPeerOnDiskItsFolderItsMemoryAndItsFlags() {
        long memory = 256L << 20;
        ProcessContenders contenders = new ProcessContenders(new RaceSettings(WORK, Door.UNSAFE, 1, 1, memory),
                new Checkout(null, null, System.err), () -> { });
        List<String> lmdb = contenders.command(Contestant.LMDB, Path.of("/data/l"), "peers.jar");
        assertTrue(lmdb.containsAll(List.of("peer=lmdb", "folder=/data/l", "memory=" + (memory + 4_096 * 64), "-Djava.io.tmpdir=/data/l", "-Xmx128m", "-Xmn32m",
                "--add-opens=java.base/java.nio=ALL-UNNAMED")), lmdb.toString());
        assertEquals(WORK, WorkSettings.parse(lmdb));
        List<String> mvStore = contenders.command(Contestant.MVSTORE, Path.of("/data/m"), "peers.jar");
        assertTrue(mvStore.containsAll(List.of("peer=mvstore", "-Xmx321m")) && !mvStore.contains("-Xmn32m"), mvStore.toString());
    }
}
