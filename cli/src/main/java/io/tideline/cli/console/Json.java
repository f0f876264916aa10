package io.tideline.cli.console;

import java.math.BigDecimal;
import java.util.Collection;
import java.util.Map;

/**
 * JSON text made of plain Java values: {@code null}, {@link Boolean}, {@link Number}, {@link CharSequence}, {@link Map} (in its own
 * order) and {@link Collection}. Everything outside ASCII is escaped, so that no tool on the way can damage it.
 */
public final class Json {

    private static final String INDENT = "  ";

    private Json() {
    }

    /** {@code value} as JSON, readable for people, with a line end behind it. */
    public static String of(Object value) {
        StringBuilder text = new StringBuilder();
        append(text, value, "");
        return text.append('\n').toString();
    }

    private static void append(StringBuilder text, Object value, String indent) {
        switch (value) {
            case null -> text.append("null");
            case Boolean truth -> text.append(truth);
            case Double number -> appendDecimal(text, number);
            case Float number -> appendDecimal(text, number);
            case Number number -> text.append(number);
            case CharSequence characters -> appendString(text, characters);
            case Map<?, ?> object -> appendObject(text, object, indent);
            case Collection<?> array -> appendArray(text, array, indent);
            default -> throw new IllegalArgumentException("a " + value.getClass().getName() + " has no form in JSON");
        }
    }

    private static void appendDecimal(StringBuilder text, double number) {
        if (!Double.isFinite(number)) {
            throw new IllegalArgumentException(number + " has no form in JSON");
        }
        text.append(BigDecimal.valueOf(number).toPlainString());
    }

    private static void appendObject(StringBuilder text, Map<?, ?> object, String indent) {
        String separator = "";
        text.append('{');
        for (Map.Entry<?, ?> field : object.entrySet()) {
            text.append(separator).append('\n').append(indent).append(INDENT);
            appendString(text, (CharSequence) field.getKey());
            text.append(": ");
            append(text, field.getValue(), indent + INDENT);
            separator = ",";
        }
        closeBlock(text, !object.isEmpty(), indent, '}');
    }

    private static void appendArray(StringBuilder text, Collection<?> array, String indent) {
        String separator = "";
        text.append('[');
        for (Object element : array) {
            text.append(separator).append('\n').append(indent).append(INDENT);
            append(text, element, indent + INDENT);
            separator = ",";
        }
        closeBlock(text, !array.isEmpty(), indent, ']');
    }

    private static void closeBlock(StringBuilder text, boolean filled, String indent, char end) {
        if (filled) {
            text.append('\n').append(indent);
        }
        text.append(end);
    }

    private static void appendString(StringBuilder text, CharSequence characters) {
        text.append('"');
        for (int i = 0; i < characters.length(); i++) {
            char c = characters.charAt(i);
            if (c == '"' || c == '\\') {
                text.append('\\').append(c);
            } else if (c >= ' ' && c < 0x7F) {
                text.append(c);
            } else {
                text.append("\\u").append(Character.forDigit(c >> 12, 16)).append(Character.forDigit(c >> 8 & 0xF, 16))
                        .append(Character.forDigit(c >> 4 & 0xF, 16)).append(Character.forDigit(c & 0xF, 16));
            }
        }
        text.append('"');
    }
}
