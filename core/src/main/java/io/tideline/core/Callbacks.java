package io.tideline.core;

import java.util.Arrays;

/** Which store's user function the current thread is in, so that a call of that store from inside it can be refused. */
final class Callbacks {
    private static final ThreadLocal<Callbacks> CURRENT = ThreadLocal.withInitial(Callbacks::new);

    /** The stores whose functions are running on this thread, outermost first: one store's function may call another store. */
    private Kernel[] inside = new Kernel[2];
    private int depth;

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

    static IllegalStateException refusal() {
        return new IllegalStateException("a callback of this store called the store; a callback depends on its arguments alone");
    }
}
