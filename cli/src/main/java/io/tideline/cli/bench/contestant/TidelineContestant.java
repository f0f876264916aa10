package io.tideline.cli.bench.contestant;

/** The process that measures this store. Which door it takes to its memory is for the flags of its JVM to say. */
public final class TidelineContestant {

    private TidelineContestant() {
    }

    public static void main(String[] arguments) {
        ContestantLoop.main(arguments, TidelineSubject::new);
    }
}
