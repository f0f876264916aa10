package io.tideline.core;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Whether the points of a recovery are honest (promises P1 and P5): not before what was promised to survive such a death, not behind what was begun, and
 * exactly those of the checkpoint; and whether points went back from one checkpoint, or promise, to the next.
 */
final class PointChecker {
    private final SimHistory history;
    private final long[] points;
    private final List<String> violations = new ArrayList<>();

    private PointChecker(SimHistory history, long[] points) {
        this.history = history;
        this.points = points;
    }

    static String nameOf(int session) {
        return "s" + session;
    }

    /**
     * What is wrong, a sentence each.
     *
     * @param recoveredTo what the recovered store says that it went back to
     */
    static List<String> violations(SimHistory history, long[] points, Optional<CommitPoint> recoveredTo) {
        PointChecker checker = new PointChecker(history, points);
        checker.checkCommits();
        checker.checkPromises();
        checker.checkPoints(recoveredTo);
        checker.checkDropped();
        return checker.violations;
    }

    private void checkCommits() {
        Map<String, Long> before = new HashMap<>();
        String beforeName = "the recovery before";
        for (int session = 0; session < points.length; session++) {
            before.put(nameOf(session), history.beginning().points()[session]);
        }
        List<CommitPoint> commits = new ArrayList<>(history.commits());
        commits.sort((one, other) -> Long.compare(one.number(), other.number()));
        for (CommitPoint commit : commits) {
            for (int session = 0; session < points.length; session++) {
                long serial = commit.serials().getOrDefault(nameOf(session), 0L);
                Long last = before.put(nameOf(session), serial);
                if (last != null && serial < last) {
                    violations.add("checkpoint " + commit.number() + " holds s" + session + " up to " + serial + ", and " + beforeName + " held it up to " + last
                        + ": the point went back");
                }
                requireBegun("checkpoint " + commit.number() + " holds", session, serial);
            }
            beforeName = "checkpoint " + commit.number();
        }
    }

    private void checkDropped() {
        for (int session = 0; session < points.length; session++) {
            List<Long> held = history.droppedUpTo(session, points[session]);
            if (!held.isEmpty()) {
                violations.add("s" + session + " was told that a close dropped its updates " + held + ", and the recovery has it up to " + points[session]);
            }
        }
    }

    private void requireBegun(String who, int session, long serial) {
        if (serial > history.begun(session)) {
            violations.add(who + " s" + session + " up to " + serial + ", and it began only " + history.begun(session));
        }
    }

    private void checkPromises() {
        Map<String, Long> latest = new HashMap<>();
        for (SimHistory.Promise promise : history.promises()) {
            requireBegun(promise.source() + " promised", promise.session(), promise.serial());
            Long before = latest.put(promise.source() + " to s" + promise.session(), promise.serial());
            if (before != null && promise.serial() < before) {
                violations.add(promise.source() + " promised s" + promise.session() + " its operations up to " + before + ", and later up to " + promise.serial()
                    + ": the promise went back");
            }
        }
        SimHistory.Promise[] broken = new SimHistory.Promise[points.length];
        for (SimHistory.Promise promise : history.binding()) {
            SimHistory.Promise worse = broken[promise.session()];
            if (promise.serial() > points[promise.session()] && (worse == null || promise.serial() > worse.serial())) {
                broken[promise.session()] = promise;
            }
        }
        for (SimHistory.Promise promise : broken) {
            if (promise != null) {
                violations.add("s" + promise.session() + " came back with " + points[promise.session()] + " operations behind a " + history.death() + ", and "
                    + promise.source() + " promised those up to " + promise.serial() + " to survive at " + promise.durability());
            }
        }
    }

    private void checkPoints(Optional<CommitPoint> recoveredTo) {
        for (int session = 0; session < points.length; session++) {
            requireBegun("the recovery has", session, points[session]);
            // An operation that a close beside it has refused counts as begun, and need not be within.
            if (history.death() == SimHistory.Death.CLOSE && history.between(session, points[session], Long.MAX_VALUE).stream().anyMatch(SimEvent::mayHaveHappened)) {
                violations.add("s" + session + " came back with " + points[session] + " operations behind a close, and it began " + history.begun(session));
            }
            String name = nameOf(session);
            long stored = recoveredTo.map(commit -> commit.serials().getOrDefault(name, 0L)).orElse(0L);
            if (stored != points[session]) {
                violations.add("s" + session + " came back with " + points[session] + " operations, and the checkpoint that was recovered holds " + stored);
            }
        }
        history.commits().stream().filter(commit -> recoveredTo.isPresent() && recoveredTo.get().number() == commit.number())
            .filter(commit -> !commit.serials().equals(recoveredTo.get().serials()))
            .forEach(commit -> violations.add("checkpoint " + commit.number() + " was committed with " + commit.serials() + " and recovered with "
                + recoveredTo.get().serials()));
    }
}
