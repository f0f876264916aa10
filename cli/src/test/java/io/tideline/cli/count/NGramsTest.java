package io.tideline.cli.count;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NGramsTest {

    private final List<String> found = new ArrayList<>();

    @Test
    void shouldJoinEveryFewConsecutiveTokensByOneSpace() {
        NGrams grams = grams(3, 1000);
        feed(grams, "to", "be", "or", "not");
        assertEquals(List.of("to be or", "be or not"), found);
        assertEquals(2, grams.heldTokens());
    }

    @Test
    void shouldAddNothingForADocumentWithTooFewTokens() {
        NGrams grams = grams(3, 1000);
        feed(grams, "to", "be");
        grams.endDocument();
        feed(grams, "or", "not");
        assertEquals(List.of(), found);
    }

    @Test
    void shouldFindTheSameAsTheNaiveWayForAnyLength() {
        long seed = System.nanoTime();
        System.out.println("shouldFindTheSameAsTheNaiveWayForAnyLength: seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 500; round++) {
            int gramLength = 1 + random.nextInt(random.nextBoolean() ? 3 : 40);
            NGrams grams = grams(gramLength, 1 << 20);
            Tokenizer tokenizer = new Tokenizer(grams, 1 << 20);
            for (int document = 0; document < 3; document++) {
                byte[] bytes = TokenizerTest.randomDocument(random, random.nextInt(8000));
                found.clear();
                TokenizerTest.feedInPieces(tokenizer, bytes, random);
                tokenizer.endDocument();
                grams.endDocument();
                assertEquals(NaiveWords.grams(bytes, gramLength), found, "round " + round);
            }
        }
    }

    @Test
    void shouldRefuseAnNGramLongerThanAKeyMayBeAndTakeOneThatIsAsLong() {
        NGrams grams = grams(2, 9);
        feed(grams, "1234", "1234", "1");
        assertEquals(List.of("1234 1234", "1234 1"), found);
        assertThrows(TokenTooLong.class, () -> feed(grams, "12345678"));
    }

    private NGrams grams(int gramLength, int limitBytes) {
        return new NGrams(gramLength,
                (bytes, offset, length) -> found.add(new String(bytes, offset, length, StandardCharsets.ISO_8859_1)), limitBytes);
    }

    private static void feed(NGrams grams, String... tokens) {
        for (String token : tokens) {
            grams.accept(token.getBytes(StandardCharsets.ISO_8859_1), 0, token.length());
        }
    }
}
