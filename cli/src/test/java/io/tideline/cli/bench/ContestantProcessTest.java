package io.tideline.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.cli.bench.work.Distribution;
import io.tideline.cli.bench.work.WorkSettings;
import io.tideline.cli.bench.work.Workload;
import io.tideline.cli.console.Failure;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
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
            Throughput window = contender.window(0.1);
            assertTrue(window.operations() > 0 && window.nanos() >= 100_000_000, window.toString());
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
                .command(Contestant.TIDELINE);
        assertTrue(command.contains("-Dtideline.door=segment") && !command.contains("--add-exports"), command.toString());
        assertEquals(WORK, WorkSettings.parse(command));
        command = contenders(Door.UNSAFE, new Checkout(null, null, System.err)).command(Contestant.TIDELINE);
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
        ContestantProcess process = ContestantProcess.start("fake", List.of("/bin/sh", "-c", "read line; echo ok; read line"), () -> { },
                () -> aliveAtCleanUp.add(started.get().isAlive()));
        started.set(ProcessHandle.current().children().filter(child -> !before.contains(child)).findFirst().orElseThrow());
        process.load();
        assertEquals(List.of(), aliveAtCleanUp);
        process.close();
        process.close();
        assertEquals(List.of(false), aliveAtCleanUp);
    }

    @Test
    void shouldCleanUpAfterAProcessThatDoesNotStart() {
        List<String> log = new ArrayList<>();
        assertThrows(Failure.class, () -> ContestantProcess.start("fake", List.of("/nowhere/program"), () -> { }, () -> log.add("cleaned up")));
        assertEquals(List.of("cleaned up"), log);
    }

    @Test
    void shouldGiveAPeerOnDiskItsFolderItsMemoryAndItsFlags() {
        long memory = 256L << 20;
        ProcessContenders contenders = new ProcessContenders(new RaceSettings(WORK, Door.UNSAFE, 1, 1, memory),
                new Checkout(null, null, System.err), () -> { });
        List<String> lmdb = contenders.command(Contestant.LMDB, Path.of("/data/l"), "peers.jar");
        assertTrue(lmdb.containsAll(List.of("peer=lmdb", "folder=/data/l", "memory=268435456", "-Djava.io.tmpdir=/data/l", "-Xmx512m",
                "--add-opens=java.base/java.nio=ALL-UNNAMED")), lmdb.toString());
        assertEquals(WORK, WorkSettings.parse(lmdb));
        List<String> mvStore = contenders.command(Contestant.MVSTORE, Path.of("/data/m"), "peers.jar");
        assertTrue(mvStore.containsAll(List.of("peer=mvstore", "-Xmx704m")), mvStore.toString());
    }
}
