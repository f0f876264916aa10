package io.tideline.cli.bench;

import java.util.Arrays;
import java.util.Locale;

/** Who can take part in a race: this store, and what it can be compared with. */
enum Contestant {

    /** This store. */
    TIDELINE,
    /** {@code ConcurrentHashMap<Long, Long>}. */
    CHM,
    /** The limit program: the same layout and work in plain C, without anything that makes a store safe. */
    C;

    /** The peer that an option names, or an {@link IllegalArgumentException} with a sentence that lists them all. */
    static Contestant parse(String text) {
        return Arrays.stream(values()).filter(peer -> peer != TIDELINE && peer.toString().equals(text)).findAny().orElseThrow(() ->
                new IllegalArgumentException("'" + text + "' is nothing to compare with; choose chm, c, or both as chm,c"));
    }

    /** The peer as options and reports name it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
