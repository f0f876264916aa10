package io.tideline.cli.console;

import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A number of bytes as people write it: {@code 4096}, {@code 64m}, {@code 1g}. The letters are binary: {@code k} is 1,024, {@code m}
 * 1,024 k, {@code g} 1,024 m, {@code t} 1,024 g; case does not matter.
 *
 * @param bytes the number of bytes, at least 1
 */
public record ByteSize(long bytes) {

    private static final String UNITS = "kmgt";
    private static final int BITS_PER_UNIT = 10;

    public ByteSize {
        if (bytes < 1) {
            throw new IllegalArgumentException("a size is at least 1 byte, not " + bytes);
        }
    }

    /** Reads a size, or throws {@link IllegalArgumentException} with a sentence that names the text. */
    public static ByteSize parse(String text) {
        String digits = text;
        int shift = 0;
        if (!text.isEmpty()) {
            int unit = UNITS.indexOf(Character.toLowerCase(text.charAt(text.length() - 1)));
            if (unit >= 0) {
                digits = text.substring(0, text.length() - 1);
                shift = BITS_PER_UNIT * (unit + 1);
            }
        }
        if (digits.isEmpty() || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new IllegalArgumentException("'" + text + "' is not a size; write a whole number of bytes, or one with k, m, g or t"
                    + " behind it such as 64m or 1g");
        }
        long number;
        try {
            number = Long.parseLong(digits);
        } catch (NumberFormatException tooManyDigits) {
            throw tooLarge(text);
        }
        if (number > Long.MAX_VALUE >> shift) {
            throw tooLarge(text);
        }
        if (number == 0) {
            throw new IllegalArgumentException("'" + text + "' is not a size; it must be at least 1 byte");
        }
        return new ByteSize(number << shift);
    }

    private static IllegalArgumentException tooLarge(String text) {
        return new IllegalArgumentException("'" + text + "' is more bytes than can be counted (the limit is "
                + Long.MAX_VALUE + ")");
    }

    /** The size as an argument that {@link #parse} reads back, in the largest unit that loses nothing. */
    @Override
    public String toString() {
        int unit = Math.min(Long.numberOfTrailingZeros(bytes) / BITS_PER_UNIT, UNITS.length());
        return unit == 0 ? Long.toString(bytes) : (bytes >> BITS_PER_UNIT * unit) + UNITS.substring(unit - 1, unit);
    }

    /** About how much {@code bytes} is, for reading: {@code 17 bytes}, {@code 1.5 GiB}. */
    public static String describe(long bytes) {
        int unit = Math.min((Long.SIZE - 1 - Long.numberOfLeadingZeros(Math.max(bytes, 1))) / BITS_PER_UNIT, UNITS.length());
        if (unit == 0) {
            return bytes + (bytes == 1 ? " byte" : " bytes");
        }
        double amount = (double) bytes / (1L << BITS_PER_UNIT * unit);
        return String.format(Locale.ROOT, "%.1f %siB", amount, UNITS.substring(unit - 1, unit).toUpperCase(Locale.ROOT));
    }

    /** Makes picocli read options of this type. */
    public static final class Converter implements ITypeConverter<ByteSize> {

        @Override
        public ByteSize convert(String text) {
            try {
                return parse(text);
            } catch (IllegalArgumentException wrong) {
                throw new TypeConversionException(wrong.getMessage());
            }
        }
    }
}
