package io.tideline.cli.count;

import io.tideline.cli.console.Interruption;
import io.tideline.cli.console.ProgressBar;
import io.tideline.core.Completion;
import io.tideline.core.Session;
import io.tideline.core.Store;
import io.tideline.core.ValueView;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A second count of the same input into a plain {@link HashMap}, by one thread and in the most obvious way, to hold against the store.
 * It shares no code with the first count but the reading of files: what it has in common it could not find wrong.
 *
 * <p>A token is kept as a {@link String} with one character a byte, so that nothing is lost whatever the bytes mean.
 */
final class Verification {

    private static final int READ_BUFFER_BYTES = 1 << 16;
    private static final int TOKENS_BETWEEN_CHECKS = 1 << 14;

    /**
     * A token on whose count not all agree; 0 stands for a token that is not known.
     *
     * @param read what a read of the store finds
     * @param scanned what a scan over all entries of the store finds
     * @param inMap what the map has
     */
    record Difference(byte[] token, long read, long scanned, long inMap) {
    }

    /** What each of the three ways says of one token. */
    private static final class Tally {
        private long inMap;
        private long scanned;
        private long read;

        boolean isRight() {
            return scanned == inMap && read == inMap;
        }
    }

    private final int gramLength;
    private final Interruption interruption;
    private final ProgressBar bar;
    private final Map<String, Tally> counts = new HashMap<>();
    private long tokens;
    private long sizeDone;

    Verification(int gramLength, Interruption interruption, ProgressBar bar) {
        this.gramLength = gramLength;
        this.interruption = interruption;
        this.bar = bar;
    }

    /** Counts all inputs, which were read once before. */
    void count(Inputs inputs) {
        inputs.forEachUnit(Long.MAX_VALUE, unit -> unit.read(this::countDocument, size -> sizeDone += size));
    }

    /** How many tokens, or n-grams, were counted. */
    long tokens() {
        return tokens;
    }

    /** Takes an entry that a scan over the store shows. */
    void scanned(ValueView token, long count) {
        tally(text(token.toArray())).scanned += count;
    }

    private Tally tally(String token) {
        return counts.computeIfAbsent(token, _ -> new Tally());
    }

    /** How many tokens the map or the scan found. */
    long distinct() {
        return counts.size();
    }

    /**
     * Compares in both directions, after a scan: every token of the map must be in the store, every entry of the store in the map, the counts
     * equal. Reads every token from the store, many at a time, because some are on disk.
     *
     * @param reads shows how far the reads have come
     */
    List<Difference> differences(Store store, ProgressBar reads) {
        List<Map.Entry<String, Tally>> tokensInOrder = List.copyOf(counts.entrySet());
        Completion take = (index, status, value) -> tokensInOrder.get((int) index).getValue().read = StoredCounts.read(status, value);
        try (Session session = store.openSession()) {
            for (int i = 0; i < tokensInOrder.size(); i++) {
                byte[] key = bytes(tokensInOrder.get(i).getKey());
                session.submitGet(key, 0, key.length, i, take);
                if (i % TOKENS_BETWEEN_CHECKS == 0) {
                    interruption.check();
                    reads.show(i, i);
                }
            }
            session.completePending(true);
        }
        return counts.entrySet().stream().filter(entry -> !entry.getValue().isRight())
                .map(entry -> difference(bytes(entry.getKey()), entry.getValue()))
                .sorted(Comparator.comparing(Difference::token, Arrays::compareUnsigned)).toList();
    }

    private static Difference difference(byte[] token, Tally tally) {
        return new Difference(token, tally.read, tally.scanned, tally.inMap);
    }

    private static byte[] bytes(String token) {
        return token.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String text(byte[] token) {
        return new String(token, StandardCharsets.ISO_8859_1);
    }

    private void countDocument(Document document) throws IOException {
        interruption.check();
        InputStream bytes = new BufferedInputStream(document.bytes(), READ_BUFFER_BYTES);
        Deque<String> lastTokens = new ArrayDeque<>();
        StringBuilder token = new StringBuilder();
        int value;
        do {
            value = bytes.read();
            if (value == '_' || value >= 0x80 || value >= 0 && Character.isLetterOrDigit(value)) {
                token.append((char) value);
            } else if (!token.isEmpty()) {
                countToken(token.toString(), lastTokens);
                token.setLength(0);
            }
        } while (value >= 0);
    }

    private void countToken(String token, Deque<String> lastTokens) {
        lastTokens.addLast(token);
        if (lastTokens.size() == gramLength) {
            tally(String.join(" ", lastTokens)).inMap++;
            lastTokens.removeFirst();
            tokens++;
            if (tokens % TOKENS_BETWEEN_CHECKS == 0) {
                interruption.check();
                bar.show(sizeDone, tokens);
            }
        }
    }
}
