package io.tideline.cli.bench;

import static io.tideline.cli.bench.CheckpointResult.plain;

import io.tideline.cli.bench.timeline.Comeback;
import io.tideline.cli.bench.timeline.Cut;
import io.tideline.cli.bench.timeline.Sparkline;
import io.tideline.cli.bench.timeline.Timeline;
import io.tideline.cli.bench.timeline.Window;
import io.tideline.cli.bench.work.CutPlan;
import io.tideline.cli.bench.work.WorkSettings;
import io.tideline.cli.console.ByteSize;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** The measurement of checkpoints for people: the runs beside each other, their cuts, the speed over time, and the recovery. */
final class CheckpointTable {

    private static final double MILLION = 1e6;
    private static final double PERCENT = 100;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final int LABEL_WIDTH = 38;
    private static final int CELL_WIDTH = 16;
    private static final int SPARK_COLUMNS = 72;
    private static final String NONE = "-";

    private final CheckpointResult result;
    private final PrintStream out;

    CheckpointTable(CheckpointResult result, PrintStream out) {
        this.result = result;
        this.out = out;
    }

    void print() {
        printSettings();
        printRuns();
        result.runs().stream().filter(run -> run.kind() != CutPlan.Kind.NONE).forEach(this::printCuts);
        printSpeed();
        printRecovery();
    }

    private void printSettings() {
        CheckpointSettings settings = result.settings();
        WorkSettings work = settings.work();
        line("additions to %,d keys (%s), values of %,d bytes, %d thread%s, %s", work.keys(), work.distribution(), work.valueSize(), work.threads(),
                work.threads() == 1 ? "" : "s", work.batch() == 1 ? "single calls" : format("batches of %,d", work.batch()));
        line("index of %,d buckets, door %s; runs of %s s, each on a store of its own, freshly loaded; a cut each %s s", work.buckets(), settings.door(),
                plain(settings.seconds()), plain(settings.everySeconds()));
        line("checkpoints of the log, with an image of the index at first and each %s s; the control only makes the log read-only",
                plain(settings.imageEverySeconds()));
        line("%s of memory for log and read buffers, files on %s through the device %s", ByteSize.describe(settings.spill().memoryBytes()),
                result.blockDevice() == null ? "no block device" : result.blockDevice(), settings.spill().device());
        out.println();
    }

    private void printRuns() {
        CheckpointRun without = result.without();
        row("", CheckpointRun::name);
        row("operations/s, mean", run -> format("%.2f M", run.timeline().mean() / MILLION));
        row("  of the mean without", run -> percent(run.meanOf(without)));
        row("slowest 100 ms", run -> format("%.2f M", run.timeline().worst().perSecond() / MILLION));
        row("  of the mean without", run -> percent(run.worstOf(without)));
        row("  of the 2 s before its cut, at least", run -> Double.isNaN(run.worstOfBefore()) ? NONE : percent(run.worstOfBefore()));
        row("  kept by the machine's host then", run -> stolen(run.timeline().worst()));
        row("cuts", run -> run.cuts().size() + "");
        latencyRows("during cuts", CheckpointRun::during);
        latencyRows("between them", CheckpointRun::between);
        row("records read from disk", run -> format("%,d", run.deviceReads()));
        row("loading", run -> format("%.1f s", run.loadSeconds()));
        out.println();
    }

    /** What a virtual machine did not get is no fault of the store. */
    private static String stolen(Window window) {
        return window.stolenNanos() < 0 ? NONE : format("%d ms", TimeUnit.NANOSECONDS.toMillis(window.stolenNanos()));
    }

    private void latencyRows(String when, Function<CheckpointRun, Latency> latency) {
        String what = result.settings().work().batch() == 1 ? "one operation " : "a batch ";
        row(what + when + ", p50", run -> micros(latency.apply(run), Latency::p50));
        row("  p99", run -> micros(latency.apply(run), Latency::p99));
        row("  p99.9", run -> micros(latency.apply(run), Latency::p999));
        row("  longest", run -> micros(latency.apply(run), Latency::max));
    }

    private static String micros(Latency latency, Function<Latency, Long> part) {
        return latency == null ? NONE : format("%,.1f us", part.apply(latency) / 1e3);
    }

    private void row(String label, Function<CheckpointRun, String> cell) {
        StringBuilder line = new StringBuilder(format("%-" + LABEL_WIDTH + "s", label));
        result.runs().forEach(run -> line.append(format("%" + CELL_WIDTH + "s", cell.apply(run))));
        out.println(line.toString().stripTrailing());
    }

