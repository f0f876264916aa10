package io.tideline.cli.count;

import io.tideline.cli.console.ByteText;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a count found.
 *
 * @param total how many tokens, or n-grams, the input has
 * @param resumedFrom how many of them earlier runs counted; null where nothing is kept for a later one
 * @param stored what the store holds, whose sum must be the same number
 * @param seconds how long the counting took, without a verification
 * @param storage what the store takes
 * @param differences what the verification found wrong, null if there was none
 */
record CountResult(long total, Long resumedFrom, StoredTotals stored, double seconds, Storage storage, List<Verification.Difference> differences) {

    private static final int DIFFERENCES_SHOWN = 20;

    /** Whether nothing was found wrong, as far as it was looked for. */
    boolean isRight() {
        return stored.sum() == total && (differences == null || differences.isEmpty());
    }

    void print(PrintStream out) {
        if (!stored.top().isEmpty()) {
            out.printf(Locale.ROOT, "%12s  %s%n", "count", "token");
            for (TokenCount entry : stored.top()) {
                out.printf(Locale.ROOT, "%12d  %s%n", entry.count(), ByteText.visible(entry.token()));
            }
            out.println();
        }
        out.printf(Locale.ROOT, "%-9s %d%n", "total", total);
        out.printf(Locale.ROOT, "%-9s %d%n", "distinct", stored.distinct());
        if (resumedFrom != null && resumedFrom > 0) {
            out.printf(Locale.ROOT, "%-9s from %d tokens that earlier runs counted%n", "resumed", resumedFrom);
        }
        long counted = total - (resumedFrom == null ? 0 : resumedFrom);
        out.printf(Locale.ROOT, "%-9s %.3f (%.0f tokens a second)%n", "seconds", seconds, seconds > 0 ? counted / seconds : 0.0);
        storage.print(out, stored.liveBytes());
        printVerified(out);
    }

    private void printVerified(PrintStream out) {
        if (stored.sum() != total) {
            out.printf(Locale.ROOT, "WRONG: the input has %d tokens, but the counts in the store add up to %d.%n", total, stored.sum());
        }
        if (differences == null) {
            return;
        }
        if (differences.isEmpty()) {
            out.printf(Locale.ROOT, "%-9s yes: all %d counts are equal to those of a plain heap map%n", "verified", stored.distinct());
            return;
        }
        out.printf(Locale.ROOT, "%-9s NO: %d counts differ from those of a plain heap map%n", "verified", differences.size());
        differences.stream().limit(DIFFERENCES_SHOWN).forEach(difference -> out.printf(Locale.ROOT,
                "  %s: the store reads %d, its scan says %d, the map has %d%n",
                ByteText.visible(difference.token()), difference.read(), difference.scanned(), difference.inMap()));
        if (differences.size() > DIFFERENCES_SHOWN) {
            out.printf(Locale.ROOT, "  and %d more%n", differences.size() - DIFFERENCES_SHOWN);
        }
        out.println("If the input did not change between the two readings, the store is wrong; please report it.");
    }

    /** The result as the object of {@code --json}. */
    Map<String, Object> toJson() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("total", total);
        fields.put("distinct", stored.distinct());
        fields.put("seconds", seconds);
        fields.put("resumedFrom", resumedFrom);
        fields.put("verified", differences == null ? null : isRight());
        fields.put("top", stored.top().stream().map(CountResult::toJson).toList());
        fields.put("liveBytes", stored.liveBytes());
        storage.addTo(fields);
        return fields;
    }

    private static Map<String, Object> toJson(TokenCount entry) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("token", ByteText.exact(entry.token()));
        fields.put("count", entry.count());
        return fields;
    }
}
