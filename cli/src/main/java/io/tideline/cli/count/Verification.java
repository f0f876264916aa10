package io.tideline.cli.count;

import io.tideline.cli.console.Interruption;
import io.tideline.cli.console.ProgressBar;
import io.tideline.core.Store;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
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

    private final int gramLength;
    private final Interruption interruption;
    private final ProgressBar bar;
    private final Map<String, Long> counts = new HashMap<>();
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

    /** Compares in both directions: every token of the map must be in the store, every entry of the store in the map, the counts equal. */
    List<Difference> differencesFrom(Store store) {
        Map<String, Long> scanned = HashMap.newHashMap(counts.size());
        StoredCounts.forEach(store, (key, count) -> scanned.merge(text(key.toArray()), count, Long::sum));
        List<Difference> differences = new ArrayList<>();
        counts.forEach((token, inMap) -> compare(store, token, scanned.getOrDefault(token, 0L), inMap, differences));
        scanned.forEach((token, count) -> {
            if (!counts.containsKey(token)) {
                compare(store, token, count, 0, differences);
            }
        });
        differences.sort(Comparator.comparing(Difference::token, Arrays::compareUnsigned));
        return differences;
    }

    private static void compare(Store store, String token, long scanned, long inMap, List<Difference> differences) {
        byte[] key = token.getBytes(StandardCharsets.ISO_8859_1);
        long read = StoredCounts.read(store, key);
        if (read != inMap || scanned != inMap) {
            differences.add(new Difference(key, read, scanned, inMap));
        }
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
            counts.merge(String.join(" ", lastTokens), 1L, Long::sum);
            lastTokens.removeFirst();
            tokens++;
            if (tokens % TOKENS_BETWEEN_CHECKS == 0) {
                interruption.check();
                bar.show(sizeDone, tokens);
            }
        }
    }
}
