package io.tideline.core;

/** Which store's user function the current thread is in, so that a call of that store from inside it can be refused. */
final class Callbacks {
    private static final ThreadLocal<Callbacks> CURRENT = ThreadLocal.withInitial(Callbacks::new);

    private Kernel inside;

    private Callbacks() {
    }

    static boolean isInside(Kernel kernel) {
        return CURRENT.get().inside == kernel;
    }

    /** Notes that a function of this store begins; returns what to give to {@link #end}. */
    static Kernel begin(Kernel kernel) {
        if (!kernel.usesCallbacks) {
            kernel.usesCallbacks = true;
        }
        Callbacks current = CURRENT.get();
        Kernel outer = current.inside;
        current.inside = kernel;
        return outer;
    }

    static void end(Kernel outer) {
        CURRENT.get().inside = outer;
    }

    static IllegalStateException refusal() {
        return new IllegalStateException("a callback of this store called the store; a callback depends on its arguments alone");
    }
}
