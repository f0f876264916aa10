package io.tideline.cli.bench;

import io.tideline.cli.console.Failure;

/**
 * One line that a contestant answered.
 *
 * @param contestant who answered
 * @param text what stands behind {@code ok}
 */
record Reply(String contestant, String text) {

    private static final String DONE = "ok";
    private static final String FAILED = "failed";

    /** Reads the line, and turns a refusal into a {@link Failure} with the contestant's sentence. */
    static Reply parse(String contestant, String line) {
        if (line.equals(DONE) || line.startsWith(DONE + " ")) {
            return new Reply(contestant, line.substring(DONE.length()).trim());
        }
        if (line.startsWith(FAILED + " ")) {
            throw new Failure("The contestant " + contestant + " cannot go on: " + line.substring(FAILED.length() + 1));
        }
        throw new Failure("The contestant " + contestant + " answered '" + line + "', which is neither '" + DONE + " …' nor '" + FAILED
                + " …'.");
    }

    /** The number behind {@code name=}, {@link Throughput#UNKNOWN} where it is not named. */
    long numberIfKnown(String name) {
        return (" " + text).contains(" " + name + "=") ? number(name) : Throughput.UNKNOWN;
    }

    /** The number behind {@code name=}. */
    long number(String name) {
        String word = word(name);
        try {
            return Long.parseLong(word);
        } catch (NumberFormatException wrong) {
            throw new Failure("The contestant " + contestant + " answered " + name + "=" + word + ", which is not a number.", wrong);
        }
    }

    /** The word behind {@code name=}, which may be empty. */
    String word(String name) {
        for (String word : text.split(" ")) {
            if (word.startsWith(name + "=")) {
                return word.substring(name.length() + 1);
            }
        }
        throw new Failure("The contestant " + contestant + " answered '" + text + "' without " + name + "=.");
    }
}
