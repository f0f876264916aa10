package io.tideline.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tideline.cli.console.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class DeviceLimitTest {

    @TempDir
    private Path directory;

    private int ticks;

    private DeviceLimit limit(Path program) throws IOException {
        return new DeviceLimit(program, Files.createDirectories(directory.resolve("data")), 1, 0.05, () -> ticks++);
    }

    private List<Path> left() throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("data"))) {
            return files.toList();
        }
    }

    @Test
    void shouldTakeTheBestDepthAndWriteANewFileEachTime() throws IOException {
        Path log = directory.resolve("log");
        try (DeviceLimit limit = limit(FakeFio.in(directory.resolve("bin"), log, ""))) {
            limit.write();
            limit.write();
            limit.read();
            assertEquals(List.of(new DeviceLimit.Reads(6400.5, 64, 1)), limit.figures().reads());
            assertEquals(List.of(1_024_000., 1_024_000.), limit.figures().writes());
            assertEquals(6400.5, limit.figures().readsPerSecond());
            assertEquals(1, left().size());
        }
        assertEquals(List.of(), left());
        List<String> calls = Files.readAllLines(log);
        assertEquals(10, calls.size());
        assertTrue(calls.get(0).contains("--direct=1") && calls.get(0).contains("--size=1048576") && calls.get(0).contains("--bs=1m"), calls.get(0));
        assertTrue(calls.get(8).contains("--rw=randread --bs=4k --iodepth=128") && calls.get(8).contains("--runtime=50ms") && !calls.get(8).contains("batch"), calls.get(8));
        assertTrue(calls.get(9).contains("--iodepth=128") && calls.get(9).contains("--iodepth_batch_submit=16 --iodepth_batch_complete_max=16"), calls.get(9));
        assertTrue(ticks >= calls.size());
    }

    @Test
    void shouldTakeBatchesWhereTheyAreFaster() throws IOException {
        try (DeviceLimit limit = limit(FakeFio.in(directory.resolve("bin"), directory.resolve("log"), "times=2"))) {
            limit.write();
            limit.read();
            assertEquals(List.of(new DeviceLimit.Reads(12800.5, 64, 16)), limit.figures().reads());
        }
    }

    @Test
    void shouldReadAFileOfOthersAndLeaveItAsItIs() throws IOException {
        Path log = directory.resolve("log");
        Path image = Files.write(directory.resolve("an:image"), new byte[(3 << 20) + 5000]);
        Path note = Files.write(directory.resolve("note"), new byte[9000]);
        try (DeviceLimit limit = limit(FakeFio.in(directory.resolve("bin"), log, ""))) {
            limit.readSequentially(image);
            limit.readSequentially(note);
            assertEquals(List.of(), left());
        }
        List<String> calls = Files.readAllLines(log);
        assertTrue(calls.get(0).contains("an\\:image --size=3145728 ") && calls.get(0).contains("--rw=read --bs=1048576 ") && calls.get(0).contains("--readonly"), calls.get(0));
        assertTrue(calls.get(1).contains("note --size=8192 ") && calls.get(1).contains("--bs=8192 "), calls.get(1));
        assertTrue(Files.exists(image) && Files.exists(note));
    }

    @Test
    void shouldTryAnotherEngineWhereTheFirstIsNotThere() throws IOException {
        Path log = directory.resolve("log");
        try (DeviceLimit limit = limit(FakeFio.in(directory, log, "case \"$*\" in *libaio*) echo no such engine >&2; exit 1 ;; esac"))) {
            limit.write();
            limit.read();
        }
        assertEquals(1, Files.readAllLines(log).stream().filter(call -> call.contains("libaio")).count());
        assertEquals(9, Files.readAllLines(log).stream().filter(call -> call.contains("io_uring")).count());
    }

    @Test
    void shouldRepeatWhyItCannot() throws IOException {
        try (DeviceLimit limit = limit(FakeFio.in(directory, directory.resolve("log"), "echo no disk >&2; exit 3"))) {
            String message = assertThrows(Failure.class, limit::write).getMessage();
            assertTrue(message.startsWith("Cannot measure the disk with fio in ") && message.endsWith(
                    "it ended with exit code 3 and these last words: no disk; it ended with exit code 3 and these last words: no disk."), message);
        }
        try (DeviceLimit limit = limit(FakeFio.in(directory, directory.resolve("log"), "echo '3;4;5;6;0;7'; exit"))) {
            assertEquals("fio answered '3;4;5;6;0;7', which this version does not understand.", assertThrows(Failure.class, limit::write).getMessage());
        }
    }

    @Test
    void shouldEndWhatRunsWhenTheTickThrows() throws IOException {
        Path started = directory.resolve("started");
        Path program = FakeFio.in(directory, directory.resolve("log"), "echo $$ > " + started + "; exec tail -f /dev/null");
        long process;
        try (DeviceLimit limit = new DeviceLimit(program, directory, 1, 1, () -> {
            if (Files.exists(started)) {
                throw new CancellationException("stop");
            }
        })) {
            assertThrows(CancellationException.class, limit::write);
            process = Long.parseLong(Files.readString(started).strip());
        }
        assertFalse(ProcessHandle.of(process).filter(ProcessHandle::isAlive).isPresent());
    }

    @Test
    void shouldFindItOnThePath() throws IOException {
        Path program = FakeFio.in(directory.resolve("bin"), directory.resolve("log"), "");
        assertEquals(Optional.of(program), DeviceLimit.find(":" + directory.resolve("none") + ":" + program.getParent()));
        assertEquals(Optional.empty(), DeviceLimit.find(directory.toString()));
        assertEquals(Optional.empty(), DeviceLimit.find(null));
    }

    /** Where there is a real one, and a file system that lets the page cache be passed by. */
    @Test
    void shouldUnderstandTheRealOne() throws IOException {
        Optional<Path> program = DeviceLimit.find(System.getenv("PATH"));
        assumeTrue(program.isPresent(), "there is no fio on the PATH");
        try (DeviceLimit limit = limit(program.get())) {
            try {
                limit.write();
            } catch (Failure refused) {
                assumeTrue(false, refused.getMessage());
            }
            limit.read();
            assertTrue(limit.figures().writtenBytesPerSecond() > 1_000_000, limit.figures().toString());
            assertTrue(limit.figures().readsPerSecond() > 10, limit.figures().toString());
            Path others = Files.write(directory.resolve("of:oth\\ers"), new byte[(4 << 20) + 100]);
            assertTrue(limit.readSequentially(others) > 1_000_000, "bytes in a second");
            assertEquals((4 << 20) + 100, Files.size(others));
        }
        assertEquals(List.of(), left());
    }
}
