package io.tideline.cli.bench.timeline;

import java.util.List;
import java.util.Locale;

/** Runs as an SVG picture: one above the other, on the same scales, with their cuts shaded and a dashed line for the mean of the first run. */
public final class Picture {

    private static final int WIDTH = 1_000;
    private static final int LEFT = 70;
    private static final int RIGHT = 20;
    private static final int TOP = 46;
    private static final int PANEL = 170;
    private static final int GAP = 46;
    private static final int BOTTOM = 50;
    private static final int TICKS = 4;
    private static final int TIME_TICKS = 8;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double MILLION = 1e6;
    private static final double HEADROOM = 1.05;
    private static final double[] STEPS = {1, 2, 5, 10};

    private final String title;
    private final List<Track> tracks;
    private final double seconds;
    private final double top;

    /** @param tracks the first one is what the others are compared with */
    public Picture(String title, List<Track> tracks) {
        this.title = title;
        this.tracks = List.copyOf(tracks);
        this.seconds = tracks.stream().mapToDouble(track -> track.timeline().nanos() / NANOS_PER_SECOND).max().orElseThrow();
        this.top = Math.max(1, HEADROOM * tracks.stream().mapToDouble(track -> track.timeline().best()).max().orElseThrow());
    }

    /** The file. */
    public String toSvg() {
        int height = TOP + tracks.size() * (PANEL + GAP) - GAP + BOTTOM;
        StringBuilder svg = new StringBuilder();
        svg.append(format("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">%n",
                WIDTH, height, WIDTH, height));
        svg.append(format("<rect width=\"%d\" height=\"%d\" fill=\"white\"/>%n", WIDTH, height));
        svg.append(text(LEFT, 18, "start", title));
        double reference = tracks.getFirst().timeline().mean();
        for (int i = 0; i < tracks.size(); i++) {
            addPanel(svg, tracks.get(i), TOP + i * (PANEL + GAP), reference);
        }
        addTime(svg, height - BOTTOM);
        svg.append(text(LEFT, height - 6, "start", "million operations a second over seconds; shaded: a cut, darker with an image of the index;"
                + " dashed: the mean of the uppermost run"));
        return svg.append("</svg>\n").toString();
    }

    private void addPanel(StringBuilder svg, Track track, int y, double reference) {
        svg.append(text(LEFT, y - 7, "start", format("%s: mean %.2f M, slowest window %.2f M", track.title(), track.timeline().mean() / MILLION,
                track.timeline().worst().perSecond() / MILLION)));
        for (Cut cut : track.cuts()) {
            double from = x(cut.startNanos());
            double width = Math.max(1, x(Math.min(cut.endNanos(), Math.round(seconds * NANOS_PER_SECOND))) - from);
            svg.append(format("<rect class=\"cut\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>%n", from, y, width, PANEL,
                    cut.hasImage() ? "#d9b38c" : "#f3e3cf"));
        }
        double step = step(top / MILLION / TICKS);
        for (double tick = 0; tick <= top / MILLION; tick += step) {
            double at = y(y, tick * MILLION);
            svg.append(format("<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#dddddd\"/>%n", LEFT, at, WIDTH - RIGHT, at));
            svg.append(text(LEFT - 6, at + 4, "end", plain(tick)));
        }
        StringBuilder points = new StringBuilder();
        for (Window window : track.timeline().windows()) {
            points.append(format("%.1f,%.1f %.1f,%.1f ", x(window.fromNanos()), y(y, window.perSecond()), x(window.toNanos()), y(y, window.perSecond())));
        }
        svg.append(format("<polyline class=\"speed\" fill=\"none\" stroke=\"#1f4e79\" stroke-width=\"1.2\" points=\"%s\"/>%n", points.toString().strip()));
        svg.append(format("<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#888888\" stroke-dasharray=\"5 4\"/>%n", LEFT, y(y, reference),
                WIDTH - RIGHT, y(y, reference)));
        svg.append(format("<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"none\" stroke=\"#555555\"/>%n", LEFT, y, WIDTH - LEFT - RIGHT, PANEL));
    }

    private void addTime(StringBuilder svg, int y) {
        double step = step(seconds / TIME_TICKS);
        for (double tick = 0; tick <= seconds; tick += step) {
            svg.append(text(x(Math.round(tick * NANOS_PER_SECOND)), y + 16, "middle", plain(tick)));
        }
    }

    /** The next greater of 1, 2, 5, 10, 20, 50 and so on, and of their tenths and hundredths. */
    private static double step(double least) {
        double unit = Math.pow(10, Math.floor(Math.log10(least)));
        for (double factor : STEPS) {
            if (factor * unit >= least) {
                return factor * unit;
            }
        }
        return 10 * unit;
    }

    private double x(long nanos) {
        return LEFT + (WIDTH - LEFT - RIGHT) * (nanos / NANOS_PER_SECOND / seconds);
    }

    private double y(int panel, double perSecond) {
        return panel + PANEL * (1 - perSecond / top);
    }

    private static String text(double x, double y, String anchor, String words) {
        return format("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>%n", x, y, anchor,
                words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"));
    }

    private static String plain(double number) {
        return format("%.3f", number).replaceAll("\\.?0+$", "");
    }

    private static String format(String form, Object... values) {
        return String.format(Locale.ROOT, form, values);
    }
}
