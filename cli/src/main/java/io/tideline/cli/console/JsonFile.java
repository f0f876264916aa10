package io.tideline.cli.console;

import java.nio.file.Path;

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

    /** The same, and refuses a file in the directory of a store. */
    public static JsonFile outside(Path store, String name) {
        JsonFile file = at(name);
        file.file.requireOutside("--json", store);
        return file;
    }

    /** Writes {@code value} as {@link Json#of} says; on any error the old content of the file, if any, stays, and a {@link Failure} says why. */
    public void write(Object value) {
        file.write(Json.of(value));
    }
}
