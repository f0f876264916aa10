package io.tideline.jmh;

import java.nio.file.Path;
import java.util.List;

/**
 * What a peer that keeps its data on disk must know besides the work, as it is handed to its process.
 *
 * @param folder where its files go; each opening gets a folder of its own in there
 * @param memoryBytes how much memory it may take for the data, whatever the parts
 */
record DiskSettings(Path folder, long memoryBytes) {

    /** Reads the arguments {@code folder=} and {@code memory=}. */
    static DiskSettings parse(List<String> arguments) {
        return new DiskSettings(Path.of(value(arguments, "folder")), Long.parseLong(value(arguments, "memory")));
    }

    static String value(List<String> arguments, String name) {
        return arguments.stream().filter(argument -> argument.startsWith(name + "=")).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("the argument " + name + "=… is missing"))
                .substring(name.length() + 1);
    }
}
