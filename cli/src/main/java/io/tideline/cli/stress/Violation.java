package io.tideline.cli.stress;

/** A promise that the store did not keep, as one sentence. */
final class Violation extends RuntimeException {

    private static final long serialVersionUID = 1L;

    Violation(String sentence) {
        super(sentence);
    }

    Violation(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
