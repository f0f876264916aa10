package io.tideline.cli.bench;

import io.tideline.cli.bench.RaceResult.Rival;
import io.tideline.cli.bench.work.WorkSettings;
import io.tideline.cli.console.ByteSize;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The result of a race for people: one column a contestant, one row a figure. */
final class RaceTable {

    private static final String NONE = "-";
    private static final String NOT_RUN = "not run";
    private static final double THOUSAND = 1e3;
    private static final double MILLION = 1e6;
    private static final double PERCENT = 100;

    private final RaceResult result;
    /** Each begins with its label; then comes this store, then the rivals. */
    private final List<List<String>> rows = new ArrayList<>();

    RaceTable(RaceResult result) {
        boolean isOnDisk = result.settings().spill() != null;
        this.result = result;
        addNames();
        addRow("operations/s", standing -> spread(standing.operationsPerSecond(), MILLION, " M"));
        if (isOnDisk) {
            addRow("  read from disk/s", standing -> thousands(standing.diskReadsPerSecond()));
            limit(figures -> format("%.2f k", figures.readsPerSecond() / THOUSAND));
            addShare("    of fio's reads", result.readsOfLimit().map(share -> new Spread(share, share, share)));
            addRow("    as the kernel counts", standing -> thousands(standing.kernelReadsPerSecond()));
            addRow("    and merged with these", standing -> thousands(standing.mergedReadsPerSecond()));
            addRow("  without the disk/s", standing -> thousands(standing.memoryHitsPerSecond()));
        }
        addComparison("  tideline is faster by", standing -> spread(result.own().ratioTo(standing), 1, ""));
        addRow("latency of half (p50)", standing -> nanos(standing.latency().p50()));
        addRow("  of 99 in 100 (p99)", standing -> nanos(standing.latency().p99()));
        addRow("  of 999 in 1,000 (p99.9)", standing -> nanos(standing.latency().p999()));
        addRow("  of all measured", standing -> nanos(standing.latency().max()));
        addRow("loading", standing -> some(standing.loadSeconds(), 1, " s"));
        addRow("  keys and values", standing -> megabytes(standing, loading -> loading.perSecond(result.settings().work().loadedBytes())));
        if (isOnDisk) {
            addRow("  records appended", standing -> megabytes(standing, Loading::appendedPerSecond));
            addShare("    of fio's writes", result.appendedOfLimit());
            addRow("  written to disk", standing -> megabytes(standing, Loading::writtenPerSecond));
            limit(figures -> format("%.1f MB/s", figures.writtenBytesPerSecond() / MILLION));
            addShare("    of fio's writes", result.loadOfLimit());
            addRow("    as the kernel counts", standing -> megabytes(standing, Loading::kernelWrittenPerSecond));
            addRow("  written from the first page on", standing -> megabytes(standing, Loading::writingPerSecond));
            addShare("    of fio's writes", result.writingOfLimit());
        }
        addRow("allocated bytes/operation", standing -> format("%.3f", standing.allocatedBytesPerOperation()));
        addRow("memory", standing -> ByteSize.describe(standing.memory().totalBytes()));
        addComparison("  tideline takes of it", standing -> format("%.1f %%",
                100.0 * result.own().memory().totalBytes() / standing.memory().totalBytes()));
        addRow("  live heap", standing -> ByteSize.describe(standing.memory().liveHeap()));
        addRow("  resident outside heap", standing -> standing.memory().isResidentKnown()
                ? ByteSize.describe(standing.memory().residentOutsideHeap()) : "unknown");
        addRow("most ever resident", standing -> size(standing.memory().peakResident()));
        if (isOnDisk) {
            addRow("most charged to its group", standing -> size(standing.memory().groupPeak()));
            addRow("  limit of the group", standing -> standing.memory().groupLimit() < 0 ? "no group" : size(standing.memory().groupLimit()));
        }
        addRow("by its own account", standing -> account(standing, MemoryUse::accountedBytes));
        addRow("  index", standing -> account(standing, MemoryUse::index));
        addRow("  overflow of the index", standing -> account(standing, MemoryUse::overflow));
        addRow("  used log", standing -> account(standing, MemoryUse::usedLog));
    }

    private void addNames() {
        List<String> row = new ArrayList<>(List.of("", result.own().name()));
        result.rivals().forEach(rival -> row.add(rival.name()));
        if (result.limit() != null) {
            row.add(DeviceLimit.NAME);
        }
        rows.add(row);
    }

    private void addRow(String label, Function<Standing, String> cell) {
        addRow(label, cell.apply(result.own()), cell);
    }

    private void addComparison(String label, Function<Standing, String> cell) {
        if (!result.rivals().isEmpty()) {
            addRow(label, "", cell);
        }
    }

    private void addRow(String label, String own, Function<Standing, String> cell) {
        List<String> row = new ArrayList<>(List.of(label, own));
        String ifMissing = rows.size() == 1 ? NOT_RUN : NONE;
        result.rivals().forEach(rival -> row.add(rival.ran().map(cell).orElse(ifMissing)));
        if (result.limit() != null) {
            row.add(result.deviceFigures().isEmpty() ? ifMissing : NONE);
        }
        rows.add(row);
    }

    /** Says in the row before what the disk itself gives, where that was measured. */
    private void limit(Function<DeviceLimit.Figures, String> cell) {
        result.deviceFigures().ifPresent(figures -> rows.getLast().set(rows.getLast().size() - 1, cell.apply(figures)));
    }

    /** A row about this store alone, where the disk was measured. */
    private void addShare(String label, Optional<Spread> share) {
        share.ifPresent(known -> addRow(label, some(known, 1 / PERCENT, " %"), _ -> NONE));
    }

