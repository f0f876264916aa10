package io.tideline.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class MemoryLimitTest {

    private static final long LIMIT_BYTES = 64L << 20;

    @TempDir
    private Path root;

    private ControlGroups groups(String mount, String membership) throws IOException {
        return new ControlGroups(Files.writeString(root.resolve("mountinfo"), mount), Files.writeString(root.resolve("cgroup"), membership));
    }

    @Test
    void shouldWriteTheLimitOfVersionTwo() throws IOException {
        Path top = Files.createDirectories(root.resolve("v2"));
        Files.writeString(top.resolve("cgroup.subtree_control"), "memory");
        MemoryLimit limit = MemoryLimit.of(groups("41 31 0:38 / " + top + " rw - cgroup2 cgroup2 rw", "0::/\n"), "lmdb", LIMIT_BYTES).limit();
        Path group = top.resolve("tideline-" + ProcessHandle.current().pid() + "-lmdb");
        assertEquals(Long.toString(LIMIT_BYTES), Files.readString(group.resolve("memory.max")));
        assertEquals(LIMIT_BYTES, limit.bytes());
        assertEquals(Throughput.UNKNOWN, limit.peakBytes());
        Files.writeString(group.resolve("memory.peak"), "12345\n");
        assertEquals(12345, limit.peakBytes());
        assertEquals(group.resolve("cgroup.procs").toString(), limit.around(List.of("java", "-version")).get(3));
    }

    @Test
    void shouldSayWhyThereIsNone() throws IOException {
        MemoryLimit.Attempt attempt = MemoryLimit.of(groups("", ""), "lmdb", LIMIT_BYTES);
        assertNull(attempt.limit());
        assertEquals("this machine has no control group for memory that may be divided", attempt.refusal());
    }

    @Test
    void shouldHoldARealProcessToTheLimit() throws IOException, InterruptedException {
        MemoryLimit.Attempt attempt = MemoryLimit.of("test", LIMIT_BYTES);
        assumeTrue(attempt.limit() != null, () -> "not possible here: " + attempt.refusal());
        Path group;
        try (MemoryLimit limit = attempt.limit()) {
            List<String> command = limit.around(List.of("/bin/sh", "-c", "grep -c tideline-" + ProcessHandle.current().pid()
                    + "-test /proc/self/cgroup; dd if=/dev/zero of=/dev/null bs=200M count=1 2> /dev/null"));
            group = Path.of(command.get(3)).getParent();
            Process process = new ProcessBuilder(command).start();
            assertEquals("1", process.inputReader().readLine());
            assertTrue(limit.peakBytes() == Throughput.UNKNOWN || limit.peakBytes() > 0 && limit.peakBytes() <= LIMIT_BYTES);
            assertTrue(process.waitFor() != 0, "a program took 200 MiB under a limit of 64 MiB");
        }
        assertFalse(Files.exists(group));
    }
}
