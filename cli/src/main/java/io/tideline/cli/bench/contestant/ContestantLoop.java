package io.tideline.cli.bench.contestant;

import io.tideline.cli.bench.work.OperationStream;
import io.tideline.cli.bench.work.WorkSettings;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/** Reads commands, one a line, does them, and answers each with one line, until the input ends; see the package for the commands. */
public final class ContestantLoop implements LineLoop.Answers {

    /** Of the rehearsals that may run beside the loaded store. */
    static final long REHEARSAL_KEYS = 1 << 14;
    private static final int REHEARSAL_CHUNKS = 100;
    /** Enough of them for the JVM to compile what loads them. */
    private static final long LEAST_REHEARSED_LOADS = 1 << 20;
    /** Of the keys, if that is more: with a million of 40 million the loading took a third longer than with a quarter, see decision 014. */
    private static final int REHEARSED_PART = 8;
    private static final int LOAD_REHEARSALS = 2;
    /** How many times what was on disk first must be there by the end, so that what was written between tells how fast that goes. */
    private static final long LEAST_WRITES = 16;
    private static final long REHEARSAL_NANOS = Duration.ofSeconds(1).toNanos();
    private static final double MEDIAN = 50.0;
    private static final double ONE_IN_A_HUNDRED = 99.0;
    private static final double ONE_IN_A_THOUSAND = 99.9;

    private final Function<WorkSettings, Subject> opener;
    private final long rehearsalNanos;
    private final AtomicLong position = new AtomicLong();
    private OperationStream stream;
    private ProcessMemory beforeLoad;
    private long streamBytesBeforeLoad;
    private Subject subject;
    private List<Replayer> replayers = List.of();

    /** @param opener opens an empty store */
    public ContestantLoop(OperationStream stream, Function<WorkSettings, Subject> opener) {
        this(stream, opener, REHEARSAL_NANOS);
    }

    ContestantLoop(OperationStream stream, Function<WorkSettings, Subject> opener, long rehearsalNanos) {
        this.stream = stream;
        this.opener = opener;
        this.rehearsalNanos = rehearsalNanos;
    }

    /** The main method of every contestant: serves the standard streams, and ends the process with an exit code. */
    public static void main(String[] arguments, Function<WorkSettings, Subject> opener) {
        LineLoop.main(arguments, words -> of(words, opener));
    }

    static boolean serve(String[] arguments, Function<WorkSettings, Subject> opener, BufferedReader in, PrintStream out) {
        return LineLoop.serve(arguments, words -> of(words, opener), in, out);
    }

    private static ContestantLoop of(List<String> words, Function<WorkSettings, Subject> opener) {
        return new ContestantLoop(new OperationStream(WorkSettings.parse(words)), opener);
    }

    /** Serves until {@code quit} or the end of the input. */
    public void serve(BufferedReader in, PrintStream out) throws IOException, InterruptedException {
        LineLoop.serve(this, in, out);
    }

    @Override
    public void close() {
        if (subject != null) {
            try {
                endReplayers();
            } finally {
                subject.close();
            }
        }
    }

    @Override
    public String answer(String line) throws InterruptedException {
        String[] words = line.split(" ");
        return switch (words[0]) {
            case "rehearse" -> rehearse();
            case "load" -> load();
            case "work" -> turnTo(WorkSettings.parse(List.of(words)));
            case "window" -> window(LineLoop.nanos(line));
            case "latency" -> latency(LineLoop.nanos(line));
            case "memory" -> memory();
            case "dump" -> stream.dump(Integer.parseInt(words[1]));
            default -> throw new IllegalArgumentException("there is no command '" + line + "'");
        };
    }

    private String rehearse() throws InterruptedException {
        requireNotLoaded();
        rehearseLoading(stream.settings());
        rehearse(stream.settings());
        return "rehearsed=1";
    }

    private void requireNotLoaded() {
        if (subject != null) {
            throw new IllegalStateException("the keys are loaded already");
        }
    }

    /** Once more, in place of what was loaded before. */
    private String load() throws InterruptedException {
        close();
        subject = null;
        if (beforeLoad == null) { // what the process keeps of a store is the store's
            beforeLoad = ProcessMemory.now();
            streamBytesBeforeLoad = stream.heapBytes();
        }
        subject = opener.apply(stream.settings());
        String loaded = watchedLoad();
        beginReplayers();
        return loaded;
    }

    private String watchedLoad() throws InterruptedException {
        FirstWrite firstWrite = new FirstWrite(subject);
        try {
            long start = System.nanoTime();
            subject.load();
            long end = System.nanoTime();
            Optional<DeviceCounts> counts = subject.deviceCounts();
            return "nanos=" + (end - start)
                    + counts.map(all -> " appendedBytes=" + all.appendedBytes() + " writtenBytes=" + all.writtenBytes()).orElse("")
                    + firstWrite.moment().filter(from -> counts.orElseThrow().writtenBytes() >= LEAST_WRITES * from.writtenBytes()).map(from -> " writingNanos=" + (end - from.nanoTime())
                    + " writingBytes=" + (counts.orElseThrow().writtenBytes() - from.writtenBytes())).orElse("");
        } finally {
            firstWrite.stop();
        }
    }

