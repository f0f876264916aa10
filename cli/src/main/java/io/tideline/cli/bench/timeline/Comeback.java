package io.tideline.cli.bench.timeline;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * How long a cut slowed a run down. Single windows scatter, so speed is looked at over {@value #SMOOTHED_WINDOWS} windows in a row: the run is slow
 * at a moment if these, from there on, are below {@value #FULL_SPEED} of the mean before the cut.
 *
 * @param before operations in a second from the end of the cut before, or from the start of the run, to the start of this one; not a number if no
 *     window lies there
 * @param nanos from the start of the cut to the moment from which the run was not slow any more: the last slow one that began during the cut, and
 *     what follows without a gap; 0 if it never was slow; empty if it was up to the next cut or the end, or nothing is known of before
 */
public record Comeback(double before, OptionalLong nanos) {

    /** What counts as the speed before. */
    public static final double FULL_SPEED = 0.95;
    /** How many windows are looked at together. */
    public static final int SMOOTHED_WINDOWS = 5;

    /** One for each of the cuts, which are in order. */
    public static List<Comeback> of(Timeline timeline, List<Cut> cuts) {
        List<Comeback> comebacks = new ArrayList<>();
        for (int i = 0; i < cuts.size(); i++) {
            long from = i == 0 ? 0 : cuts.get(i - 1).endNanos();
            long until = i + 1 < cuts.size() ? cuts.get(i + 1).startNanos() : Long.MAX_VALUE;
            comebacks.add(of(timeline, cuts.get(i), from, until));
        }
        return comebacks;
    }

    private static Comeback of(Timeline timeline, Cut cut, long from, long until) {
        double before = timeline.mean(from, cut.startNanos());
        List<Window> after = timeline.windows().stream()
                .filter(window -> window.toNanos() > cut.startNanos() && window.toNanos() <= until).toList();
        if (Double.isNaN(before) || after.isEmpty()) {
            return new Comeback(before, OptionalLong.empty());
        }
        long again = cut.startNanos();
        boolean isSlow = false;
        for (int i = 0; i < after.size() && (isSlow || after.get(i).fromNanos() < cut.endNanos()); i++) {
            isSlow = Timeline.mean(after.subList(i, Math.min(i + SMOOTHED_WINDOWS, after.size()))) < FULL_SPEED * before;
            again = isSlow ? after.get(i).toNanos() : again;
        }
        return new Comeback(before, isSlow ? OptionalLong.empty() : OptionalLong.of(again - cut.startNanos()));
    }
}
