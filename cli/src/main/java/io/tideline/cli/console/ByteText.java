package io.tideline.cli.console;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * How bytes become text without losing any: valid UTF-8 is shown as its characters, every other byte as {@code \xNN}. Tokens never
 * contain a backslash, so for them the way back is unambiguous: each {@code \xNN} is one byte, each other character its UTF-8 bytes.
 */
public final class ByteText {

    private ByteText() {
    }

    /** The bytes as text for a file that is read by programs. */
    public static String exact(byte[] bytes) {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        ByteBuffer input = ByteBuffer.wrap(bytes);
        CharBuffer characters = CharBuffer.allocate(bytes.length);
        StringBuilder text = new StringBuilder(bytes.length);
        while (true) {
            CoderResult result = decoder.decode(input, characters, true);
            text.append(characters.flip());
            characters.clear();
            if (result.isUnderflow()) {
                return text.toString();
            }
            for (int wrong = result.length(); wrong > 0; wrong--) {
                appendEscaped(text, input.get());
            }
            decoder.reset();
        }
    }

    /** The bytes as text for a person: as {@link #exact}, and what would steer a terminal instead of being seen is escaped as well. */
    public static String visible(byte[] bytes) {
        String exact = exact(bytes);
        if (exact.codePoints().noneMatch(ByteText::steersTerminal)) {
            return exact;
        }
        StringBuilder text = new StringBuilder(exact.length());
        exact.codePoints().forEach(character -> {
            if (steersTerminal(character)) {
                for (byte escaped : Character.toString(character).getBytes(StandardCharsets.UTF_8)) {
                    appendEscaped(text, escaped);
                }
            } else {
                text.appendCodePoint(character);
            }
        });
        return text.toString();
    }

    /** Control characters, the marks that reorder the text around them, and the line ends that are not a line feed. */
    private static boolean steersTerminal(int character) {
        return switch (Character.getType(character)) {
            case Character.CONTROL, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> true;
            default -> character >= 0x202A && character <= 0x202E || character >= 0x2066 && character <= 0x2069;
        };
    }

    private static void appendEscaped(StringBuilder text, byte value) {
        text.append(String.format(Locale.ROOT, "\\x%02X", value));
    }
}