    private void beginReplayers() {
        replayers = Stream.generate(() -> subject.newReplayer(stream)).limit(stream.settings().threads()).toList();
    }

    private void endReplayers() {
        replayers.forEach(Replayer::close);
        replayers = List.of();
    }

    /** Goes on with other operations on the same keys. */
    private String turnTo(WorkSettings next) throws InterruptedException {
        requireLoaded();
        if (!next.hasSameKeys(stream.settings())) {
            throw new IllegalArgumentException("other keys, values or buckets are for another store");
        }
        endReplayers();
        if (next.workload() != stream.settings().workload() || next.batch() != stream.settings().batch()) {
            rehearse(next); // other code runs
        }
        Optional<OperationStream> same = stream.replayedBy(next);
        stream = null; // two of them may be more than the heap holds
        stream = same.orElseGet(() -> new OperationStream(next));
        beginReplayers(); // they go on behind what was replayed last, so that who asks the same keys does not find in memory what the work before has just read
        return "turned=1";
    }

    /**
     * Loads a part of the keys into a store that is thrown away: a JVM that loads first thing compiles for a tenth of the time, on the processors that load. And then once
     * more: what a store and its sessions do first, and never again, the JVM has left out of what it compiled by then, and throws that away when a second one does it.
     */
    private void rehearseLoading(WorkSettings settings) {
        WorkSettings small = settings.inSmall(Math.max(LEAST_REHEARSED_LOADS, settings.keys() / REHEARSED_PART), OperationStream.CHUNK);
        int keysPerBucket = Math.clamp(settings.keys() / settings.buckets(), 1, Integer.MAX_VALUE);
        for (int rehearsal = 0; rehearsal < LOAD_REHEARSALS; rehearsal++) {
            try (Subject rehearsed = opener.apply(small.withKeysPerBucket(keysPerBucket))) { // as full an index, because chains of buckets are code of their own
                rehearsed.load();
            }
        }
    }

    /**
     * Does the same work on a small store that is thrown away. The JVM compiles a method by what it saw of it until then; after millions
     * of insertions in a row, that would be a store in which no key is ever there.
     */
    private void rehearse(WorkSettings settings) throws InterruptedException {
        OperationStream small = new OperationStream(settings.inSmall(REHEARSAL_KEYS, REHEARSAL_CHUNKS * OperationStream.CHUNK).by(1, settings.batch()));
        try (Subject rehearsed = opener.apply(small.settings())) {
            rehearsed.load();
            try (Replayer replayer = rehearsed.newReplayer(small)) {
                new Window(small, List.of(replayer), new AtomicLong()).run(rehearsalNanos, false);
            }
        }
    }

    private String window(long nanos) throws InterruptedException {
        Window window = newWindow();
        Optional<DeviceCounts> before = subject.deviceCounts();
        Window.Outcome outcome = window.run(nanos, false);
        Optional<DeviceCounts> after = subject.deviceCounts();
        return "operations=" + outcome.operations() + " nanos=" + outcome.nanos()
                + " allocatedBytes=" + outcome.allocatedBytes() + " absent=" + outcome.absent()
                + before.map(counts -> " deviceLookups=" + (after.orElseThrow().lookups() - counts.lookups())
                        + " deviceReads=" + (after.orElseThrow().reads() - counts.reads())).orElse("");
    }

    private String latency(long nanos) throws InterruptedException {
        Histogram latencies = newWindow().run(nanos, true).latencies();
        return "samples=" + latencies.getTotalCount()
                + " p50=" + latencies.getValueAtPercentile(MEDIAN)
                + " p99=" + latencies.getValueAtPercentile(ONE_IN_A_HUNDRED)
                + " p999=" + latencies.getValueAtPercentile(ONE_IN_A_THOUSAND)
                + " max=" + latencies.getMaxValue();
    }

    private String memory() {
        requireLoaded();
        ProcessMemory now = ProcessMemory.now();
        HeldBytes held = subject.heldBytes();
        return "index=" + held.index() + " overflow=" + held.overflow() + " usedLog=" + held.usedLog()
                + " liveHeap=" + liveHeapBytes(now) + " residentOutsideHeap=" + now.residentBytesSince(beforeLoad)
                + " peakResident=" + ProcessMemory.peakResidentBytes();
    }

    /** Without what the operations of another work take more, or less, than those before the loading. */
    private long liveHeapBytes(ProcessMemory now) {
        return Math.max(now.liveHeapBytesSince(beforeLoad) - (stream.heapBytes() - streamBytesBeforeLoad), 0);
    }

    private Window newWindow() {
        requireLoaded();
        return new Window(stream, replayers, position);
    }

    private void requireLoaded() {
        if (subject == null) {
            throw new IllegalStateException("the keys are not loaded yet");
        }
    }
}
