package io.tideline.cli;

import io.tideline.cli.console.Interruption;
import io.tideline.cli.console.Streams;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * One command line, run in this process.
 *
 * @param out what it wrote to the standard output
 * @param err what it wrote to the standard error
 */
public record Run(int exitCode, String out, String err) {

    /** Runs with an empty standard input. */
    public static Run of(String... arguments) {
        return withInput(new byte[0], arguments);
    }

    /** Runs with {@code input} as standard input. */
    public static Run withInput(byte[] input, String... arguments) {
        return conversation(false, new ByteArrayInputStream(input), arguments);
    }

    /** Runs as if a person sat in front of it, or not. */
    public static Run conversation(boolean person, InputStream input, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Streams streams = new Streams(input, print(out), print(err), person, person);
        int exitCode = Main.run(arguments, streams, new Interruption(streams.err()));
        return new Run(exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** The bytes of a text. */
    public static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static PrintStream print(ByteArrayOutputStream target) {
        return new PrintStream(target, true, StandardCharsets.UTF_8);
    }
}
