package io.tideline.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tideline.cli.console.Streams;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RaceTest {

    private static final long GIBIBYTE = 1L << 30;

    private final List<String> log = new ArrayList<>();
    private final ByteArrayOutputStream errors = new ByteArrayOutputStream();

    private List<Standing> run(FakeContender... contenders) {
        PrintStream err = new PrintStream(errors, true, StandardCharsets.UTF_8);
        Streams streams = new Streams(new ByteArrayInputStream(new byte[0]), err, err, false, false);
        RaceDisplay display = new RaceDisplay(streams, false, () -> 0);
        return new Race(List.of(contenders), 1, 2, 3, display).run();
    }

    @Test
    void shouldLetWindowsAlternateAfterAllAreWarm() {
        run(new FakeContender("a", log, GIBIBYTE, 1., 1., 1., 1.), new FakeContender("b", log, GIBIBYTE, 1., 1., 1., 1.));
        assertEquals(List.of("a load", "b load", "a window 2.0", "b window 2.0",
                "a window 1.0", "b window 1.0", "a window 1.0", "b window 1.0", "a window 1.0", "b window 1.0",
                "a latency 1.0", "b latency 1.0", "a memory", "b memory"), log);
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
                bench: a, loading
                bench: a, window 1 of 3: 10.00 M operations/s
                bench: a, window 2 of 3: 20.00 M operations/s
                bench: a, window 3 of 3: 60.00 M operations/s
                bench: a, memory
                """, errors.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n"));
    }
}
