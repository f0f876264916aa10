package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A log of 300 files in a process that may open fewer, most of which a store with the default of 256 would take. */
@EnabledOnOs(OS.LINUX)
class FewFilesTest {
    @TempDir
    private Path parent;

    private String printed(DeviceModel model, int limit, boolean crowded) throws IOException, InterruptedException {
        Path output = parent.resolve("printed");
        Process child = new ProcessBuilder("sh", "-c", "ulimit -n " + limit + "; exec \"$@\"", "sh", Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m", "-XX:TieredStopAtLevel=1", "--add-exports", "java.base/jdk.internal.misc=ALL-UNNAMED", "--enable-native-access=ALL-UNNAMED", "-cp",
                System.getProperty("java.class.path"), FewFiles.class.getName(), parent.resolve("store").toString(), model.name(), Boolean.toString(crowded))
                .redirectErrorStream(true).redirectOutput(output.toFile()).start();
        try {
            assertTrue(child.waitFor(300, TimeUnit.SECONDS), "it did not end");
        } finally {
            child.destroyForcibly();
        }
        String printed = Files.readString(output);
        assertEquals(0, child.exitValue(), printed);
        return printed;
    }

    /** With one model that takes two descriptors a file, and one that takes one. */
    @ParameterizedTest
    @EnumSource(names = {"BUFFERED", "URING"})
    void shouldLeaveDescriptorsToOthers(DeviceModel model) throws IOException, InterruptedException {
        String printed = printed(model, 100, false);
        assertFalse(printed.contains("may open no more files"), printed);
    }

    /** Also what a checkpoint and a close need comes from the log then. */
    @ParameterizedTest
    @EnumSource
    void shouldGiveFilesBackWhereOthersTookAll(DeviceModel model) throws IOException, InterruptedException {
        String printed = printed(model, 200, true);
        assertTrue(printed.contains("may open no more files"), printed);
    }
}
