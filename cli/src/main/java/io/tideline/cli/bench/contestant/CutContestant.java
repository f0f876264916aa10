package io.tideline.cli.bench.contestant;

/** The process that measures what cuts cost this store. */
public final class CutContestant {

    private CutContestant() {
    }

    public static void main(String[] arguments) {
        LineLoop.main(arguments, CutLoop::new);
    }
}
