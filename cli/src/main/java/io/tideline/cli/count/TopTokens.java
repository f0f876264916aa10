package io.tideline.cli.count;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * The tokens that came most often, at most a given number of them. The order never depends on how they were found: higher counts first,
 * equal counts by the bytes of the token, unsigned and ascending.
 */
final class TopTokens {

    private static final Comparator<TokenCount> BEST_FIRST = Comparator.comparingLong(TokenCount::count).reversed()
            .thenComparing(TokenCount::token, Arrays::compareUnsigned);

    private final int limit;
    private final PriorityQueue<TokenCount> worstFirst = new PriorityQueue<>(BEST_FIRST.reversed());

    TopTokens(int limit) {
        this.limit = limit;
    }

    /** Whether a token of this count may be among the top; asked before its bytes are copied. */
    boolean mayTake(long count) {
        return worstFirst.size() < limit || limit > 0 && count >= worstFirst.element().count();
    }

    void offer(byte[] token, long count) {
        worstFirst.add(new TokenCount(token, count));
        if (worstFirst.size() > limit) {
            worstFirst.remove();
        }
    }

    List<TokenCount> bestFirst() {
        List<TokenCount> tokens = new ArrayList<>(worstFirst);
        tokens.sort(BEST_FIRST);
        return tokens;
    }
}
