package io.tideline.cli.bench.contestant;

import io.tideline.checkpoint.RecoveryWork;
import io.tideline.cli.bench.timeline.Cut;
import io.tideline.cli.bench.work.CutPlan;
import io.tideline.cli.bench.work.Keys;
import io.tideline.cli.bench.work.OperationStream;
import io.tideline.cli.bench.work.Spill;
import io.tideline.cli.bench.work.WorkSettings;
import io.tideline.core.CommitPoint;
import io.tideline.core.Session;
import io.tideline.core.Store;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/**
 * Measures what cuts cost a store, and what it takes to come back from the last one. Commands: {@code load}; {@code run SECONDS}, with cuts;
 * {@code warm SECONDS}, without; {@code end}, which leaves the store as a death of the process would; and alone, in a process of its own,
 * {@code recover}, or {@code reopen}, which does not look at the values.
 */
final class CutLoop implements LineLoop.Answers {

    /** So many that pages of the log are turned, in so few buckets that some continue elsewhere: what is met for the first time makes the JVM compile anew. */
    private static final long REHEARSAL_KEYS = 1 << 20;
    private static final int REHEARSAL_KEYS_PER_BUCKET = 4;
    private static final int REHEARSAL_CHUNKS = 100;
    private static final long REHEARSAL_NANOS = Duration.ofSeconds(2).toNanos();
    private static final long REHEARSAL_CUT_NANOS = Duration.ofMillis(150).toNanos();
    private static final int READ_BATCH = 256;
    private static final long SAMPLED_KEYS = 100_000;
    private static final double MEDIAN = 50.0;
    private static final double ONE_IN_A_HUNDRED = 99.0;
    private static final double ONE_IN_A_THOUSAND = 99.9;
    private static final Path OWN_IO = Path.of("/proc/self/io");
    private static final String READ_BYTES = "read_bytes:";

    private final WorkSettings settings;
    private final Spill spill;
    private final CutPlan plan;
    private final AtomicLong position = new AtomicLong();
    private OperationStream stream;
    private List<Adder> adders;
    /** Null before the loading, and after the end. */
    private Store store;

    CutLoop(List<String> arguments) {
        this.settings = WorkSettings.parse(arguments);
        this.spill = Spill.parse(arguments).orElseThrow(() -> new IllegalArgumentException("cuts are made of a store on disk"));
        this.plan = CutPlan.parse(arguments);
    }

    @Override
    public String answer(String line) throws InterruptedException {
        return switch (line.split(" ")[0]) {
            case "load" -> load();
            case "warm" -> describe(run(plan.of(CutPlan.Kind.NONE), LineLoop.nanos(line)));
            case "run" -> describe(run(plan, LineLoop.nanos(line)));
            case "end" -> end();
            case "reopen" -> recover(false);
            case "recover" -> recover(true);
            default -> throw new IllegalArgumentException("there is no command '" + line + "'");
        };
    }

    private String load() throws InterruptedException {
        rehearse();
        stream = new OperationStream(settings);
        TidelineSubject subject = TidelineSubject.kept(settings, spill, spill.directory());
        store = subject.store;
        long start = System.nanoTime();
        subject.load();
        adders = adders(store, stream);
        return "nanos=" + (System.nanoTime() - start);
    }

    private static List<Adder> adders(Store store, OperationStream stream) {
        List<Adder> adders = new ArrayList<>();
        for (int i = 0; i < stream.settings().threads(); i++) {
            adders.add(new Adder(stream, store.openSession("adder-" + i)));
        }
        return adders;
    }

    /** Does the same work with both kinds of cuts on a small store that is thrown away, so that the JVM compiles what it is going to meet. */
    private void rehearse() throws InterruptedException {
        OperationStream small = new OperationStream(settings.inSmall(REHEARSAL_KEYS, REHEARSAL_CHUNKS * OperationStream.CHUNK).withKeysPerBucket(REHEARSAL_KEYS_PER_BUCKET));
        Path directory = spill.directory().resolveSibling(spill.directory().getFileName() + "-rehearsal");
        try (TidelineSubject subject = TidelineSubject.kept(small.settings(), spill, directory)) {
            subject.load();
            List<Adder> rehearsing = adders(subject.store, small);
            for (CutPlan.Kind kind : List.of(CutPlan.Kind.SHIFT, CutPlan.Kind.CHECKPOINT)) {
                new CutRun(subject.store, small, rehearsing, new AtomicLong(), new CutPlan(kind, REHEARSAL_CUT_NANOS, 3 * REHEARSAL_CUT_NANOS))
                        .run(REHEARSAL_NANOS);
            }
        }
        new DiskFolder(directory).close();
    }

