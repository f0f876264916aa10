package io.tideline.cli.bench.work;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What is done to a store beside the operations of a run, as it is handed to its process.
 *
 * @param kind what
 * @param everyNanos how often
 * @param imageEveryNanos how often a checkpoint has an image of the index
 */
public record CutPlan(Kind kind, long everyNanos, long imageEveryNanos) {

    /** What may be done. */
    public enum Kind {
        /** Nothing. */
        NONE,
        /** What is in the log becomes read-only, and is written to disk for that reason. */
        SHIFT,
        /** A checkpoint that survives a crash of the machine. */
        CHECKPOINT
    }

    private static final String KIND = "cut=";
    private static final String EVERY = "cutEveryNanos=";
    private static final String IMAGE_EVERY = "imageEveryNanos=";

    public CutPlan {
        if (everyNanos < 1 || imageEveryNanos < 1) {
            throw new IllegalArgumentException("cuts every " + everyNanos + " ns, images every " + imageEveryNanos + " ns");
        }
    }

    public CutPlan of(Kind other) {
        return new CutPlan(other, everyNanos, imageEveryNanos);
    }

    /** Whether the checkpoint that is due then has an image of the index, where the one before was due at {@code beforeNanos}. */
    public boolean hasImage(long beforeNanos, long dueNanos) {
        return dueNanos / imageEveryNanos > beforeNanos / imageEveryNanos;
    }

    /** The plan as arguments of a process. */
    public List<String> toArguments() {
        return List.of(KIND + kind.name().toLowerCase(Locale.ROOT), EVERY + everyNanos, IMAGE_EVERY + imageEveryNanos);
    }

    /** Reads what {@link #toArguments} wrote. */
    public static CutPlan parse(List<String> arguments) {
        return new CutPlan(Kind.valueOf(value(arguments, KIND).toUpperCase(Locale.ROOT)), Long.parseLong(value(arguments, EVERY)),
                Long.parseLong(value(arguments, IMAGE_EVERY)));
    }

    private static String value(List<String> arguments, String name) {
        Optional<String> found = arguments.stream().filter(argument -> argument.startsWith(name)).map(argument -> argument.substring(name.length()))
                .findFirst();
        return found.orElseThrow(() -> new IllegalArgumentException("the argument " + name + "… is missing"));
    }
}
