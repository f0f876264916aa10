package io.tideline.cli.console;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Durations as people write them: {@code 300ms}, {@code 2s}, {@code 5m}, {@code 1h}. The unit is never left out. */
public final class Durations {

    private static final Pattern FORM = Pattern.compile("([0-9]+)(ms|s|m|h)");

    private Durations() {
    }

    /** Reads a duration, or throws {@link IllegalArgumentException} with a sentence that names the text. */
    public static Duration parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            throw new IllegalArgumentException("'" + text + "' is not a duration; write a whole number with ms, s, m or h behind it"
                    + " such as 300ms, 2s or 5m");
        }
        try {
            long number = Long.parseLong(form.group(1));
            Duration duration = switch (form.group(2)) {
                case "ms" -> Duration.ofMillis(number);
                case "s" -> Duration.ofSeconds(number);
                case "m" -> Duration.ofMinutes(number);
                default -> Duration.ofHours(number);
            };
            duration.toNanos();
            return duration;
        } catch (NumberFormatException | ArithmeticException tooLarge) {
            throw new IllegalArgumentException("'" + text + "' is longer than can be measured (the limit is about 292 years)", tooLarge);
        }
    }

    /** A time that passed or is to come, for reading: {@code 0:07}, {@code 12:30}, {@code 3:05:00}. */
    public static String clock(Duration duration) {
        long seconds = duration.toSeconds();
        return seconds < 3600
                ? String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60)
                : String.format(Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }

    /** Makes picocli read options of type {@link Duration}. */
    public static final class Converter implements ITypeConverter<Duration> {

        @Override
        public Duration convert(String text) {
            try {
                return parse(text);
            } catch (IllegalArgumentException wrong) {
                throw new TypeConversionException(wrong.getMessage());
            }
        }
    }
}
