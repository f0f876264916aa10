package io.tideline.cli.bench.contestant;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tideline.cli.bench.timeline.Window;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StolenTimeTest {

    @TempDir
    private Path folder;

    private long nanos(String counts) throws IOException {
        return StolenTime.nanos(Files.writeString(folder.resolve("stat"), counts));
    }

    @Test
    void shouldReadWhatTheKernelCountsOfAllProcessors() throws IOException {
        assertEquals(6_640_000_000L, nanos("""
                cpu  96202 249 15577 48980 8906 0 972 664 0 0
                cpu0 47805 137 5378 31141 1120 0 67 374 0 0
                """));
    }

    @Test
    void shouldSayThatNobodyTells() throws IOException {
        assertEquals(Window.UNKNOWN, nanos("cpu  96202 249 15577 48980 8906 0 972\n"));
        assertEquals(Window.UNKNOWN, nanos("cpu  96202 249 15577 48980 8906 0 972 many 0 0\n"));
        assertEquals(Window.UNKNOWN, nanos("processors 2\n"));
        assertEquals(Window.UNKNOWN, nanos(""));
        assertEquals(Window.UNKNOWN, StolenTime.nanos(folder.resolve("none")));
    }
}
