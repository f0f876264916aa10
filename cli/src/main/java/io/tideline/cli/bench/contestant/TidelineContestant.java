package io.tideline.cli.bench.contestant;

import io.tideline.cli.bench.work.Spill;
import java.util.List;
import java.util.Optional;

/** The process that measures this store. Which door it takes to its memory is for the flags of its JVM to say. */
public final class TidelineContestant {

    private TidelineContestant() {
    }

    public static void main(String[] arguments) {
        Optional<Spill> spill = Spill.parse(List.of(arguments));
        ContestantLoop.main(arguments, settings -> new TidelineSubject(settings, spill.orElse(null)));
    }
}
