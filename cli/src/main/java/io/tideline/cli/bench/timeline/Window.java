package io.tideline.cli.bench.timeline;

/**
 * A piece of a run.
 *
 * @param fromNanos when it began, from the start of the run on
 * @param toNanos when it ended
 * @param operations that ended in it
 * @param stolenNanos time of processors that the host of a virtual machine kept for others meanwhile, of all processors together; negative where nobody tells
 */
public record Window(long fromNanos, long toNanos, long operations, long stolenNanos) {

    /** What nobody tells. */
    public static final long UNKNOWN = -1;

    private static final double NANOS_PER_SECOND = 1e9;

    public Window {
        if (fromNanos < 0 || toNanos <= fromNanos || operations < 0) {
            throw new IllegalArgumentException("a window from " + fromNanos + " to " + toNanos + " ns with " + operations + " operations");
        }
    }

    /** By the time that really passed: who comes late to end a window ends a longer one. */
    public double perSecond() {
        return operations * NANOS_PER_SECOND / (toNanos - fromNanos);
    }
}
