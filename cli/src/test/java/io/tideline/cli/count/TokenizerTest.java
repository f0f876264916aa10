package io.tideline.cli.count;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TokenizerTest {

    private static final int NO_LIMIT = 1 << 20;

    private final List<String> found = new ArrayList<>();

    @Test
    void shouldKnowEveryByteOfATokenAndNoOther() {
        for (int value = 0; value < 256; value++) {
            boolean expected = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_".indexOf(value) >= 0 || value >= 128;
            assertEquals(expected, Tokenizer.isInToken((byte) value), "byte " + value);
        }
    }

    @Test
    void shouldKeepCaseUnderscoresDigitsAndForeignLetters() {
        tokenizer(NO_LIMIT).feed(latin1("The the_2nd x9 42 caf\u00e9,"), 0, 23);
        assertEquals(List.of("The", "the_2nd", "x9", "42", "caf\u00e9"), found);
    }

    @Test
    void shouldFindTheSameTokensWhereverTheBytesAreCut() {
        long seed = System.nanoTime();
        System.out.println("shouldFindTheSameTokensWhereverTheBytesAreCut: seed " + seed);
        Random random = new Random(seed);
        Tokenizer tokenizer = tokenizer(NO_LIMIT);
        for (int round = 0; round < 3_000; round++) {
            byte[] document = randomDocument(random, random.nextInt(600));
            found.clear();
            feedInPieces(tokenizer, document, random);
            tokenizer.endDocument();
            assertEquals(NaiveWords.tokens(document), found, "round " + round);
        }
    }

    @Test
    void shouldPutLongTokensTogetherFromManyPieces() {
        byte[] document = latin1("x".repeat(100_000) + " " + "y".repeat(70_000));
        Tokenizer tokenizer = tokenizer(NO_LIMIT);
        for (int i = 0; i < document.length; i += 999) {
            tokenizer.feed(document, i, Math.min(999, document.length - i));
        }
        tokenizer.endDocument();
        assertEquals(List.of("x".repeat(100_000), "y".repeat(70_000)), found);
    }

    @Test
    void shouldKnowWhetherATokenMayGoOn() {
        Tokenizer tokenizer = tokenizer(NO_LIMIT);
        assertFalse(tokenizer.isInsideToken());
        tokenizer.feed(latin1("ab"), 0, 2);
        assertTrue(tokenizer.isInsideToken());
        tokenizer.feed(latin1("c "), 0, 2);
        assertFalse(tokenizer.isInsideToken());
        assertEquals(List.of("abc"), found);
    }

    @Test
    void shouldNotJoinTokensOfTwoDocuments() {
        Tokenizer tokenizer = tokenizer(NO_LIMIT);
        tokenizer.feed(latin1("one"), 0, 3);
        tokenizer.endDocument();
        tokenizer.feed(latin1("two"), 0, 3);
        tokenizer.abandonDocument();
        tokenizer.feed(latin1("three"), 0, 5);
        tokenizer.endDocument();
        assertEquals(List.of("one", "three"), found);
    }

    @Test
    void shouldRefuseATokenLongerThanAKeyMayBeAndTakeOneThatIsAsLong() {
        Tokenizer inOnePiece = tokenizer(10);
        inOnePiece.feed(latin1("1234567890 "), 0, 11);
        TokenTooLong tooLong = assertThrows(TokenTooLong.class, () -> inOnePiece.feed(latin1("12345678901 "), 0, 12));
        assertEquals(10, tooLong.limitBytes());
        Tokenizer inPieces = tokenizer(10);
        inPieces.feed(latin1("12345"), 0, 5);
        inPieces.feed(latin1("67890"), 0, 5);
        assertThrows(TokenTooLong.class, () -> inPieces.feed(latin1("1"), 0, 1));
        assertEquals(List.of("1234567890"), found);
    }

    private Tokenizer tokenizer(int limitBytes) {
        return new Tokenizer((bytes, offset, length) -> found.add(new String(bytes, offset, length, StandardCharsets.ISO_8859_1)),
                limitBytes);
    }

    /** Pieces of random length, some of them empty, each in a buffer with other bytes around it. */
    static void feedInPieces(Tokenizer tokenizer, byte[] document, Random random) {
        for (int position = 0; position < document.length; ) {
            int length = Math.min(random.nextInt(random.nextBoolean() ? 4 : 100), document.length - position);
            int before = random.nextInt(3);
            byte[] buffer = latin1("z".repeat(before + length + random.nextInt(3)));
            System.arraycopy(document, position, buffer, before, length);
            tokenizer.feed(buffer, before, length);
            position += length;
        }
    }

    static byte[] randomDocument(Random random, int length) {
        byte[] document = new byte[length];
        for (int i = 0; i < length; i++) {
            document[i] = switch (random.nextInt(5)) {
                case 0 -> (byte) " \n.,-@[`{/:^".charAt(random.nextInt(12));
                case 1 -> (byte) random.nextInt(256);
                default -> (byte) "abYZ_09\u00c3\u00a9".charAt(random.nextInt(9));
            };
        }
        return document;
    }

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
