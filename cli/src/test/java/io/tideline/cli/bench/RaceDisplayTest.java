package io.tideline.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tideline.cli.console.Streams;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RaceDisplayTest {

    private static final String ERASE = "\u001b[K";

    private final ByteArrayOutputStream errors = new ByteArrayOutputStream();
    private long now;

    private RaceDisplay display(boolean quiet, boolean live) {
        PrintStream err = new PrintStream(errors, true, StandardCharsets.UTF_8);
        return new RaceDisplay(new Streams(new ByteArrayInputStream(new byte[0]), err, err, false, live), quiet, () -> now);
    }

    private String shown() {
        String shown = errors.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
        errors.reset();
        return shown;
    }

    @Test
    void shouldDrawOneLineAgainAndAgainOnATerminal() {
        RaceDisplay display = display(false, true);
        display.plan(240);
        display.begin("a, loading", 0);
        assertEquals("\rbench [........................] 4:00 to go: a, loading" + ERASE, shown());
        display.begin("a, window 1 of 2", 120);
        shown();
        now += TimeUnit.SECONDS.toNanos(60);
        display.tick();
        assertEquals("\rbench [######..................] 3:00 to go: a, window 1 of 2" + ERASE, shown());
        now += TimeUnit.SECONDS.toNanos(600);
        display.tick();
        assertEquals("\rbench [############............] 2:00 to go: a, window 1 of 2" + ERASE, shown());
        display.show(new Throughput(5_000_000, 1_000_000_000, 0, 0));
        assertEquals("\rbench: a, window 1 of 2: 5.00 M operations/s" + ERASE + "\n", shown());
        display.close();
        assertEquals("", shown());
        display.begin("a, window 2 of 2", 120);
        shown();
        display.close();
        assertEquals("\r" + ERASE, shown());
    }

    @Test
    void shouldSayNothingWhenQuiet() {
        RaceDisplay display = display(true, true);
        display.plan(10);
        display.begin("a, loading", 0);
        display.tick();
        display.show(new Throughput(1, 1, 0, 0));
        display.close();
        assertEquals("", shown());
    }
}