    private void printCuts(CheckpointRun run) {
        line("%-12s%10s%12s%14s%14s%20s", run.name(), "at", "took", "log written", "image", "full speed after");
        List<Comeback> comebacks = run.comebacks();
        for (int i = 0; i < run.cuts().size(); i++) {
            Cut cut = run.cuts().get(i);
            Comeback comeback = comebacks.get(i);
            line("%-12s%10s%12s%14s%14s%20s", "", seconds(cut.startNanos()), seconds(cut.nanos()), ByteSize.describe(cut.logBytes()),
                    cut.hasImage() ? ByteSize.describe(cut.imageBytes()) : NONE,
                    comeback.nanos().isPresent() ? seconds(comeback.nanos().getAsLong()) : "not in time");
        }
        out.println();
    }

    private static String seconds(long nanos) {
        return format("%.2f s", nanos / NANOS_PER_SECOND);
    }

    private void printSpeed() {
        double top = result.runs().stream().map(CheckpointRun::timeline).mapToDouble(Timeline::best).max().orElseThrow();
        long span = result.runs().stream().map(CheckpointRun::timeline).mapToLong(Timeline::nanos).max().orElseThrow();
        line("speed over %s, all on one scale up to %.2f M (^ a cut, # one with an image)", seconds(span), top / MILLION);
        for (CheckpointRun run : result.runs()) {
            Sparkline sparkline = new Sparkline(run.track(), SPARK_COLUMNS, span);
            line("%-12s%s", run.name(), sparkline.bars(top));
            if (!run.cuts().isEmpty()) {
                line("%-12s%s", "", sparkline.marks());
            }
        }
        out.println();
    }

    private void printRecovery() {
        CheckpointRecovery recovery = result.recoveries().shown();
        Spread reading = result.recoveries().readingRatios();
        line("recovery, in a new process: %s for %s of image and log, %.1f MB/s", seconds(recovery.nanos()), ByteSize.describe(recovery.bytes()),
                recovery.bytesPerSecond() / MILLION);
        line("  image of the index: %s in %s, %.1f MB/s", ByteSize.describe(recovery.imageBytes()), seconds(recovery.imageNanos()),
                recovery.imageBytesPerSecond() / MILLION);
        line("  replayed log:       %s beside it, and %s more", ByteSize.describe(recovery.logBytes()), seconds(recovery.logNanos()));
        line("  the disk, by %s: %.1f MB/s; the recovery has %s of it as a whole, %s while it reads", recovery.bandwidthOf(), recovery.bandwidth() / MILLION,
                percent(recovery.ratio()), percent(recovery.readingRatio()));
        line("  %s of %d in a row, which had %s to %s of the disk while they read", result.isRight() ? "the middle one" : "one that is wrong",
                result.recoveries().all().size(), percent(reading.min()), percent(reading.max()));
        line("  %s", recovery.cacheKept() == null
                ? format("the kernel was asked to forget the files before (dd with nocache); by its count %s came from the disk",
                        ByteSize.describe(recovery.diskBytes()))
                : "the kernel was not asked to forget the files before, so they may have come from its cache: " + recovery.cacheKept());
        if (result.isRight()) {
            line("  right: the sum of all values is exactly that of the %,d additions that the last checkpoint holds", recovery.committed());
        } else {
            line("  WRONG: the last checkpoint holds %,d additions, the recovered sessions say %,d%s%s", recovery.committed(), recovery.recovered(),
                    recovery.isLookedAt() ? format("; the sum of all values is %d, expected %d; %,d keys are absent", recovery.sum(), recovery.expectedSum(),
                            recovery.absent()) : "", recovery.isSameCheckpoint() ? "" : "; and another checkpoint came back");
        }
        out.println();
        line("Full speed after: from the start of a cut to the moment from which %d windows of 100 ms together have %d %% of the mean since the cut",
                Comeback.SMOOTHED_WINDOWS, Math.round(PERCENT * Comeback.FULL_SPEED));
        line("before. A cut of the control ends when what became read-only is on disk.%s", result.settings().work().batch() > 1 ? ""
                : " Of single operations one in 32 is timed.");
    }

    private static String percent(double share) {
        return format("%.1f %%", PERCENT * share);
    }

    private static String format(String form, Object... values) {
        return String.format(Locale.ROOT, form, values);
    }

    private void line(String form, Object... values) {
        out.println(format(form, values).stripTrailing());
    }
}
