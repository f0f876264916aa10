package io.tideline.cli.console;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * How far long work has come, on the standard error. On a terminal one line is drawn again and again; elsewhere (a file, a pipe) a plain
 * line appears now and then, so that a log stays readable; a quiet bar says nothing.
 *
 * <p>Work is measured in two ways: the share that is done decides the percentage and the time to go, the number of items the rate.
 * All methods may be called from any thread.
 */
public final class ProgressBar implements AutoCloseable {

    /** The share of work whose end is not known. */
    public static final long UNKNOWN = -1;

    private static final int CELLS = 16;
    private static final long REDRAW_NANOS = Duration.ofMillis(100).toNanos();
    private static final long LINE_AT_LEAST_NANOS = Duration.ofSeconds(30).toNanos();
    private static final long LINE_AT_MOST_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long LINE_STEP_PERCENT = 10;
    private static final String ERASE_TO_END_OF_LINE = "\u001b[K";

    private enum Style { LIVE, LINES, QUIET }

    private final PrintStream errors;
    private final Style style;
    private final LongSupplier nanoTime;
    private final String title;
    private final String item;
    private final long wholeShare;
    private final long startNanos;
    private long lastShownNanos;
    private long lastShownPercent;
    private boolean lineIsOpen;
    private boolean closed;

    /**
     * @param quiet whether nothing is to be said at all
     * @param nanoTime the clock, {@code System::nanoTime} outside tests
     * @param title what is going on, such as "counting"
     * @param item what is counted, in the plural
     * @param wholeShare the work that is 100 %, in any unit, or {@link #UNKNOWN}
     */
    public ProgressBar(Streams streams, boolean quiet, LongSupplier nanoTime, String title, String item, long wholeShare) {
        this.errors = streams.err();
        this.style = quiet ? Style.QUIET : streams.liveErrors() ? Style.LIVE : Style.LINES;
        this.nanoTime = nanoTime;
        this.title = title;
        this.item = item;
        this.wholeShare = wholeShare;
        this.startNanos = nanoTime.getAsLong();
        this.lastShownNanos = startNanos;
    }

    /** Shows that {@code share} of the work and {@code items} are done, if it is time to show something. */
    public synchronized void show(long share, long items) {
        if (closed) {
            return;
        }
        long now = nanoTime.getAsLong();
        long percent = percentOf(share);
        switch (style) {
            case LIVE -> {
                if (!lineIsOpen || now - lastShownNanos >= REDRAW_NANOS) {
                    draw(now, share, percent, items);
                }
            }
            case LINES -> {
                long silentNanos = now - lastShownNanos;
                boolean step = percent / LINE_STEP_PERCENT > lastShownPercent / LINE_STEP_PERCENT;
                if (silentNanos >= LINE_AT_LEAST_NANOS || step && silentNanos >= LINE_AT_MOST_NANOS) {
                    printLine(now, share, percent, items);
                }
            }
            case QUIET -> { }
        }
    }

    /** Shows the end of the work, in every style but the quiet one, and closes the bar. */
    public synchronized void finish(long items) {
        if (closed) {
            return;
        }
        long now = nanoTime.getAsLong();
        String end = String.format(Locale.ROOT, "%s: %d %s in %.1f s (%s/s)",
                title, items, item, (now - startNanos) / 1e9, rate(now, items));
        switch (style) {
            case LIVE -> errors.print((lineIsOpen ? "\r" : "") + end + ERASE_TO_END_OF_LINE + "\n");
            case LINES -> errors.print(end + "\n");
            case QUIET -> { }
        }
        errors.flush();
        lineIsOpen = false;
        closed = true;
    }

    /** Leaves the cursor at the start of a line and shows nothing more. */
    @Override
    public synchronized void close() {
        closed = true;
        endLine();
    }

    /** Leaves the cursor at the start of a line, because somebody else is going to write; the bar goes on below. */
    public synchronized void endLine() {
        if (lineIsOpen) {
            errors.print("\n");
            errors.flush();
            lineIsOpen = false;
        }
    }

    private void draw(long now, long share, long percent, long items) {
        StringBuilder line = new StringBuilder("\r").append(title).append(' ');
        if (wholeShare > 0) {
            int filled = (int) (percent * CELLS / 100);
            line.append('[').repeat('#', filled).repeat('.', CELLS - filled).append("] ");
        }
        line.append(status(now, share, percent, items)).append(ERASE_TO_END_OF_LINE);
        errors.print(line);
        errors.flush();
        lineIsOpen = true;
        remember(now, percent);
    }

    private void printLine(long now, long share, long percent, long items) {
        errors.print(title + ": " + status(now, share, percent, items) + "\n");
        errors.flush();
        remember(now, percent);
    }

    private String status(long now, long share, long percent, long items) {
        String amount = String.format(Locale.ROOT, "%s %s, %s/s", scaled(items), item, rate(now, items));
        if (wholeShare <= 0) {
            return amount + ", " + Durations.clock(Duration.ofNanos(now - startNanos)) + " so far";
        }
        String remaining = share <= 0 ? "?:??" : Durations.clock(Duration.ofNanos(
                (long) ((now - startNanos) * ((double) Math.max(wholeShare - share, 0) / share))));
        return String.format(Locale.ROOT, "%3d %%, %s, %s to go", percent, amount, remaining);
    }

    private void remember(long now, long percent) {
        lastShownNanos = now;
        lastShownPercent = percent;
    }

    private long percentOf(long share) {
        return wholeShare <= 0 ? 0 : Math.min((long) (100.0 * share / wholeShare), 100);
    }

    private String rate(long now, long items) {
        double seconds = (now - startNanos) / 1e9;
        return seconds <= 0 ? "?" : scaled((long) (items / seconds));
    }

    /** A number in at most seven characters: {@code 999}, {@code 12.3 k}, {@code 4.5 M}, {@code 7.8 G}. */
    private static String scaled(long number) {
        if (number < 1_000) {
            return Long.toString(number);
        }
        if (number < 1_000_000) {
            return String.format(Locale.ROOT, "%.1f k", number / 1e3);
        }
        return number < 1_000_000_000
                ? String.format(Locale.ROOT, "%.1f M", number / 1e6)
                : String.format(Locale.ROOT, "%.1f G", number / 1e9);
    }
}
