package io.tideline.cli.count;

import io.tideline.cli.console.Interruption;
import io.tideline.cli.console.ProgressBar;
import io.tideline.core.Store;
import io.tideline.hlog.RecordLayout;
import java.util.List;

/**
 * What one walk over all counts in a store finds.
 *
 * @param distinct how many there are
 * @param sum what they add up to
 * @param liveBytes what their newest records take in the log
 * @param top the greatest ones
 */
record StoredTotals(long distinct, long sum, long liveBytes, List<TokenCount> top) {

    private static final int ENTRIES_BETWEEN_CHECKS = 1 << 12;

    /** Sums up while walking; one thread's. */
    private static final class Sums {
        private long entries;
        private long sum;
        private long liveBytes;
    }

    /**
     * Walks once.
     *
     * @param verification shown every entry, or null
     */
    static StoredTotals of(Store store, int topLimit, Verification verification, Interruption interruption, ProgressBar bar) {
        TopTokens top = new TopTokens(topLimit);
        Sums sums = new Sums();
        StoredCounts.forEach(store, (token, count) -> {
            sums.entries++;
            sums.sum += count;
            sums.liveBytes += RecordLayout.sizeBytes(token.length(), Long.BYTES);
            if (top.mayTake(count)) {
                top.offer(token.toArray(), count);
            }
            if (verification != null) {
                verification.scanned(token, count);
            }
            if (sums.entries % ENTRIES_BETWEEN_CHECKS == 0) {
                interruption.check();
                bar.show(sums.entries, sums.entries);
            }
        });
        bar.finish(sums.entries);
        return new StoredTotals(sums.entries, sums.sum, sums.liveBytes, top.bestFirst());
    }
}
