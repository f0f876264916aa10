package io.tideline.cli.inspect;

import io.tideline.checkpoint.Manifest;
import io.tideline.cli.console.ByteSize;
import io.tideline.cli.console.ExitCode;
import io.tideline.cli.console.Interruption;
import io.tideline.cli.console.Streams;
import io.tideline.core.StoreAudit;
import java.io.PrintStream;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tideline verify}: checks every byte of a store's files. */
@Command(
        name = "verify",
        header = "Check the files of a store, every byte of them.",
        description = {
            "",
            "Reads the directory of a store that nobody has open, and changes nothing. Every record carries a checksum, and so do the"
                    + " manifests, the images of the index, and the small files beside the log; each thing that is not as it was written is one line with its file, the offset in"
                    + " it, what was expected and what was found.",
            "",
            "A checkpoint says how far its log goes, and a store that was closed ends with one, so nothing in front of that can be missing"
                    + " unnoticed. Behind the last checkpoint of a store whose process was killed, what nobody can know is said; and where there never"
                    + " was a checkpoint, that an opening would begin empty.",
            ""
        },
        parameterListHeading = "%nWhat to check:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  tideline count --dir words book.txt    makes a store in the directory words",
            "  tideline verify words                  checks it",
            "",
            "Exit codes: 0 nothing is damaged; 1 something is; 2 not a store, or in use;",
            "130 after Ctrl-C."
        })
public final class VerifyCommand implements Callable<Integer> {

    private final Streams streams;
    private final Interruption interruption;

    @Option(names = {"-q", "--quiet"}, description = "Show no progress.")
    private boolean quiet;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help.")
    private boolean help;

    @Parameters(paramLabel = "DIR", description = "The directory of the store.")
    private String directory;

    /** @param interruption asked often whether to stop */
    public VerifyCommand(Streams streams, Interruption interruption) {
        this.streams = streams;
        this.interruption = interruption;
    }

    @Override
    public Integer call() {
        PrintStream out = streams.out();
        StoreAudit.Report report = Audit.run(directory, "verifying", false, streams, quiet, interruption, out::println);
        interruption.publish(() -> {
            print(report);
            out.flush();
        });
        return report.isSound() ? ExitCode.DONE : ExitCode.WRONG;
    }

    private void print(StoreAudit.Report report) {
        PrintStream out = streams.out();
        if (!report.isSound()) {
            out.println("DAMAGED: " + report.damages() + (report.damages() == 1 ? " place is" : " places are") + " not as written, listed above"
                    + (report.identity() == null ? "; without the identity nothing else can be checked." : "."));
        }
        if (report.identity() == null) {
            return;
        }
        String log = ByteSize.describe(report.end() - report.begin()) + " of log, addresses " + report.begin() + " to " + report.end() + ", in "
                + report.segments().size() + (report.segments().size() == 1 ? " file" : " files");
        if (report.closed() != null) {
            out.println((report.isSound() ? "sound: every byte is as it was written; " : "") + log + "; closed cleanly.");
            return;
        }
        out.println((report.isSound() ? "not closed, and nothing is known to be damaged; " : "not closed; ") + log
                + (report.checkpoints().isEmpty() ? "" : "; whole up to " + report.settledEnd() + ", where " + describe(report.checkpoints().getFirst())) + ".");
        report.unknown().forEach(range -> out.println(Audit.describe(range)));
        if (report.beginsEmpty()) {
            out.println("no checkpoint: an opening would " + Audit.describeBeginning(report) + ".");
        }
    }

    private static String describe(Manifest newest) {
        String ends = "checkpoint " + newest.generation() + " ends";
        return newest.snapshot().map(snapshot -> StoreAudit.snapshotFile(snapshot) + " goes on up to " + snapshot.end() + ", where " + ends).orElse(ends);
    }
}
