package io.tideline.cli.count;

import io.tideline.cli.console.Failure;
import io.tideline.core.CommitPoint;
import io.tideline.core.StoreAudit;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;

/** What an earlier run left in the directory of {@code --dir}, looked at without touching it. */
final class EarlierCount {

    private static final String IDENTITY = "IDENTITY";

    private EarlierCount() {
    }

    /** Whether a store is in the directory, whoever made it; also where a link stands for its identity, which whoever opens it refuses. */
    static boolean isStore(Path directory) {
        return Files.exists(directory.resolve(IDENTITY), LinkOption.NOFOLLOW_LINKS);
    }

    /**
     * What the store there says of the count that it is of; empty if nothing was committed and it is empty, so that nothing is lost by starting anew.
     *
     * @throws Failure if it is of something else than is to be counted now, naming the difference
     */
    static Optional<CountNote> in(Path directory, int gramLength, InputFingerprint input) {
        Optional<CommitPoint> commit;
        try (StoreAudit audit = StoreAudit.of(directory)) {
            commit = audit.lastCommit();
            if (commit.isEmpty()) {
                requireNothing(directory, audit);
                return Optional.empty();
            }
        }
        CountNote note = CountNote.of(commit.get().cookie()).orElseThrow(() -> refusal(directory, "the store in it was not made by this command"));
        if (note.stage() == CountNote.Stage.BROKEN) {
            throw refusal(directory, "the count in it cannot go on, because an update of its store failed");
        }
        if (note.gramLength() != gramLength) {
            throw refusal(directory, "the count in it is of --ngram " + note.gramLength() + ", and this one is of --ngram " + gramLength);
        }
        if (note.input().flowsBy() || input.flowsBy()) {
            throw refusal(directory, "the directory is not empty, and a count of the standard input or a pipe cannot go on, because that cannot be read from its"
                    + " beginning again");
        }
        if (!note.input().equals(input)) {
            boolean looksTheSame = note.input().toString().equals(input.toString());
            throw refusal(directory, "the count in it is of other input: " + note.input() + " then, " + (looksTheSame
                    ? "as many now, but the path of one, or the time of its last change, is another" : input + " now"));
        }
        return Optional.of(note);
    }

    /** Before its first commit a count has written no record. */
    private static void requireNothing(Path directory, StoreAudit audit) {
        if (audit.hasRecordsWithoutCheckpoint()) {
            throw refusal(directory, "the store in it has no checkpoint, and holds records: it was not made by this command, or somebody removed its checkpoints");
        }
    }

    private static Failure refusal(Path directory, String difference) {
        return new Failure("--dir " + directory + ": " + difference + "; nothing of it was touched. Name another directory.");
    }
}
