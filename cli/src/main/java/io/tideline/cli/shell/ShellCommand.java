package io.tideline.cli.shell;

import io.tideline.cli.console.ByteSize;
import io.tideline.cli.console.ExitCode;
import io.tideline.cli.console.Failure;
import io.tideline.cli.console.Interruption;
import io.tideline.cli.console.MemoryStore;
import io.tideline.cli.console.Reason;
import io.tideline.cli.console.Streams;
import io.tideline.core.Store;
import io.tideline.fault.FullFault;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code tideline shell}: an empty store in memory and a line-by-line conversation about it. A person is told about a wrong line and
 * goes on; a script ends at its first wrong line.
 */
@Command(
        name = "shell",
        header = "Try a store by hand: get, put, add, del.",
        description = {
            "",
            "Opens an empty store in memory and does what each line says, until exit or the end of the input. It reads from the"
                    + " keyboard, a pipe or a file; a script ends at its first wrong line with exit code 2.",
            "",
            "Commands:",
            ShellStore.HELP
        },
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  tideline shell",
            "  printf 'put greeting \"good morning\"\\nadd visits 1\\nget visits\\n' | tideline shell",
            "",
            "Exit codes: 0 done; 2 wrong use or a wrong line in a script; 130 after Ctrl-C."
        })
public final class ShellCommand implements Callable<Integer> {

    private static final String PROMPT = "tideline> ";

    private final Streams streams;
    private final Interruption interruption;

    @Option(names = "--memory", paramLabel = "SIZE", defaultValue = "64m", converter = ByteSize.Converter.class,
            description = "Memory for keys and values, such as 64m or 1g (default: ${DEFAULT-VALUE}).")
    private ByteSize memory;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help.")
    private boolean help;

    public ShellCommand(Streams streams, Interruption interruption) {
        this.streams = streams;
        this.interruption = interruption;
    }

    @Override
    public Integer call() {
        BufferedReader lines = new BufferedReader(new InputStreamReader(streams.in(), StandardCharsets.UTF_8));
        try (Store store = MemoryStore.open(memory)) {
            if (streams.conversational()) {
                streams.out().println("An empty store of " + memory + " in memory. help lists the commands, exit leaves.");
            }
            converse(lines, new ShellStore(store, streams.out()));
        }
        return ExitCode.DONE;
    }

    private void converse(BufferedReader lines, ShellStore store) {
        for (long number = 1; ; number++) {
            prompt();
            String line = nextLine(lines);
            interruption.check();
            if (line == null) {
                endPromptLine();
                return;
            }
            try {
                List<ShellLine.Word> words = ShellLine.wordsOf(line);
                if (isExit(words)) {
                    return;
                }
                if (!words.isEmpty()) {
                    store.execute(words);
                }
            } catch (WrongLine | IllegalArgumentException wrong) {
                complain(number, wrong.getMessage(), wrong);
            } catch (FullFault full) {
                complain(number, "the store is full: --memory " + memory + " is too little; start again with more", full);
            }
            streams.out().flush();
        }
    }

    private void prompt() {
        if (streams.conversational()) {
            streams.out().print(PROMPT);
            streams.out().flush();
        }
    }

    private void endPromptLine() {
        if (streams.conversational()) {
            streams.out().println();
        }
    }

    private static String nextLine(BufferedReader lines) {
        try {
            return lines.readLine();
        } catch (IOException refused) {
            throw new Failure("Cannot read the standard input: " + Reason.of(refused) + ".", refused);
        }
    }

    private static boolean isExit(List<ShellLine.Word> words) {
        if (words.size() != 1) {
            return false;
        }
        String word = words.get(0).text().toLowerCase(Locale.ROOT);
        return word.equals("exit") || word.equals("quit");
    }

    private void complain(long number, String sentence, RuntimeException cause) {
        if (!streams.conversational()) {
            throw new Failure("Line " + number + ": " + sentence + ".", cause);
        }
        streams.out().println(sentence);
    }
}
