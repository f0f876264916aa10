package io.tideline.cli.count;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TopTokensTest {

    @Test
    void shouldOrderByCountThenByUnsignedBytes() {
        TopTokens top = new TopTokens(10);
        offer(top, "a", 1);
        offer(top, "é", 2);
        offer(top, "z", 2);
        offer(top, "ab", 2);
        offer(top, "b", 3);
        assertEquals(List.of("b 3", "ab 2", "z 2", "é 2", "a 1"), listed(top));
    }

    @Test
    void shouldKeepTheSameTokensInWhateverOrderTheyCome() {
        long seed = System.nanoTime();
        System.out.println("shouldKeepTheSameTokensInWhateverOrderTheyCome: seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            List<TokenCount> all = new ArrayList<>();
            int size = random.nextInt(60);
            for (int i = 0; i < size; i++) {
                all.add(new TokenCount(Integer.toString(i).getBytes(StandardCharsets.ISO_8859_1), random.nextInt(8)));
            }
            Collections.shuffle(all, random);
            int limit = random.nextInt(20);
            TopTokens top = new TopTokens(limit);
            for (TokenCount token : all) {
                if (top.mayTake(token.count())) {
                    top.offer(token.token(), token.count());
                }
            }
            all.sort(Comparator.comparing((TokenCount token) -> -token.count()).thenComparing(token -> text(token.token())));
            assertEquals(all.stream().limit(limit).map(TopTokensTest::listed).toList(), listed(top), "round " + round);
        }
    }

    @Test
    void shouldTakeNothingIfNothingIsWanted() {
        assertFalse(new TopTokens(0).mayTake(Long.MAX_VALUE));
    }

    private static void offer(TopTokens top, String token, long count) {
        top.offer(token.getBytes(StandardCharsets.UTF_8), count);
    }

    private static List<String> listed(TopTokens top) {
        return top.bestFirst().stream().map(TopTokensTest::listed).toList();
    }

    private static String listed(TokenCount token) {
        return text(token.token()) + " " + token.count();
    }

    private static String text(byte[] token) {
        return new String(token, StandardCharsets.UTF_8);
    }
}
