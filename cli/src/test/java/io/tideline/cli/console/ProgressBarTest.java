package io.tideline.cli.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ProgressBarTest {

    private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
    private long nanos = 1_000;

    @Test
    void shouldDrawOneLineAgainAndAgainOnATerminal() {
        ProgressBar bar = bar(true, false, 1000);
        pass(2000);
        bar.show(500, 4_000_000);
        assertEquals("\rcounting [########........]  50 %, 4.0 M words, 2.0 M/s, 0:02 to go\u001b[K", taken());
        pass(99);
        bar.show(510, 4_100_000);
        assertEquals("", taken());
        pass(1);
        bar.show(520, 4_200_000);
        assertTrue(taken().startsWith("\rcounting [########........]  52 %, 4.2 M words, 2.0 M/s, 0:01 to go"));
        pass(900);
        bar.finish(8_000_000);
        assertEquals("\rcounting: 8000000 words in 3.0 s (2.7 M/s)\u001b[K\n", taken());
    }

    @Test
    void shouldNeverBeWiderThanATerminal() {
        ProgressBar bar = new ProgressBar(streams(true), false, () -> nanos, "verifying", "n-grams", Long.MAX_VALUE);
        pass(99_999_000);
        bar.show(Long.MAX_VALUE / 2, 999_949_999_999L);
        String line = taken().replace("\r", "").replace("\u001b[K", "");
        assertTrue(line.length() < 80, line);
    }

    @Test
    void shouldPrintAPlainLineEveryTenthOfTheWorkIfNotOnATerminal() {
        ProgressBar bar = bar(false, false, 100);
        for (int percent = 1; percent <= 100; percent++) {
            pass(500);
            bar.show(percent, percent * 10L);
        }
        bar.finish(1000);
        String[] lines = taken().split("\n");
        assertEquals("counting:  10 %, 100 words, 20/s, 0:45 to go", lines[0]);
        assertEquals("counting: 100 %, 1.0 k words, 20/s, 0:00 to go", lines[9]);
        assertEquals("counting: 1000 words in 50.0 s (20/s)", lines[10]);
        assertEquals(11, lines.length);
    }

    @Test
    void shouldStaySilentInALogWhileWorkIsShortButSaySomethingWhileItIsLong() {
        ProgressBar bar = bar(false, false, 100);
        pass(900);
        bar.show(90, 5);
        assertEquals("", taken());
        pass(29_000);
        bar.show(90, 6);
        assertTrue(taken().startsWith("counting:  90 %"));
        pass(29_999);
        bar.show(91, 7);
        assertEquals("", taken());
        pass(1);
        bar.show(91, 7);
        assertTrue(taken().startsWith("counting:  91 %"));
    }

    @Test
    void shouldShowWhatIsDoneIfTheEndIsUnknown() {
        ProgressBar bar = bar(true, false, ProgressBar.UNKNOWN);
        pass(65_000);
        bar.show(12345, 130);
        assertEquals("\rcounting 130 words, 2/s, 1:05 so far\u001b[K", taken());
    }

    @Test
    void shouldBeSilentIfQuiet() {
        ProgressBar bar = bar(true, true, 100);
        pass(60_000);
        bar.show(50, 5);
        bar.finish(10);
        bar.close();
        assertEquals("", taken());
    }

    @Test
    void shouldLeaveTheCursorAtTheStartOfALineWhenClosedAndThenBeSilent() {
        ProgressBar bar = bar(true, false, 100);
        pass(200);
        bar.show(50, 5);
        taken();
        bar.close();
        assertEquals("\n", taken());
        pass(200);
        bar.show(60, 6);
        bar.finish(7);
        bar.close();
        assertEquals("", taken());
    }

    @Test
    void shouldNeverShowMoreThanTheWhole() {
        ProgressBar bar = bar(true, false, 100);
        pass(1000);
        bar.show(170, 17);
        assertEquals("\rcounting [################] 100 %, 17 words, 17/s, 0:00 to go\u001b[K", taken());
    }

    private ProgressBar bar(boolean terminal, boolean quiet, long wholeShare) {
        return new ProgressBar(streams(terminal), quiet, () -> nanos, "counting", "words", wholeShare);
    }

    private Streams streams(boolean terminal) {
        PrintStream errors = new PrintStream(shown, true, StandardCharsets.UTF_8);
        return new Streams(InputStream.nullInputStream(), errors, errors, false, terminal);
    }

    private void pass(long millis) {
        nanos += TimeUnit.MILLISECONDS.toNanos(millis);
    }

    private String taken() {
        String text = shown.toString(StandardCharsets.UTF_8);
        shown.reset();
        return text;
    }
}
