package io.tideline.cli.bench.work;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * How a store that is measured goes to disk, as it is handed to its process.
 *
 * @param memoryBytes of its log
 * @param directory where it may make its files; they are thrown away
 * @param device the I/O model, as options name it
 * @param copiesReads whether what is read from disk again and again is copied to the tail of the log
 */
public record Spill(long memoryBytes, Path directory, String device, boolean copiesReads) {

    private static final String MEMORY = "spillMemory=";
    private static final String DIRECTORY = "spillDirectory=";
    private static final String DEVICE = "spillDevice=";
    private static final String COPIES_READS = "spillCopiesReads=";

    /** The same elsewhere. */
    public Spill in(Path other) {
        return new Spill(memoryBytes, other, device, copiesReads);
    }

    /** The same with less memory, if it has more. */
    public Spill withAtMost(long bytes) {
        return new Spill(Math.min(memoryBytes, bytes), directory, device, copiesReads);
    }

    /** The settings as arguments of a contestant's process. */
    public List<String> toArguments() {
        return List.of(MEMORY + memoryBytes, DIRECTORY + directory, DEVICE + device, COPIES_READS + copiesReads);
    }

    /** Reads what {@link #toArguments} wrote; empty if it is not there, and the store lives in memory. */
    public static Optional<Spill> parse(List<String> arguments) {
        return value(arguments, MEMORY).map(memory -> new Spill(Long.parseLong(memory), Path.of(value(arguments, DIRECTORY).orElseThrow()),
                value(arguments, DEVICE).orElseThrow(), Boolean.parseBoolean(value(arguments, COPIES_READS).orElseThrow())));
    }

    private static Optional<String> value(List<String> arguments, String name) {
        return arguments.stream().filter(argument -> argument.startsWith(name)).map(argument -> argument.substring(name.length())).findFirst();
    }
}
