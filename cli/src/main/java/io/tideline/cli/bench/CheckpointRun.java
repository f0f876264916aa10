package io.tideline.cli.bench;

import io.tideline.cli.bench.timeline.Comeback;
import io.tideline.cli.bench.timeline.Cut;
import io.tideline.cli.bench.timeline.Timeline;
import io.tideline.cli.bench.timeline.Track;
import io.tideline.cli.bench.timeline.Window;
import io.tideline.cli.bench.work.CutPlan;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What one run showed: how many operations were done when, and what was done beside them.
 *
 * @param kind of its cuts
 * @param loadSeconds how long the loading took
 * @param timeline in windows of about 100 ms
 * @param cuts in their order
 * @param during latencies while a cut was made; null if there was none to be timed
 * @param between of the rest of the time; null the same
 * @param deviceReads records that operations had to read from the disk
 */
record CheckpointRun(CutPlan.Kind kind, double loadSeconds, Timeline timeline, List<Cut> cuts, Latency during, Latency between, long deviceReads) {

    private static final double NANOS_PER_SECOND = 1e9;
    /** What is shortly before a cut, and shortly behind it: long enough for a mean, short against what a machine that others use too needs to become another one. */
    private static final long SHORTLY_NANOS = Duration.ofSeconds(2).toNanos();

    /** What reports call a run of that kind. */
    static String name(CutPlan.Kind kind) {
        return switch (kind) {
            case NONE -> "without";
            case SHIFT -> "control";
            case CHECKPOINT -> "checkpoints";
        };
    }

    static CheckpointRun of(CutPlan.Kind kind, Reply loaded, Reply run) {
        return new CheckpointRun(kind, loaded.number("nanos") / NANOS_PER_SECOND, Timeline.parse(run.word("timeline")), Cut.parse(run.word("cuts")),
                latency(run, "during"), latency(run, "between"), run.number("deviceReads"));
    }

    private static Latency latency(Reply run, String when) {
        return run.number(when + "Samples") == 0 ? null
                : new Latency(run.number(when + "P50"), run.number(when + "P99"), run.number(when + "P999"), run.number(when + "Max"));
    }

    String name() {
        return name(kind);
    }

    /** How much of the other run's mean this one has. */
    double meanOf(CheckpointRun without) {
        return timeline.mean() / without.timeline.mean();
    }

    /** How much of the other run's mean this one has in its slowest window. */
    double worstOf(CheckpointRun without) {
        return timeline.worst().perSecond() / without.timeline.mean();
    }

    /**
     * The least part, of all cuts, that the slowest window from the start of a cut to two seconds behind its end has of the mean of the two seconds before it, as
     * far as those lie behind the cut before. Where a machine is faster or slower by the minute, this tells what cuts cost, and not which of the runs had the better
     * minute. NaN where there is no cut with something before it.
     */
    double worstOfBefore() {
        double least = Double.NaN;
        long begin = 0;
        for (int i = 0; i < cuts.size(); i++) {
            Cut cut = cuts.get(i);
            long end = i + 1 < cuts.size() ? cuts.get(i + 1).startNanos() : timeline.nanos();
            double before = timeline.mean(Math.max(begin, cut.startNanos() - SHORTLY_NANOS), cut.startNanos());
            double ratio = timeline.worst(cut.startNanos(), Math.min(end, cut.endNanos() + SHORTLY_NANOS)) / before;
            if (before > 0 && !Double.isNaN(ratio)) {
                least = Double.isNaN(least) ? ratio : Math.min(least, ratio);
            }
            begin = cut.endNanos();
        }
        return least;
    }

    List<Comeback> comebacks() {
        return Comeback.of(timeline, cuts);
    }

    Track track() {
        return new Track(switch (kind) {
            case NONE -> "without checkpoints";
            case SHIFT -> "control: the log becomes read-only at the same moments, and nothing else";
            case CHECKPOINT -> "with checkpoints";
        }, timeline, cuts);
    }

    Map<String, Object> toJson(CheckpointRun without) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", name());
        fields.put("loadSeconds", loadSeconds);
        fields.put("operations", timeline.operations());
        fields.put("seconds", timeline.nanos() / NANOS_PER_SECOND);
        fields.put("meanPerSecond", timeline.mean());
        fields.put("meanRatio", meanOf(without));
        fields.put("worstPerSecond", timeline.worst().perSecond());
        fields.put("worstRatio", worstOf(without));
        fields.put("worstRatioOfBefore", Double.isNaN(worstOfBefore()) ? null : worstOfBefore());
        fields.put("latencyNanosDuring", during == null ? null : during.toJson());
        fields.put("latencyNanosBetween", between == null ? null : between.toJson());
        fields.put("deviceReads", deviceReads);
        List<Object> described = new ArrayList<>();
        List<Comeback> comebacks = comebacks();
        for (int i = 0; i < cuts.size(); i++) {
            described.add(toJson(cuts.get(i), comebacks.get(i)));
        }
        fields.put("cuts", described);
        fields.put("windowEndsNanos", timeline.windows().stream().map(Window::toNanos).toList());
        fields.put("windowOperations", timeline.windows().stream().map(Window::operations).toList());
        fields.put("windowStolenNanos", timeline.windows().stream().map(Window::stolenNanos).toList());
        return fields;
    }

    private static Map<String, Object> toJson(Cut cut, Comeback comeback) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("startSeconds", cut.startNanos() / NANOS_PER_SECOND);
        fields.put("seconds", cut.nanos() / NANOS_PER_SECOND);
        fields.put("logBytes", cut.logBytes());
        fields.put("imageBytes", cut.imageBytes());
        fields.put("meanBefore", Double.isNaN(comeback.before()) ? null : comeback.before());
        fields.put("fullSpeedAfterSeconds", comeback.nanos().isPresent() ? comeback.nanos().getAsLong() / NANOS_PER_SECOND : null);
        return fields;
    }
}
