package io.tideline.cli.bench;

import io.tideline.cli.bench.work.WorkSettings;
import io.tideline.cli.console.Failure;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/** A race with all that belongs to it, from the start of its contestants to their end; of one work, or of several on keys that are loaded once. */
final class RaceBench implements AutoCloseable {
    private static final String ALONE = "Each contestant was loaded and measured alone, one after the other: their windows did not alternate.";

    private final RaceSettings settings;
    private final List<WorkSettings> works;
    private final List<Contestant> rivals;
    private final Contenders contenders;
    private final boolean alone;
    private final boolean showsLimit;
    /** Null where nobody asked for it, or it cannot be measured. */
    private final DeviceLimit limit;
    private final RaceDisplay display;
    private final Runnable tick;
    private final List<Contender> started = new CopyOnWriteArrayList<>();
    /** Of each contestant, for the works that it has done. */
    private final Map<Contestant, List<Standing>> standings = new EnumMap<>(Contestant.class);
    /** Of those that cannot run here, or did not come through, why. */
    private final Map<Contestant, String> reasons = new EnumMap<>(Contestant.class);
    private final List<Contestant> running = new ArrayList<>(List.of(Contestant.TIDELINE));
    private BlockDevice device;

    /**
     * @param rivals what this store is compared with
     * @param alone whether one is loaded, measured and gone before the next begins, instead of windows in turns
     * @param showsLimit whether the results are to say what the disk gives, or why nobody knows
     * @param limit null where nobody asked for it, or it cannot be measured
     * @param tick called again and again while something is waited for
     */
    RaceBench(RaceSettings settings, List<WorkSettings> works, List<Contestant> rivals, Contenders contenders, boolean alone, boolean showsLimit,
            DeviceLimit limit, RaceDisplay display, Runnable tick) {
        this.settings = settings;
        this.works = works;
        this.rivals = rivals;
        this.contenders = contenders;
        this.alone = alone;
        this.showsLimit = showsLimit;
        this.limit = limit;
        this.display = display;
        this.tick = tick;
    }

    /** Runs it all, once. Where that fails, {@link #results} has the works that were done by then. */
    void run() {
        for (Contestant rival : rivals) {
            contenders.prepare(rival).ifPresentOrElse(reason -> reasons.put(rival, reason), () -> running.add(rival));
        }
        running.forEach(contestant -> standings.put(contestant, new ArrayList<>()));
        tick.run();
        device = settings.spill() == null ? null : BlockDevice.holding(settings.spill().directory()).orElse(null);
        if (alone) {
            runAlone();
        } else {
            runInTurns();
        }
    }

    private void runInTurns() {
        contenders.requireRoom(running);
        running.forEach(contestant -> started.add(contenders.start(contestant)));
        Race race = race(started, limit);
        display.plan(race.plannedSeconds(works.size()));
        race.run(works, done -> {
            for (int i = 0; i < running.size(); i++) {
                standings.get(running.get(i)).add(done.get(i));
            }
        });
    }

    /** What the disk gives is measured around the first of them. A rival that fails keeps the others from nothing. */
    private void runAlone() {
        running.forEach(contestant -> contenders.requireRoom(List.of(contestant)));
        Failure first = null;
        for (Contestant contestant : running) {
            tick.run();
            try {
                runAlone(contestant);
            } catch (Failure failed) {
                if (contestant == Contestant.TIDELINE) {
                    throw failed;
                }
                reasons.put(contestant, failed.getMessage().replaceFirst("\\.$", ""));
                first = first == null ? failed : first;
            }
        }
        if (first != null) {
            throw first;
        }
    }

    private void runAlone(Contestant contestant) {
        Contender contender = contenders.start(contestant);
        started.add(contender);
        try {
            Race race = race(List.of(contender), contestant == Contestant.TIDELINE ? limit : null);
            if (contestant == Contestant.TIDELINE) {
                display.plan(race.plannedSeconds(works.size()) + (running.size() - 1) * race(List.of(contender), null).plannedSeconds(works.size()));
            }
            race.run(works, done -> standings.get(contestant).add(done.getFirst()));
        } finally {
            contender.close(); // and its files are gone
        }
    }

    private Race race(List<Contender> contestants, DeviceLimit measured) {
        return new Race(contestants, settings.seconds(), settings.warmUpSeconds(), settings.repetitions(), settings.loadings(), display, device, measured);
    }

    /** One for each work that this store has done, in their order. */
    List<RaceResult> results() {
        List<Standing> own = standings.getOrDefault(Contestant.TIDELINE, List.of());
        List<RaceResult> results = new ArrayList<>();
        for (int i = 0; i < own.size(); i++) {
            results.add(new RaceResult(settings.with(works.get(i)), own.get(i), rivalResults(i), device == null ? null : device.name(), limitResult(), notes()));
        }
        return results;
    }

    private List<String> notes() {
        return Stream.concat(alone ? Stream.of(ALONE) : Stream.empty(), contenders.notes().stream()).toList();
    }

    private RaceResult.Limit limitResult() {
        if (!showsLimit) {
            return null;
        }
        return limit == null ? new RaceResult.Limit(null, "there is no fio on the PATH") : new RaceResult.Limit(limit.figures(), null);
    }

    private List<RaceResult.Rival> rivalResults(int work) {
        List<RaceResult.Rival> results = new ArrayList<>();
        for (Contestant rival : rivals) {
            List<Standing> done = standings.getOrDefault(rival, List.of());
            boolean hasRun = work < done.size();
            results.add(new RaceResult.Rival(rival.toString(), hasRun ? done.get(work) : null, hasRun ? null : reasons.getOrDefault(rival, "it was not its turn yet")));
        }
        return results;
    }

    @Override
    public void close() {
        end();
    }

    /** Ends the contestants, from any thread; idempotent. */
    void end() {
        started.forEach(Contender::close);
        if (limit != null) {
            limit.close();
        }
    }
}
