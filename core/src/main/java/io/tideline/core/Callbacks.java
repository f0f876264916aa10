package io.tideline.core;

import java.util.Arrays;

/**
 * What of the user's the current thread is in: functions of which stores, so that a call of such a store from inside them can be refused; and
 * batches, so that who waits can leave the epoch with them.
 */
final class Callbacks {
    private static final ThreadLocal<Callbacks> CURRENT = ThreadLocal.withInitial(Callbacks::new);

    /** The stores whose functions are running on this thread, outermost first: one store's function may call another store. */
    private Kernel[] inside = new Kernel[2];
    private int depth;
    private Session innermostBatch;

    private Callbacks() {
    }

    static boolean isInside(Kernel kernel) {
        Callbacks current = CURRENT.get();
        for (int i = 0; i < current.depth; i++) {
            if (current.inside[i] == kernel) {
                return true;
            }
        }
        return false;
    }

    /** Notes that a function of this store begins on this thread. */
    static void begin(Kernel kernel) {
        if (!kernel.usesCallbacks) {
            kernel.usesCallbacks = true;
        }
        Callbacks current = CURRENT.get();
        if (current.depth == current.inside.length) {
            current.inside = Arrays.copyOf(current.inside, 2 * current.depth);
        }
        current.inside[current.depth++] = kernel;
    }

    /** Notes that the function that began last has ended. */
    static void end() {
        Callbacks current = CURRENT.get();
        current.inside[--current.depth] = null;
    }

    /** Notes that a batch of the session begins on this thread; the session whose batch is around it, or null, for {@link #endBatch}. */
    static Session beginBatch(Session session) {
        Callbacks current = CURRENT.get();
        Session outer = current.innermostBatch;
        current.innermostBatch = session;
        return outer;
    }

    static void endBatch(Session outer) {
        CURRENT.get().innermostBatch = outer;
    }

    /** The session, of whatever store, whose batch this thread is in, null if it is in none. */
    static Session innermostBatch() {
        return CURRENT.get().innermostBatch;
    }

    /** Throws, as it is, what a user's function threw; null is nothing. */
    static void rethrow(Throwable thrown) {
        if (thrown != null) {
            Callbacks.<RuntimeException>sneak(thrown);
        }
    }

    /** Functions in other languages throw checked exceptions without declaring them. */
    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void sneak(Throwable thrown) throws T {
        throw (T) thrown;
    }

    static IllegalStateException refusal() {
        return new IllegalStateException("a callback of this store called the store; a callback depends on its arguments alone");
    }
}
