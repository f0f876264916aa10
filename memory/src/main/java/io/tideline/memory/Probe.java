package io.tideline.memory;

/**
 * Named points in the algorithms where tests yield, delay, throw or kill. Unless the JVM was started with
 * {@code -Dtideline.probes=true} a point folds to nothing.
 */
public final class Probe {
    /** What a test does at a point. */
    @FunctionalInterface
    public interface Hook {
        /** Called on the thread that reached the point, possibly inside an epoch; {@code point} is a constant of the algorithm's source. */
        void at(String point);

        /** Called, behind the checked door, before each ordered access to a shared word, and at the fences; must not touch one itself. */
        default void atWord() {
        }
    }

    private static final boolean ON = Boolean.getBoolean("tideline.probes");
    private static volatile Hook hook;

    private Probe() {
    }

    public static void at(String point) {
        if (ON) {
            reached(point);
        }
    }

    private static void reached(String point) {
        Hook current = hook;
        if (current != null) {
            current.at(point);
        }
    }

    static void atWord() {
        if (ON) {
            reachedWord();
        }
    }

    private static void reachedWord() {
        Hook current = hook;
        if (current != null) {
            current.atWord();
        }
    }

    /** Whether points do anything in this JVM. */
    public static boolean isOn() {
        return ON;
    }

    /** Installs a hook for the whole JVM, or removes it with null. */
    public static void install(Hook newHook) {
        if (!ON && newHook != null) {
            throw new IllegalStateException("probe points are off in this JVM; start it with -Dtideline.probes=true");
        }
        hook = newHook;
    }
}
