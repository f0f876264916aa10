package io.tideline.cli.bench;

import io.tideline.cli.bench.work.WorkSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Lets contenders do the same work in turn: all load, all warm up, then their windows alternate (A B C, A B C, …), so that whatever
 * slows the machine down for a while slows all of them down. Latency and memory come last, because measuring them disturbs. What the disk itself
 * gives is measured in front of all loadings and behind each round of them, and around all windows.
 */
final class Race {

    private final List<Contender> contenders;
    private final double seconds;
    private final double warmUpSeconds;
    private final int repetitions;
    private final int loadings;
    private final RaceDisplay display;
    /** Null where nothing is on disk. */
    private final BlockDevice device;
    /** Null if nobody asked for it. */
    private final DeviceLimit limit;

    /** In memory. */
    Race(List<Contender> contenders, double seconds, double warmUpSeconds, int repetitions, RaceDisplay display) {
        this(contenders, seconds, warmUpSeconds, repetitions, 1, display, null, null);
    }

    /**
     * @param contenders the first is the one that the others are compared with
     * @param loadings how often each of them is loaded, in turns; the windows are on what was loaded last
     * @param device where their files are, whose reads and writes are counted while each has its turn; null if there is none
     * @param limit measured before and after them; null for none
     */
    Race(List<Contender> contenders, double seconds, double warmUpSeconds, int repetitions, int loadings, RaceDisplay display,
            BlockDevice device, DeviceLimit limit) {
        this.contenders = contenders;
        this.seconds = seconds;
        this.warmUpSeconds = warmUpSeconds;
        this.repetitions = repetitions;
        this.loadings = loadings;
        this.display = display;
        this.device = device;
        this.limit = limit;
    }

    /**
     * Runs it all, one work after another on keys that are loaded once. The disk itself is measured in front of the windows of the first work and
     * behind those of the last.
     *
     * @param works one, which the contenders were started with; or several that all need the same keys
     * @param done given for each work, when it is done, one standing for each contender, in their order
     */
    void run(List<WorkSettings> works, Consumer<List<Standing>> done) {
        List<List<Loading>> loaded = load();
        for (int i = 0; i < works.size(); i++) {
            WorkSettings work = works.get(i);
            String which = works.size() == 1 ? "" : describe(work) + " (" + (i + 1) + " of " + works.size() + "), ";
            if (works.size() > 1) {
                turnTo(work, which);
            }
            done.accept(race(loaded, which, i == 0, i == works.size() - 1));
        }
    }

    private void turnTo(WorkSettings work, String which) {
        for (Contender contender : contenders) {
            display.begin(which + contender.name() + ", turning to it", 0);
            contender.turnTo(work);
        }
    }

    private static String describe(WorkSettings work) {
        return work.workload() + " " + work.distribution() + ", " + work.threads() + (work.threads() == 1 ? " thread" : " threads") + ", batch " + work.batch();
    }

    /** How long the parts of it take whose length is known. */
    double plannedSeconds(int works) {
        return works * contenders.size() * (warmUpSeconds + (repetitions + 1) * seconds) + (limit == null ? 0 : 2 * limit.readSeconds());
    }

    /** What the disk gives is measured in front of the first loadings of all, and behind those and each that follow. */
    private List<List<Loading>> load() {
        List<List<Loading>> loaded = contenders.stream().<List<Loading>>map(_ -> new ArrayList<>()).toList();
        writeLimit();
        for (int loading = 1; loading <= loadings; loading++) {
            for (int i = 0; i < contenders.size(); i++) {
                Contender contender = contenders.get(i);
                if (loading == 1) {
                    display.begin(contender.name() + ", rehearsing", 0);
                    contender.rehearse();
                }
                display.begin(contender.name() + ", loading" + (loadings == 1 ? "" : ", " + loading + " of " + loadings), 0);
                loaded.get(i).add(load(contender));
            }
            writeLimit();
        }
        return loaded;
    }

    private List<Standing> race(List<List<Loading>> loaded, String which, boolean isFirst, boolean isLast) {
        for (Contender contender : contenders) {
            display.begin(which + contender.name() + ", warming up", warmUpSeconds);
            contender.window(warmUpSeconds);
        }
        if (isFirst) {
            readLimit();
        }
        List<List<Throughput>> windows = contenders.stream().<List<Throughput>>map(_ -> new ArrayList<>()).toList();
        for (int repetition = 1; repetition <= repetitions; repetition++) {
            for (int i = 0; i < contenders.size(); i++) {
                display.begin(which + contenders.get(i).name() + ", window " + repetition + " of " + repetitions, seconds);
                Throughput window = window(contenders.get(i));
                windows.get(i).add(window);
                display.show(window);
            }
        }
        if (isLast) {
            readLimit();
        }
        List<Latency> latencies = new ArrayList<>();
        for (Contender contender : contenders) {
            display.begin(which + contender.name() + ", latency", seconds);
            latencies.add(contender.latency(seconds));
        }
        List<Standing> standings = new ArrayList<>();
        for (int i = 0; i < contenders.size(); i++) {
            display.begin(which + contenders.get(i).name() + ", memory", 0);
            standings.add(new Standing(contenders.get(i).name(), loaded.get(i), windows.get(i), latencies.get(i), contenders.get(i).memory()));
        }
        return standings;
    }

    private Loading load(Contender contender) {
        Optional<BlockDevice.Counts> before = counts();
        Loading loading = contender.load();
        return before.flatMap(from -> counts().map(to -> loading.withKernelWrittenBytes(to.writtenBytes() - from.writtenBytes()))).orElse(loading);
    }

    private Throughput window(Contender contender) {
        Optional<BlockDevice.Counts> before = counts();
        Throughput window = contender.window(seconds);
        return before.flatMap(from -> counts().map(to -> window.withKernelReads(to.reads() - from.reads(), to.mergedReads() - from.mergedReads()))).orElse(window);
    }

    private Optional<BlockDevice.Counts> counts() {
        return device == null ? Optional.empty() : device.counts();
    }

    private void writeLimit() {
        if (limit != null) {
            display.begin(DeviceLimit.NAME + ", writing", 0);
            limit.write();
        }
    }

    private void readLimit() {
        if (limit != null) {
            display.begin(DeviceLimit.NAME + ", reading", limit.readSeconds());
            limit.read();
        }
    }
}
