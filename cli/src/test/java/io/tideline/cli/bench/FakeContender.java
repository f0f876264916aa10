package io.tideline.cli.bench;

import io.tideline.cli.bench.work.WorkSettings;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/** A contender whose windows are written down beforehand, in million operations a second; it notes what it is asked for. */
final class FakeContender implements Contender {

    private static final long SECOND = 1_000_000_000;

    private final String name;
    private final List<String> log;
    private final Deque<Double> speeds = new ArrayDeque<>();
    private final long memoryBytes;
    long absent;
    /** Negative for a store that does not count what it asks its disk for, as are the next two. */
    double deviceReadsPerSecond = Throughput.UNKNOWN;
    long appendedBytes = Throughput.UNKNOWN;
    long writtenBytes = Throughput.UNKNOWN;
    private int loads;
    private boolean isRehearsed;
    /** Told of every request before it is answered. */
    Consumer<String> observer = _ -> { };

    FakeContender(String name, List<String> log, long memoryBytes, Double... speeds) {
        this.name = name;
        this.log = log;
        this.memoryBytes = memoryBytes;
        this.speeds.addAll(Arrays.asList(speeds));
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void rehearse() {
        isRehearsed = true;
    }

    @Override
    public Loading load() {
        if (!isRehearsed) {
            throw new AssertionError(name + " loads without a rehearsal");
        }
        note(name + " load");
        loads++; // each takes 2 s longer than the one before
        return new Loading(loads * 2 * SECOND, appendedBytes, writtenBytes,
                writtenBytes < 0 ? null : new Loading.Writing(loads * 3 * SECOND / 2, writtenBytes / 5 * 4), Throughput.UNKNOWN);
    }

    @Override
    public void turnTo(WorkSettings work) {
        note(name + " work " + work.workload() + " " + work.distribution() + " " + work.threads() + " " + work.batch());
    }

    @Override
    public Throughput window(double seconds) {
        note(name + " window " + seconds);
        return new Throughput((long) (speeds.removeFirst() * seconds * 1e6), (long) (seconds * SECOND), 0, absent, lookups(seconds),
                deviceReadsPerSecond < 0 ? Throughput.UNKNOWN : (long) (deviceReadsPerSecond * seconds));
    }

    @Override
    public Latency latency(double seconds) {
        note(name + " latency " + seconds);
        return new Latency(100, 200, 300, 400);
    }

    @Override
    public MemoryUse memory() {
        note(name + " memory");
        return new MemoryUse(memoryBytes / 2, memoryBytes / 8, memoryBytes / 4, 0, memoryBytes, 2 * memoryBytes);
    }

    /** Every lookup reads two records. */
    private long lookups(double seconds) {
        return deviceReadsPerSecond < 0 ? Throughput.UNKNOWN : (long) (deviceReadsPerSecond * seconds / 2);
    }

    private void note(String request) {
        log.add(request);
        observer.accept(request);
    }

    @Override
    public void close() {
        log.add(name + " close");
    }
}
