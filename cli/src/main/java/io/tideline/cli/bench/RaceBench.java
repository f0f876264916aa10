package io.tideline.cli.bench;

import io.tideline.cli.bench.work.WorkSettings;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
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
    /** For each work those that have done it, in the order of {@link #running}. */
    private final List<List<Standing>> standings;
    private final List<Contestant> running = new ArrayList<>(List.of(Contestant.TIDELINE));
    /** For each rival, why it cannot run here; empty if it can. */
    private List<Optional<String>> missing = List.of();
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
        this.standings = works.stream().<List<Standing>>map(_ -> new ArrayList<>()).toList();
        this.limit = limit;
        this.display = display;
        this.tick = tick;
    }

    /** Runs it all, once. Where that fails, {@link #results} has the works that were done by then. */
    void run() {
        missing = rivals.stream().map(contenders::prepare).toList();
        for (int i = 0; i < rivals.size(); i++) {
            if (missing.get(i).isEmpty()) {
                running.add(rivals.get(i));
            }
        }
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
        run(race);
    }

    /** What the disk gives is measured around the first of them. */
    private void runAlone() {
        for (Contestant contestant : running) {
            tick.run();
            contenders.requireRoom(List.of(contestant));
            Contender contender = contenders.start(contestant);
            started.add(contender);
            Race race = race(List.of(contender), contestant == Contestant.TIDELINE ? limit : null);
            if (contestant == Contestant.TIDELINE) {
                display.plan(race.plannedSeconds(works.size()) + (running.size() - 1) * race(List.of(contender), null).plannedSeconds(works.size()));
            }
            run(race);
            contender.close(); // and its files are gone
        }
    }

    private Race race(List<Contender> contestants, DeviceLimit measured) {
        return new Race(contestants, settings.seconds(), settings.warmUpSeconds(), settings.repetitions(), display, device, measured);
    }

    private void run(Race race) {
        Iterator<List<Standing>> next = standings.iterator();
        race.run(works, done -> next.next().addAll(done));
    }

    /** One for each work that all have done, in their order. */
    List<RaceResult> results() {
        List<RaceResult> results = new ArrayList<>();
        for (int i = 0; i < works.size() && standings.get(i).size() == running.size(); i++) {
            results.add(new RaceResult(settings.with(works.get(i)), standings.get(i).getFirst(), rivalResults(standings.get(i)), device == null ? null : device.name(),
                    limitResult(), notes()));
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

    private List<RaceResult.Rival> rivalResults(List<Standing> ran) {
        List<RaceResult.Rival> results = new ArrayList<>();
        int next = 1;
        for (int i = 0; i < rivals.size(); i++) {
            String name = rivals.get(i).toString();
            results.add(missing.get(i).isPresent()
                    ? new RaceResult.Rival(name, null, missing.get(i).get())
                    : new RaceResult.Rival(name, ran.get(next++), null));
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
