package io.tideline.cli.console;

/** The result of a command as JSON, in a {@link ResultFile}. */
public final class JsonFile {

    private final ResultFile file;

    private JsonFile(ResultFile file) {
        this.file = file;
    }

    /** Names the file without touching it, and refuses with a {@link Failure} what cannot work. */
    public static JsonFile at(String name) {
        return new JsonFile(ResultFile.at("--json", name));
    }

    /** Writes {@code value} as {@link Json#of} says; on any error the old content of the file, if any, stays, and a {@link Failure} says why. */
    public void write(Object value) {
        file.write(Json.of(value));
    }
}