    private static String thousands(Optional<Spread> spread) {
        return spread.map(known -> spread(known, THOUSAND, " k")).orElse(NONE);
    }

    /** So many bytes of the loading in a second. */
    private static String megabytes(Standing standing, Function<Loading, Double> perSecond) {
        return standing.loaded(perSecond).map(known -> some(known, MILLION, " MB/s")).orElse(NONE);
    }

    /** Of what may have been measured only once. */
    private static String some(Spread spread, double unit, String suffix) {
        String median = format("%.1f", spread.median() / unit) + suffix;
        return spread.min() == spread.max() ? median : median + format(" (%.1f - %.1f)", spread.min() / unit, spread.max() / unit);
    }

    private static String size(long bytes) {
        return bytes < 0 ? "unknown" : ByteSize.describe(bytes);
    }

    private static String spread(Spread spread, double unit, String suffix) {
        return format("%.2f%s (%.2f - %.2f)", spread.median() / unit, suffix, spread.min() / unit, spread.max() / unit);
    }

    private static String nanos(long nanos) {
        return format("%,d ns", nanos);
    }

    /** A store that keeps no such account has no memory of its own outside the heap either. */
    private static String account(Standing standing, ToLongFunction<MemoryUse> part) {
        return standing.memory().accountedBytes() == 0 ? NONE : ByteSize.describe(part.applyAsLong(standing.memory()));
    }

    private static String format(String form, Object... values) {
        return String.format(Locale.ROOT, form, values);
    }

    void print(PrintStream out) {
        printSettings(out);
        int[] widths = IntStream.range(0, rows.getFirst().size())
                .map(column -> rows.stream().mapToInt(row -> row.get(column).length()).max().orElseThrow())
                .toArray();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder(pad(row.getFirst(), -widths[0]));
            for (int column = 1; column < row.size(); column++) {
                line.append("   ").append(pad(row.get(column), widths[column]));
            }
            out.println(line.toString().stripTrailing());
        }
        printNotes(out);
    }

    /** On the right of {@code width} characters, or on the left of as many if it is negative. */
    private static String pad(String cell, int width) {
        return width == 0 ? cell : format("%" + width + "s", cell);
    }

    private void printSettings(PrintStream out) {
        RaceSettings settings = result.settings();
        WorkSettings work = settings.work();
        out.println(format("%s on %,d keys (%s), values of %,d bytes, %s, %s", work.workload(), work.keys(), work.distribution(),
                work.valueSize(), count(work.threads(), "thread"),
                work.batch() == 1 ? "single calls" : format("batches of %,d", work.batch())));
        out.println(format("index of %,d buckets, door %s; %s%s of %s s, median (least - most)", work.buckets(), settings.door(),
                settings.loadings() == 1 ? "" : count(settings.loadings(), "loading") + ", ", count(settings.repetitions(), "window"), Double.toString(settings.seconds()).replaceAll("\\.0$", "")));
        if (settings.spill() != null) {
            out.println(format("%s of memory for log and read buffers, the rest on disk (%s) through the device %s",
                    ByteSize.describe(settings.spill().memoryBytes()),
                    result.blockDevice() == null ? "of no block device, so the kernel's counts are unknown" : result.blockDevice(),
                    settings.spill().device() + (settings.spill().copiesReads() ? ", hot reads copied to the tail" : "")));
        }
        out.println();
    }

    /** Whether this store has several operations of a batch under way at the same time. */
    private boolean isSubmitting() {
        WorkSettings work = result.settings().work();
        return result.settings().spill() != null && work.batch() > 1 && !(work.hasLongValues() && work.workload().isOfOneKind());
    }

    private static String count(int number, String noun) {
        return number + " " + noun + (number == 1 ? "" : "s");
    }

    private static String reads(DeviceLimit.Reads reads) {
        return format("%.2f k reads/s at queue depth %d", reads.perSecond() / THOUSAND, reads.depth()) + (reads.batch() == 1 ? "" : ", " + reads.batch() + " in one call,");
    }

    private void printNotes(PrintStream out) {
        out.println();
        for (Rival rival : result.rivals()) {
            if (rival.ran().isEmpty()) {
                out.println(rival.name() + " was not run: " + rival.missing() + ".");
            }
        }
        result.deviceFigures().ifPresent(figures -> out.println("fio did " + figures.reads().stream()
                .map(RaceTable::reads).collect(Collectors.joining(" before the windows, "))
                + " after them, and wrote " + figures.writes().stream().map(bytes -> format("%.1f", bytes / MILLION))
                        .collect(Collectors.joining(", ")) + " MB/s before the loadings and after each; the table has the means, and each loading as a part of the two writes around it."));
        if (result.limit() != null && result.limit().missing() != null) {
            out.println(DeviceLimit.NAME + " was not run: " + result.limit().missing() + ".");
        }
        result.notes().forEach(out::println);
        out.println("Latency is that of one operation in 32, in a window of its own. Memory is what the process took on top of what it");
        out.println("had before the store was opened; the most ever resident has all of it, the Java heap included.");
        if (isSubmitting()) {
            out.println("Latency of tideline is from the submission of an operation to its completion, with others under way.");
        }
        for (Standing standing : result.standings()) {
            if (standing.absent() > 0) {
                out.println(format("%s: %,d reads of %s did not find their key%s.", result.isRight() ? "Note" : "WRONG", standing.absent(),
                        standing.name(), result.isRight() ? "; another thread was yet to insert it" : ""));
            }
        }
    }
}
