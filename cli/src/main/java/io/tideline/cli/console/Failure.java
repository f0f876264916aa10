package io.tideline.cli.console;

/**
 * Why a command cannot run or go on, as the one sentence its user reads: it names the value or the file and what to do about it. The
 * command ends with {@link ExitCode#COULD_NOT_RUN}.
 */
public final class Failure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public Failure(String sentence) {
        super(sentence);
    }

    public Failure(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
