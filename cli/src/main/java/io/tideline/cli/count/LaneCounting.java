package io.tideline.cli.count;

import io.tideline.cli.console.Failure;
import io.tideline.cli.console.Interruption;
import io.tideline.cli.console.ProgressBar;
import io.tideline.core.CheckpointRequest;
import io.tideline.core.CommitPoint;
import io.tideline.core.Session;
import io.tideline.core.Store;
import io.tideline.fault.StoreFault;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;

/**
 * Counts the input lane by lane into a store that is kept, so that a run that ends early, however it does, can be gone on with: from what its
 * last checkpoint holds of each lane.
 */
final class LaneCounting {

    /** Enough for the threads of most machines; a count has more if it begins with more threads. */
    static final int LEAST_LANES = 64;

    private static final long SHOW_MILLIS = 100;

    private final Store store;
    private final Inputs inputs;
    private final CountNote note;
    private final int gramLength;
    private final int keyLimitBytes;
    private final Interruption interruption;
    private final ProgressBar bar;
    private final Lanes lanes;
    private final Crew crew;
    private final Commits commits;
    private final LongAdder sizeDone = new LongAdder();
    private final LongAdder tokensDone = new LongAdder();

    /**
     * @param note of this count
     * @param every how long from one checkpoint to the next; null for none
     */
    LaneCounting(Store store, Inputs inputs, CountNote note, int threads, int keyLimitBytes, Duration every, Interruption interruption, ProgressBar bar) {
        this.store = store;
        this.inputs = inputs;
        this.note = note;
        this.gramLength = note.gramLength();
        this.keyLimitBytes = keyLimitBytes;
        this.interruption = interruption;
        this.bar = bar;
        this.lanes = new Lanes(lanes(store, note.lanes()));
        this.crew = new Crew(threads);
        this.commits = new Commits(store, every);
    }

    private static List<Lane> lanes(Store store, int count) {
        Map<String, Long> serials = store.lastCommit().map(CommitPoint::serials).orElse(Map.of());
        return IntStream.range(0, count).mapToObj(number -> new Lane(number, serials.getOrDefault(Lane.name(number), 0L))).toList();
    }

    /** How many tokens the store holds. */
    static long counted(Store store) {
        return store.lastCommit().map(commit -> commit.serials().values().stream().mapToLong(Long::longValue).sum()).orElse(0L);
    }

    /** Makes a store that holds nothing one of this count. */
    static void begin(Store store, CountNote note) {
        for (int number = 0; number < note.lanes(); number++) {
            store.openSession(Lane.name(number)).close();
        }
        new Commits(store, null).now(CheckpointRequest.full().cookie(note.toBytes()));
    }

    /**
     * Counts everything that is not counted.
     *
     * @return the number of tokens, or n-grams, of the whole input
     */
    long run() {
        crew.start(this::work);
        try {
            inputs.forEachUnit(Long.MAX_VALUE, this::handOut);
            lanes.end();
            while (!crew.await(commits.millisToNext(SHOW_MILLIS))) {
                lookAround();
            }
        } catch (RuntimeException | Error own) {
            crew.fail(own);
        }
        if (crew.hasFailed()) {
            lanes.abandon();
            crew.stop();
            giveUpWhatIsLost();
            crew.rethrow();
        }
        requireAllSkipped();
        commits.now(CheckpointRequest.logOnly().cookie(note.at(CountNote.Stage.COMPLETE).toBytes()));
        return tokensDone.sum();
    }

    private void handOut(InputUnit unit) {
        try {
            while (!lanes.offer(unit, commits.millisToNext(SHOW_MILLIS))) {
                lookAround();
            }
            lookAround();
        } catch (InterruptedException unexpected) {
            throw new IllegalStateException("the thread that hands out the work was interrupted", unexpected);
        }
    }

    private void lookAround() {
        interruption.check();
        if (crew.hasFailed()) {
            throw new Crew.Abandoned();
        }
        commits.look();
        bar.show(sizeDone.sum(), tokensDone.sum());
    }

    private void work() throws InterruptedException {
        for (Lanes.Share share = lanes.take(); share != null; share = lanes.take()) {
            count(share);
            lanes.giveBack(share);
        }
    }

    private void count(Lanes.Share share) {
        try (Session session = store.resumeSession(share.lane().name())) {
            TokenCounter counter = new TokenCounter(session, share.lane(), gramLength, keyLimitBytes, interruption, crew::hasFailed, tokensDone::add);
            for (InputUnit unit : share.units()) {
                unit.read(counter, sizeDone::add);
            }
            counter.finish();
        }
    }

    /**
     * Where an update failed, no checkpoint may be taken any more, because it would take that for done. One that was taken meanwhile may have:
     * then the count says of itself that it is broken.
     */
    private void giveUpWhatIsLost() {
        if (lanes.all().stream().allMatch(lane -> lane.firstLost() == Long.MAX_VALUE)) {
            return;
        }
        try {
            commits.await();
        } catch (StoreFault failed) {
            crew.fail(failed);
        }
        try {
            Map<String, Long> serials = store.lastCommit().map(CommitPoint::serials).orElse(Map.of());
            if (lanes.all().stream().anyMatch(lane -> serials.getOrDefault(lane.name(), 0L) >= lane.firstLost())) {
                commits.now(CheckpointRequest.logOnly().cookie(note.at(CountNote.Stage.BROKEN).toBytes()));
            }
        } finally {
            store.abandon();
        }
    }

    /** An input with the same fingerprint that is shorter was changed by somebody who took care that nobody notices. */
    private void requireAllSkipped() {
        long missing = lanes.all().stream().mapToLong(Lane::unskipped).sum();
        if (missing > 0) {
            throw new Failure("The input has " + missing + " tokens less than were counted of it before, so it has changed; count it anew, in another"
                    + " directory.");
        }
    }
}
