package io.tideline.cli.stress;

import io.tideline.cli.console.ExitCode;
import io.tideline.cli.console.Failure;
import io.tideline.cli.console.Interruption;
import io.tideline.cli.console.JsonFile;
import io.tideline.cli.console.ProgressBar;
import io.tideline.cli.console.Streams;
import io.tideline.cli.console.TemporaryDirectory;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.random.RandomGenerator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code tideline stress}: kills processes that work on a store, and checks what comes back. */
@Command(
        name = "stress",
        header = "Kill a process that works on a store, again and again, and check what comes back.",
        description = {
            "",
            "A process opens a store, lets four named sessions work on it from one to four threads and takes checkpoints meanwhile,"
                    + " and is killed with SIGKILL: at some time, at one of the probe points in the store's code, while it opens"
                    + " the store (a tenth), or while it closes it. The next one opens the same files with another size of memory, device"
                    + " and number of threads, and checks that of every session exactly the operations up to one came back, no fewer than"
                    + " were durable, and that the store is sound. A new store begins every 20 lives.",
            "",
            "A kill leaves what the operating system has in its cache, so this says nothing about a loss of power.",
            ""
        },
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  tideline stress --kill 100              about a minute and a half",
            "  tideline stress --kill 20 --seed 7      the plan of an earlier run again",
            "",
            "The plan depends on the seed alone; at which instruction a kill hits does not. The files of a",
            "violation stay: store is what the last process left, before is what it had found.",
            "",
            "Exit codes: 0 no violation; 1 a violation, with the command that runs its store again;",
            "2 wrong use; 130 after Ctrl-C."
        })
public final class StressCommand implements Callable<Integer> {

    private static final int MOST_KILLS = 1_000_000;
    private static final long MOST_SEED = 1_000_000_000;

    private final Streams streams;
    private final Interruption interruption;

    @Option(names = "--kill", required = true, paramLabel = "N", description = "How often to kill, up to 1000000.")
    private int kills;

    @Option(names = "--seed", paramLabel = "S", description = "What decides the plan, up to 1000000000 (default: another one each time).")
    private Long seed;

    @Option(names = "--dir", paramLabel = "DIR", description = "Where to make the stores, in a folder of their own (default: the system's"
            + " place for temporary files).")
    private String directory;

    @Option(names = "--json", paramLabel = "FILE", description = "Also write the result to FILE as JSON, whole or not at all.")
    private String json;

    @Option(names = {"-q", "--quiet"}, description = "Show no progress.")
    private boolean quiet;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help.")
    private boolean help;

    /** @param interruption asked often whether to stop */
    public StressCommand(Streams streams, Interruption interruption) {
        this.streams = streams;
        this.interruption = interruption;
    }

    @Override
    public Integer call() {
        requireRange("--kill", kills, 1, MOST_KILLS);
        long chosen = seed == null ? RandomGenerator.getDefault().nextLong(1, MOST_SEED) : seed;
        requireRange("--seed", chosen, 1, MOST_SEED);
        JsonFile jsonFile = json == null ? null : JsonFile.at(json);
        KillReport report = new KillReport();
        try (TemporaryDirectory stores = directory == null ? TemporaryDirectory.create(interruption) : TemporaryDirectory.createIn(folder(), interruption);
                ProgressBar bar = new ProgressBar(streams, quiet, System::nanoTime, "killing", "kills", kills)) {
            interruption.beforeMessage(bar::endLine);
            new KillRun(stores.path(), System.getProperty("java.class.path"), report, () -> {
                interruption.check();
                bar.show(report.kills(), report.kills());
            }).run(chosen, kills);
            bar.finish(report.kills());
            if (report.violation() != null) {
                stores.keep();
            }
        }
        interruption.publish(() -> {
            if (jsonFile != null) {
                jsonFile.write(report.toJson(chosen));
            }
            print(report, chosen);
        });
        return report.violation() == null ? ExitCode.DONE : ExitCode.WRONG;
    }

    private void print(KillReport report, long chosen) {
        PrintStream out = streams.out();
        KillReport.Found found = report.violation();
        if (found == null) {
            out.println("no violation; " + report.summary() + "; seed " + chosen + ".");
        } else {
            out.println("VIOLATION in life " + found.life() + " of the store with the seed " + found.seed() + ": " + found.sentence());
            out.println("its files stay in " + found.kept());
            out.println("again: " + found.replay());
        }
        out.flush();
    }

    private Path folder() {
        try {
            Path path = Path.of(directory);
            if (Files.exists(path) && !Files.isDirectory(path)) {
                throw new Failure("--dir " + directory + ": this is not a directory; name one, or one that is not there yet.");
            }
            return path;
        } catch (InvalidPathException wrong) {
            throw new Failure("--dir " + directory + ": this is not a file name: " + wrong.getReason() + ".", wrong);
        }
    }

    private static void requireRange(String option, long value, long least, long most) {
        if (value < least || value > most) {
            throw new Failure(option + " " + value + ": give a number from " + least + " to " + most + ".");
        }
    }
}
