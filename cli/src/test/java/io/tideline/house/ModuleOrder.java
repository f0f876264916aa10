package io.tideline.house;

import java.util.List;

/** Which module may see which: each one those before it, the observers all of them, and nobody an observer. */
final class ModuleOrder {
    static final List<String> MODULES = List.of("memory", "epoch", "hlog", "index", "checkpoint", "core", "cli");
    static final List<String> OBSERVERS = List.of("jmh", "jcstress", "examples");

    private ModuleOrder() {
    }

    static boolean maySee(String viewer, String viewed) {
        if (viewer.equals(viewed)) {
            return true;
        }
        return MODULES.contains(viewed) && (OBSERVERS.contains(viewer) || MODULES.indexOf(viewed) < MODULES.indexOf(viewer));
    }
}
