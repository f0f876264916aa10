package io.tideline.cli.console;

/** The exit codes of every command, the same for all of them so that a script need not know which one it runs. */
public final class ExitCode {

    /** The command did its work and everything it checked is true. */
    public static final int DONE = 0;

    /** The command ran and found something wrong: a wrong count, damage, a violated promise. */
    public static final int WRONG = 1;

    /** The command was used wrongly or could not run; one sentence on the standard error says why. */
    public static final int COULD_NOT_RUN = 2;

    /** The command ran and cannot tell. */
    public static final int INCONCLUSIVE = 3;

    /** The command was stopped by Ctrl-C. */
    public static final int INTERRUPTED = 130;

    /** The command was stopped by a SIGTERM. */
    public static final int TERMINATED = 143;

    private ExitCode() {
    }
}
