package io.tideline.cli.console;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ByteTextTest {

    @Test
    void shouldShowValidUtf8AsItsCharacters() {
        assertEquals("Größe_東京_😀", ByteText.exact("Größe_東京_😀".getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void shouldEscapeEveryByteThatIsNotUtf8() {
        assertEquals("caf\\xE9", ByteText.exact(bytes("caf", 0xE9)));
        assertEquals("\\x80\\xFF", ByteText.exact(bytes("", 0x80, 0xFF)));
        assertEquals("cut off: \\xF0\\x9F\\x98", ByteText.exact(bytes("cut off: ", 0xF0, 0x9F, 0x98)));
        assertEquals("a surrogate: \\xED\\xA0\\x80", ByteText.exact(bytes("a surrogate: ", 0xED, 0xA0, 0x80)));
        assertEquals("overlong: \\xC0\\xAF", ByteText.exact(bytes("overlong: ", 0xC0, 0xAF)));
    }

    @Test
    void shouldEscapeWhatWouldSteerATerminal() {
        assertEquals("red: \\x1B[31m", ByteText.visible("red: \u001b[31m".getBytes(StandardCharsets.UTF_8)));
        assertEquals("next line: \\xC2\\x85", ByteText.visible("next line: \u0085".getBytes(StandardCharsets.UTF_8)));
        assertEquals("backwards: \\xE2\\x80\\xAE", ByteText.visible("backwards: \u202e".getBytes(StandardCharsets.UTF_8)));
        assertEquals("Größe", ByteText.visible("Größe".getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void shouldLoseNoByteOfAnyToken() {
        long seed = System.nanoTime();
        System.out.println("shouldLoseNoByteOfAnyToken: seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 20_000; round++) {
            byte[] token = new byte[random.nextInt(12)];
            for (int i = 0; i < token.length; i++) {
                token[i] = (byte) (random.nextInt(4) == 0 ? 'a' + random.nextInt(26) : 0x80 + random.nextInt(0x80));
            }
            assertArrayEquals(token, undo(ByteText.exact(token)));
            assertArrayEquals(token, undo(ByteText.visible(token)));
        }
    }

    private static byte[] undo(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < text.length(); ) {
            if (text.charAt(i) == '\\') {
                bytes.write(Integer.parseInt(text.substring(i + 2, i + 4), 16));
                i += 4;
            } else {
                int character = text.codePointAt(i);
                bytes.writeBytes(Character.toString(character).getBytes(StandardCharsets.UTF_8));
                i += Character.charCount(character);
            }
        }
        return bytes.toByteArray();
    }

    private static byte[] bytes(String ascii, int... more) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(ascii.getBytes(StandardCharsets.US_ASCII));
        for (int value : more) {
            bytes.write(value);
        }
        return bytes.toByteArray();
    }
}
