package io.tideline.cli.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * Lets contenders do the same work in turn: all load, all warm up, then their windows alternate (A B C, A B C, …), so that whatever
 * slows the machine down for a while slows all of them down. Latency and memory come last, because measuring them disturbs.
 */
final class Race {

    private final List<Contender> contenders;
    private final double seconds;
    private final double warmUpSeconds;
    private final int repetitions;
    private final RaceDisplay display;

    /** @param contenders the first is the one that the others are compared with */
    Race(List<Contender> contenders, double seconds, double warmUpSeconds, int repetitions, RaceDisplay display) {
        this.contenders = contenders;
        this.seconds = seconds;
        this.warmUpSeconds = warmUpSeconds;
        this.repetitions = repetitions;
        this.display = display;
    }

    /** Runs it all and answers with one standing for each contender, in their order. */
    List<Standing> run() {
        display.plan(contenders.size() * (warmUpSeconds + (repetitions + 1) * seconds));
        for (Contender contender : contenders) {
            display.begin(contender.name() + ", loading", 0);
            contender.load();
        }
        for (Contender contender : contenders) {
            display.begin(contender.name() + ", warming up", warmUpSeconds);
            contender.window(warmUpSeconds);
        }
        List<List<Throughput>> windows = contenders.stream().<List<Throughput>>map(_ -> new ArrayList<>()).toList();
        for (int repetition = 1; repetition <= repetitions; repetition++) {
            for (int i = 0; i < contenders.size(); i++) {
                display.begin(contenders.get(i).name() + ", window " + repetition + " of " + repetitions, seconds);
                Throughput window = contenders.get(i).window(seconds);
                windows.get(i).add(window);
                display.show(window);
            }
        }
        List<Latency> latencies = new ArrayList<>();
        for (Contender contender : contenders) {
            display.begin(contender.name() + ", latency", seconds);
            latencies.add(contender.latency(seconds));
        }
        List<Standing> standings = new ArrayList<>();
        for (int i = 0; i < contenders.size(); i++) {
            display.begin(contenders.get(i).name() + ", memory", 0);
            standings.add(new Standing(contenders.get(i).name(), windows.get(i), latencies.get(i), contenders.get(i).memory()));
        }
        return standings;
    }
}
