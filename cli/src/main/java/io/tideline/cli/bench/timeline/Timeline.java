package io.tideline.cli.bench.timeline;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.StringJoiner;

/** The windows of a run, one behind the other without gaps, from its start on. At least one. */
public final class Timeline {

    private static final double NANOS_PER_SECOND = 1e9;

    private final List<Window> windows;

    private Timeline(List<Window> windows) {
        if (windows.isEmpty()) {
            throw new IllegalArgumentException("a run of no windows");
        }
        this.windows = List.copyOf(windows);
    }

    /** What becomes a timeline: how many operations there were up to some moments. */
    public static final class Builder {

        private final long leastNanos;
        private final List<Window> windows = new ArrayList<>();
        private long lastNanos;
        private long lastTotal;
        private long lastStolenNanos = Window.UNKNOWN;

        /** @param leastNanos a shorter window is too short to say anything, and becomes part of the one before */
        public Builder(long leastNanos) {
            this.leastNanos = leastNanos;
        }

        /** The host had kept so much of the processors' time before the start. */
        public void begin(long stolenNanos) {
            lastStolenNanos = stolenNanos;
        }

        /**
         * There were {@code total} operations up to {@code nanos} behind the start.
         *
         * @param stolenNanos what the host had kept of the processors' time by then; negative where nobody tells
         */
        public void add(long nanos, long total, long stolenNanos) {
            if (nanos <= lastNanos) {
                return; // the clock did not move; the next count has these operations
            }
            long stolen = stolenNanos < 0 || lastStolenNanos < 0 ? Window.UNKNOWN : Math.max(stolenNanos - lastStolenNanos, 0);
            if (nanos - lastNanos < leastNanos && !windows.isEmpty()) {
                Window before = windows.removeLast();
                windows.add(new Window(before.fromNanos(), nanos, before.operations() + total - lastTotal,
                        stolen < 0 || before.stolenNanos() < 0 ? Window.UNKNOWN : before.stolenNanos() + stolen));
            } else {
                windows.add(new Window(lastNanos, nanos, total - lastTotal, stolen));
            }
            lastNanos = nanos;
            lastTotal = total;
            lastStolenNanos = stolenNanos;
        }

        public Timeline build() {
            return new Timeline(windows);
        }
    }

    /** Reads what {@link #toText} wrote. */
    public static Timeline parse(String text) {
        List<Window> windows = new ArrayList<>();
        long from = 0;
        for (String word : text.split(",")) {
            String[] numbers = word.split(":");
            long to = Long.parseLong(numbers[0]);
            windows.add(new Window(from, to, Long.parseLong(numbers[1]), Long.parseLong(numbers[2])));
            from = to;
        }
        return new Timeline(windows);
    }

    /** All of it in one word: of each window its end, its operations, and what the host kept. */
    public String toText() {
        StringJoiner text = new StringJoiner(",");
        windows.forEach(window -> text.add(window.toNanos() + ":" + window.operations() + ":" + window.stolenNanos()));
        return text.toString();
    }

    public List<Window> windows() {
        return windows;
    }

    /** The length of the run. */
    public long nanos() {
        return windows.getLast().toNanos();
    }

    public long operations() {
        return windows.stream().mapToLong(Window::operations).sum();
    }

    /** Operations in a second, all in all. */
    public double mean() {
        return operations() * NANOS_PER_SECOND / nanos();
    }

    /** The same of the windows that lie wholly between two moments; not a number if there is none. */
    public double mean(long fromNanos, long toNanos) {
        return mean(windows.stream().filter(window -> window.fromNanos() >= fromNanos && window.toNanos() <= toNanos).toList());
    }

    /** The same of some windows. */
    static double mean(List<Window> some) {
        long operations = some.stream().mapToLong(Window::operations).sum();
        long nanos = some.stream().mapToLong(window -> window.toNanos() - window.fromNanos()).sum();
        return nanos == 0 ? Double.NaN : operations * NANOS_PER_SECOND / nanos;
    }

    /** The slowest window. */
    public Window worst() {
        return windows.stream().min(Comparator.comparingDouble(Window::perSecond)).orElseThrow();
    }

    /** Operations in a second of the slowest window that ends behind one moment, and not behind another; not a number if there is none. */
    public double worst(long fromNanos, long toNanos) {
        return windows.stream().filter(window -> window.toNanos() > fromNanos && window.toNanos() <= toNanos).mapToDouble(Window::perSecond).min()
                .orElse(Double.NaN);
    }

    /** Of the fastest. */
    public double best() {
        return windows.stream().mapToDouble(Window::perSecond).max().orElseThrow();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Timeline timeline && windows.equals(timeline.windows);
    }

    @Override
    public int hashCode() {
        return windows.hashCode();
    }

    @Override
    public String toString() {
        return windows.toString();
    }
}
