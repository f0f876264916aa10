package io.tideline.cli.shell;

/** Why a line cannot be done, as the sentence its writer reads; nothing has happened to the store. */
final class WrongLine extends RuntimeException {

    private static final long serialVersionUID = 1L;

    WrongLine(String sentence) {
        super(sentence, null, false, false);
    }
}
