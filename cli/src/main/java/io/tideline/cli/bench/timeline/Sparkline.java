package io.tideline.cli.bench.timeline;

import java.util.List;

/** A run in two lines of text: bars for the speed, each the mean of a column's windows, and below them where cuts were. */
public final class Sparkline {

    private static final String BARS = "▁▂▃▄▅▆▇█";
    private static final char CUT = '^';
    private static final char CUT_WITH_IMAGE = '#';

    private final Track track;
    private final int columns;
    private final long spanNanos;

    /**
     * @param columns how wide it may be
     * @param spanNanos the time that this width stands for
     */
    public Sparkline(Track track, int columns, long spanNanos) {
        this.track = track;
        this.columns = columns;
        this.spanNanos = spanNanos;
    }

    /** @param top the speed of the highest bar */
    public String bars(double top) {
        StringBuilder line = new StringBuilder();
        for (int column = 0; column < columns; column++) {
            long from = edge(column);
            long to = edge(column + 1);
            List<Window> windows = track.timeline().windows().stream()
                    .filter(window -> middle(window) >= from && middle(window) < to).toList();
            if (windows.isEmpty()) {
                // a column narrower than a window shows the one around it
                windows = track.timeline().windows().stream().filter(window -> window.fromNanos() <= from && window.toNanos() > from).toList();
            }
            line.append(windows.isEmpty() ? ' ' : bar(Timeline.mean(windows) / top));
        }
        return line.toString().stripTrailing();
    }

    private static char bar(double share) {
        return BARS.charAt(Math.clamp((int) (share * BARS.length()), 0, BARS.length() - 1));
    }

    private static long middle(Window window) {
        return (window.fromNanos() + window.toNanos()) / 2;
    }

    private long edge(int column) {
        return Math.round((double) spanNanos * column / columns);
    }

    /** What was when. */
    public String marks() {
        char[] line = " ".repeat(columns).toCharArray();
        for (Cut cut : track.cuts()) {
            int from = column(cut.startNanos());
            for (int column = from; column <= Math.max(from, column(cut.endNanos())); column++) {
                line[column] = cut.hasImage() ? CUT_WITH_IMAGE : CUT;
            }
        }
        return new String(line).stripTrailing();
    }

    private int column(long nanos) {
        return Math.clamp((long) ((double) nanos * columns / spanNanos), 0, columns - 1);
    }
}
