package io.tideline.cli.bench.contestant;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Function;

/** Reads commands, one a line, and answers each with one line, until {@code quit} or the end of the input. */
final class LineLoop {

    /** Does the commands. */
    interface Answers extends AutoCloseable {

        /** What stands behind {@code ok}; what is thrown ends the loop, and its text stands behind {@code failed}. */
        String answer(String line) throws InterruptedException;

        @Override
        void close();
    }

    private LineLoop() {
    }

    /** The main method of every contestant: serves the standard streams, and ends the process with an exit code. */
    static void main(String[] arguments, Function<List<String>, Answers> opener) {
        PrintStream out = System.out;
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        System.exit(serve(arguments, opener, in, out) ? 0 : 2);
    }

    static boolean serve(String[] arguments, Function<List<String>, Answers> opener, BufferedReader in, PrintStream out) {
        try {
            serve(opener.apply(List.of(arguments)), in, out);
            return true;
        } catch (InterruptedException | IOException | RuntimeException | Error failed) {
            failed.printStackTrace(System.err);
            out.println("failed " + String.valueOf(failed).lines().findFirst().orElse(""));
            out.flush();
            return false;
        }
    }

    /** Closes the answers at the end. */
    static void serve(Answers answers, BufferedReader in, PrintStream out) throws IOException, InterruptedException {
        try (answers) {
            for (String line = in.readLine(); line != null && !line.equals("quit"); line = in.readLine()) {
                out.println("ok " + answers.answer(line));
                out.flush();
            }
        }
    }

    /** The number of seconds behind a command, in nanoseconds. */
    static long nanos(String line) {
        String[] words = line.split(" ");
        double seconds = words.length == 2 ? Double.parseDouble(words[1]) : 0;
        if (!(seconds > 0)) {
            throw new IllegalArgumentException("'" + line + "' does not say how many seconds");
        }
        return (long) (seconds * 1e9);
    }
}
