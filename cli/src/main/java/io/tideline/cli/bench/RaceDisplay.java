package io.tideline.cli.bench;

import io.tideline.cli.console.Durations;
import io.tideline.cli.console.Streams;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * How far a race has come, on the standard error: what runs at the moment, the share of the planned time, and the figure of each window
 * as soon as it is there. On a terminal the first two are one line that is drawn again and again.
 */
final class RaceDisplay implements AutoCloseable {

    private static final int CELLS = 24;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final String ERASE_TO_END_OF_LINE = "\u001b[K";

    private final PrintStream errors;
    private final boolean live;
    private final boolean quiet;
    private final LongSupplier nanoTime;
    private double plannedSeconds;
    private double doneSeconds;
    private String stage = "";
    private double stageSeconds;
    private long stageStart;
    private boolean lineIsOpen;

    /**
     * @param quiet whether nothing is to be said at all
     * @param nanoTime the clock, {@code System::nanoTime} outside tests
     */
    RaceDisplay(Streams streams, boolean quiet, LongSupplier nanoTime) {
        this.errors = streams.err();
        this.live = streams.liveErrors();
        this.quiet = quiet;
        this.nanoTime = nanoTime;
    }

    /** Says how long all stages together are to take. */
    synchronized void plan(double seconds) {
        plannedSeconds = seconds;
    }

    /** A stage begins, and with it the one before is over. Stages whose time nobody knows count as 0 seconds. */
    synchronized void begin(String newStage, double seconds) {
        doneSeconds += stageSeconds;
        stage = newStage;
        stageSeconds = seconds;
        stageStart = nanoTime.getAsLong();
        if (!live && !quiet && seconds == 0) {
            errors.printf(Locale.ROOT, "bench: %s%n", stage);
        }
        tick();
    }

    /** Draws the line again. */
    synchronized void tick() {
        if (quiet || !live) {
            return;
        }
        double inStage = Math.min((nanoTime.getAsLong() - stageStart) / NANOS_PER_SECOND, stageSeconds);
        double done = Math.min(doneSeconds + inStage, plannedSeconds);
        int filled = plannedSeconds == 0 ? 0 : (int) (done * CELLS / plannedSeconds);
        errors.print("\rbench [" + "#".repeat(filled) + ".".repeat(CELLS - filled) + "] "
                + Durations.clock(Duration.ofMillis((long) ((plannedSeconds - done) * 1e3))) + " to go: " + stage
                + ERASE_TO_END_OF_LINE);
        errors.flush();
        lineIsOpen = true;
    }

    /** Shows the figure of the stage that just ended. */
    synchronized void show(Throughput window) {
        if (quiet) {
            return;
        }
        errors.printf(Locale.ROOT, "%sbench: %s: %.2f M operations/s%s%n", lineIsOpen ? "\r" : "", stage,
                window.operationsPerSecond() / 1e6, live ? ERASE_TO_END_OF_LINE : "");
        errors.flush();
        lineIsOpen = false;
    }

    @Override
    public void close() {
        endLine();
    }

    /** Leaves the cursor at the start of an empty line. */
    synchronized void endLine() {
        if (lineIsOpen) {
            errors.print("\r" + ERASE_TO_END_OF_LINE);
            errors.flush();
            lineIsOpen = false;
        }
    }
}