    private CutRun.Outcome run(CutPlan chosen, long nanos) throws InterruptedException {
        if (store == null) {
            throw new IllegalStateException("the keys are not loaded yet");
        }
        return new CutRun(store, stream, adders, position, chosen).run(nanos);
    }

    private String describe(CutRun.Outcome outcome) {
        return "timeline=" + outcome.timeline().toText() + " cuts=" + Cut.toText(outcome.cuts()) + " " + describe("during", outcome.during()) + " "
                + describe("between", outcome.between()) + " deviceReads=" + store.stats().deviceReads();
    }

    private static String describe(String when, Histogram latencies) {
        return when + "Samples=" + latencies.getTotalCount() + " " + when + "P50=" + latencies.getValueAtPercentile(MEDIAN) + " " + when + "P99="
                + latencies.getValueAtPercentile(ONE_IN_A_HUNDRED) + " " + when + "P999=" + latencies.getValueAtPercentile(ONE_IN_A_THOUSAND) + " " + when
                + "Max=" + latencies.getMaxValue();
    }

    /** The store goes as if its process had died: what was done since the last checkpoint is gone. */
    private String end() {
        CommitPoint last = store.lastCommit().orElseThrow(() -> new IllegalStateException("there was no checkpoint"));
        store.abandon();
        store = null;
        return "checkpoint=" + last.number() + " serials=" + last.serials().values().stream().mapToLong(Long::longValue).sum();
    }

    private String recover(boolean looksAtValues) {
        long diskBytesBefore = bytesFromDisk();
        long start = System.nanoTime();
        store = TidelineSubject.kept(settings, spill, spill.directory()).store;
        long nanos = System.nanoTime() - start;
        long diskBytes = bytesFromDisk() - diskBytesBefore;
        RecoveryWork work = store.stats().checkpoints().recovery();
        long serials = 0;
        for (String name : store.sessionNames()) {
            try (Session session = store.resumeSession(name)) {
                serials += session.serial();
            }
        }
        String answer = "nanos=" + nanos + " imageBytes=" + work.imageBytes() + " imageNanos=" + work.imageNanos() + " logBytes=" + work.replayedBytes()
                + " logNanos=" + work.replayNanos() + " diskBytes=" + diskBytes + " checkpoint=" + store.lastCommit().map(CommitPoint::number).orElse(0L)
                + " serials=" + serials + (looksAtValues ? " " + values() : "");
        store.abandon(); // what was only looked at needs no checkpoint
        store = null;
        return answer;
    }

    /** Every value, added up, and how many are not there: all in the order of the log, because key by key each would be a read of the disk. */
    private String values() {
        long[] sumAndCount = new long[2];
        store.forEach((_, value) -> {
            sumAndCount[0] += value.getLong(0);
            sumAndCount[1]++;
            return true;
        });
        return "sum=" + sumAndCount[0] + " absent=" + Math.max(settings.keys() - sumAndCount[1], notFound());
    }

    /** How many of some keys, spread over all, are not found by their names. */
    private long notFound() {
        long[] keys = new long[READ_BATCH];
        long[] values = new long[READ_BATCH];
        long step = Math.max(1, settings.keys() / SAMPLED_KEYS);
        long absent = 0;
        int count = 0;
        for (long index = 0; index < settings.keys(); index += step) {
            keys[count++] = Keys.keyOf(index);
            if (count == READ_BATCH || index + step >= settings.keys()) {
                absent += count - store.getAll(keys, values, 0, count, 0);
                count = 0;
            }
        }
        return absent;
    }

    /** What the kernel fetched from disks for this process, the page cache left out; 0 where it does not tell. */
    private static long bytesFromDisk() {
        if (!Files.isReadable(OWN_IO)) {
            return 0;
        }
        try (Stream<String> lines = Files.lines(OWN_IO)) {
            return lines.filter(line -> line.startsWith(READ_BYTES)).mapToLong(line -> Long.parseLong(line.substring(READ_BYTES.length()).strip()))
                    .findFirst().orElse(0);
        } catch (IOException refused) {
            throw new UncheckedIOException("cannot read " + OWN_IO, refused);
        }
    }

    @Override
    public void close() {
        if (store != null) {
            store.abandon();
        }
    }
}
