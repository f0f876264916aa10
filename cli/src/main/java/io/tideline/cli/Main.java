package io.tideline.cli;

import io.tideline.cli.bench.BenchCommand;
import io.tideline.cli.console.ByteSize;
import io.tideline.cli.console.ExitCode;
import io.tideline.cli.console.Failure;
import io.tideline.cli.console.Interruption;
import io.tideline.cli.console.Streams;
import io.tideline.cli.count.CountCommand;
import io.tideline.cli.inspect.CheckpointCommand;
import io.tideline.cli.inspect.InspectCommand;
import io.tideline.cli.inspect.VerifyCommand;
import io.tideline.cli.shell.ShellCommand;
import io.tideline.cli.stress.StressCommand;
import io.tideline.fault.StoreFault;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IFactory;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The program {@code tideline}: finds the command that is meant, runs it, and turns every end into an exit code and at most one sentence.
 * Nobody ever sees a stack trace.
 */
@Command(
        name = "tideline",
        header = "Tideline, a fast concurrent hash store, from the command line.",
        description = "%nCount words with it, measure it, try it by hand, or look at its files.",
        synopsisSubcommandLabel = "COMMAND",
        versionProvider = Version.class,
        optionListHeading = "%nOptions:%n",
        commandListHeading = "%nCommands:%n",
        subcommands = {CountCommand.class, BenchCommand.class, ShellCommand.class, VerifyCommand.class,
            InspectCommand.class, CheckpointCommand.class, StressCommand.class, HelpCommand.class},
        footerHeading = "%nExamples:%n",
        footer = {
            "  tideline count             count the words of the JDK's own sources",
            "  tideline count book.txt    count the words of a file",
            "  tideline help count        all about counting",
            "  tideline bench             measure the store",
            "  tideline shell             put and get by hand",
            "  tideline verify DIR        check the files of a store",
            "  tideline inspect DIR       show what they hold",
            "  tideline checkpoint DIR    recover a store and take a checkpoint",
            "  tideline stress --kill 40  kill a process that uses one, and check what comes back",
            "",
            "Sizes are written 64m or 1g (binary), durations 300ms, 2s or 5m.",
            "",
            "Exit codes of every command: 0 done and true; 1 found something wrong;",
            "2 wrong use or could not run; 3 cannot tell; 130 after Ctrl-C."
        })
public final class Main implements Runnable {

    private static final int HELP_COLUMNS = 90;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help.")
    private boolean help;

    @Option(names = {"-V", "--version"}, versionHelp = true, description = "Show the version.")
    private boolean version;

    private Main() {
    }

    public static void main(String[] arguments) {
        Streams streams = Streams.ofProcess();
        Interruption interruption = new Interruption(streams.err());
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            interruption.request();
            interruption.awaitCleanUp();
        }, "interruption"));
        int exitCode = run(arguments, streams, interruption);
        interruption.runIsOver();
        System.exit(exitCode);
    }

    /** Runs one command line in this process and returns its exit code; the streams are flushed and left open. */
    public static int run(String[] arguments, Streams streams) {
        return run(arguments, streams, new Interruption(streams.err()));
    }

    /** As {@link #run(String[], Streams)}, and stops soon after {@code interruption} asks for it. */
    public static int run(String[] arguments, Streams streams, Interruption interruption) {
        int exitCode;
        try {
            exitCode = commandLine(streams, interruption).execute(arguments);
        } catch (Throwable unexpected) {
            exitCode = explain(unexpected, streams);
        }
        if (streams.out().checkError() && exitCode == ExitCode.DONE) {
            streams.err().println("tideline: the standard output could not be written to its end; it is closed, or the disk is full.");
            exitCode = ExitCode.COULD_NOT_RUN;
        }
        streams.err().flush();
        return exitCode;
    }

    /** Reached only without a command. */
    @Override
    public void run() {
        throw new Failure("Name a command, such as tideline count; tideline --help shows all of them.");
    }

    private static CommandLine commandLine(Streams streams, Interruption interruption) {
        CommandLine.Help.Ansi ansi = streams.conversational() ? CommandLine.Help.Ansi.ON : CommandLine.Help.Ansi.OFF;
        return new CommandLine(new Main(), factory(streams, interruption))
                .setOut(new PrintWriter(streams.out(), true))
                .setErr(new PrintWriter(streams.err(), true))
                .setColorScheme(CommandLine.Help.defaultColorScheme(ansi))
                .setUsageHelpWidth(HELP_COLUMNS)
                .setExpandAtFiles(false)
                .setParameterExceptionHandler((wrongUse, arguments) -> explainWrongUse(wrongUse, streams))
                .setExecutionExceptionHandler((wrong, commandLine, result) -> explain(wrong, streams));
    }

    private static IFactory factory(Streams streams, Interruption interruption) {
        return new IFactory() {
            @Override
            public <K> K create(Class<K> type) throws Exception {
                if (type == CountCommand.class) {
                    return type.cast(new CountCommand(streams, interruption));
                }
                if (type == BenchCommand.class) {
                    return type.cast(new BenchCommand(streams, interruption));
                }
                if (type == VerifyCommand.class) {
                    return type.cast(new VerifyCommand(streams, interruption));
                }
                if (type == InspectCommand.class) {
                    return type.cast(new InspectCommand(streams, interruption));
                }
                if (type == CheckpointCommand.class) {
                    return type.cast(new CheckpointCommand(streams, interruption));
                }
                if (type == ShellCommand.class) {
                    return type.cast(new ShellCommand(streams, interruption));
                }
                if (type == StressCommand.class) {
                    return type.cast(new StressCommand(streams, interruption));
                }
                return CommandLine.defaultFactory().create(type);
            }
        };
    }

    private static int explainWrongUse(ParameterException wrongUse, Streams streams) {
        CommandLine command = wrongUse.getCommandLine();
        String sentence = wrongUse.getMessage();
        if (wrongUse instanceof UnmatchedArgumentException unmatched && command.getParent() == null
                && !unmatched.getUnmatched().isEmpty() && !unmatched.getUnmatched().getFirst().startsWith("-")) {
            sentence = "There is no command '" + unmatched.getUnmatched().getFirst() + "'";
        }
        say(streams, sentence.strip().replaceAll("\\s*\\R\\s*", " ").replaceAll("\\.$", "") + "; see " + command.getCommandSpec().qualifiedName() + " --help.");
        return ExitCode.COULD_NOT_RUN;
    }

    private static int explain(Throwable wrong, Streams streams) {
        return switch (wrong) {
            case Interruption.Stopped _ -> ExitCode.INTERRUPTED;
            case Failure failure -> couldNotRun(streams, failure.getMessage());
            case StoreFault fault -> couldNotRun(streams, fault.getMessage());
            case OutOfMemoryError _ -> couldNotRun(streams, "The Java heap of " + ByteSize.describe(Runtime.getRuntime().maxMemory())
                    + " is full; start with a larger one, such as TIDELINE_JAVA_OPTS=-Xmx8g, or with less to do.");
            default -> couldNotRun(streams, "This is a mistake in tideline, please report it: " + wrong + origin(wrong) + ".");
        };
    }

    private static String origin(Throwable wrong) {
        return wrong.getStackTrace().length == 0 ? "" : " at " + wrong.getStackTrace()[0];
    }

    private static int couldNotRun(Streams streams, String sentence) {
        say(streams, sentence);
        return ExitCode.COULD_NOT_RUN;
    }

    private static void say(Streams streams, String sentence) {
        streams.out().flush();
        streams.err().println("tideline: " + sentence);
    }
}
