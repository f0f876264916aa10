package io.tideline.cli.bench;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** How the measured store reaches its memory; the flags of its JVM decide. */
enum Door {

    /** By raw addresses: the fastest, and what {@code ./tideline} takes for every command. */
    UNSAFE("--add-exports", "java.base/jdk.internal.misc=ALL-UNNAMED"),
    /** By the foreign memory interface of the JDK: what a program gets that passes no flags. */
    SEGMENT;

    private final List<String> exports;

    Door(String... exports) {
        this.exports = List.of(exports);
    }

    /** The door that an option names, or an {@link IllegalArgumentException} with a sentence that lists them all. */
    static Door parse(String text) {
        return Arrays.stream(values()).filter(door -> door.toString().equals(text)).findAny().orElseThrow(() ->
                new IllegalArgumentException("'" + text + "' is not a door; choose one of unsafe, segment"));
    }

    /** The flags of a JVM that takes this door. */
    List<String> flags() {
        return exports.isEmpty() ? List.of("-Dtideline.door=" + this)
                : List.of(exports.getFirst(), exports.getLast(), "-Dtideline.door=" + this);
    }

    /** The door as options name it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
