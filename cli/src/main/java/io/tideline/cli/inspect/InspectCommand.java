package io.tideline.cli.inspect;

import io.tideline.cli.console.ExitCode;
import io.tideline.cli.console.Interruption;
import io.tideline.cli.console.JsonFile;
import io.tideline.cli.console.Streams;
import io.tideline.core.StoreAudit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tideline inspect}: shows what a store's directory holds. */
@Command(
        name = "inspect",
        header = "Show what the directory of a store holds.",
        description = {
            "",
            "Reads the directory of a store that nobody has open, and changes nothing. Shows what the store is, its files, its"
                    + " newest checkpoint with its sessions and how many operations of each it holds, from where to where its log goes, and what in it is live (the newest record of a key), dead (replaced or deleted by a newer"
                    + " one), a mark of deletion, or no record at all.",
            "",
            "It reads the whole log for that and checks it on the way, as tideline verify does. Keys are told apart by 64 bits of their"
                    + " hash. It takes about 40 bytes of Java heap a key.",
            ""
        },
        parameterListHeading = "%nWhat to look at:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  tideline inspect words                     for people",
            "  tideline inspect words --json words.json   for programs",
            "",
            "Exit codes: 0 nothing is damaged; 1 something is; 2 not a store, or in use;",
            "130 after Ctrl-C."
        })
public final class InspectCommand implements Callable<Integer> {

    private final Streams streams;
    private final Interruption interruption;

    @Option(names = "--json", paramLabel = "FILE",
            description = "Also write what was found to FILE as JSON, whole or not at all.")
    private String json;

    @Option(names = {"-q", "--quiet"}, description = "Show no progress.")
    private boolean quiet;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help.")
    private boolean help;

    @Parameters(paramLabel = "DIR", description = "The directory of the store.")
    private String directory;

    /** @param interruption asked often whether to stop */
    public InspectCommand(Streams streams, Interruption interruption) {
        this.streams = streams;
        this.interruption = interruption;
    }

    @Override
    public Integer call() {
        JsonFile jsonFile = json == null ? null : JsonFile.outside(Audit.path(directory), json);
        List<String> damages = new ArrayList<>();
        StoreAudit.Report report = Audit.run(directory, "inspecting", true, streams, quiet, interruption, damages::add);
        Inspection inspection = new Inspection(report, damages);
        interruption.publish(() -> {
            inspection.print(streams.out());
            streams.out().flush();
            if (jsonFile != null) {
                jsonFile.write(inspection.toJson());
            }
        });
        return report.isSound() ? ExitCode.DONE : ExitCode.WRONG;
    }
}
