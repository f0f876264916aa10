package io.tideline.cli.bench.timeline;

import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

/**
 * Something that was done to the store beside the operations of a run: a checkpoint, or a shift of what is read-only.
 *
 * @param startNanos when it began, from the start of the run on
 * @param endNanos when it was done, and all its bytes written; may lie behind the end of the run
 * @param logBytes of the log that were written to the device meanwhile
 * @param imageBytes of the image of the index that belongs to it; 0 for none
 */
public record Cut(long startNanos, long endNanos, long logBytes, long imageBytes) {

    /** Reads what {@link #toText} wrote. */
    public static List<Cut> parse(String text) {
        List<Cut> cuts = new ArrayList<>();
        for (String word : text.isEmpty() ? new String[0] : text.split(",")) {
            String[] numbers = word.split(":");
            cuts.add(new Cut(Long.parseLong(numbers[0]), Long.parseLong(numbers[1]), Long.parseLong(numbers[2]), Long.parseLong(numbers[3])));
        }
        return cuts;
    }

    /** All of them in one word. */
    public static String toText(List<Cut> cuts) {
        StringJoiner text = new StringJoiner(",");
        cuts.forEach(cut -> text.add(cut.startNanos + ":" + cut.endNanos + ":" + cut.logBytes + ":" + cut.imageBytes));
        return text.toString();
    }

    public boolean hasImage() {
        return imageBytes > 0;
    }

    public long nanos() {
        return endNanos - startNanos;
    }
}
