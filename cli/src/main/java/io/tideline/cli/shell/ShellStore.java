package io.tideline.cli.shell;

import io.tideline.cli.console.ByteSize;
import io.tideline.cli.console.ByteText;
import io.tideline.core.LongHolder;
import io.tideline.core.Status;
import io.tideline.core.Store;
import io.tideline.core.Update;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * A store as the shell shows it. Keys are text. A value is a whole number, kept in 8 bytes so that {@code add} can count with it, or
 * text, kept as its UTF-8 bytes; a store knows only bytes, so 8 bytes that could be either are shown as both.
 */
final class ShellStore {

    static final String HELP = """
              get KEY          show the value of KEY
              put KEY VALUE    set it: a whole number, or text; "quotes" make anything text
              add KEY NUMBER   add to the number of KEY, which is 0 if there is none
              del KEY          remove KEY and its value
              size             about how many keys there are
              stats            how much memory the store takes
              help             show this list
              exit             leave; the store is in memory only and goes with it

            Write "two words" in quotes, \\" for a quote inside them, # before a remark.""";

    private final Store store;
    private final PrintStream out;

    ShellStore(Store store, PrintStream out) {
        this.store = store;
        this.out = out;
    }

    /** Does what the words of one line say and prints the answer, or throws {@link WrongLine}. */
    void execute(List<ShellLine.Word> words) {
        String command = words.get(0).text();
        switch (command.toLowerCase(Locale.ROOT)) {
            case "get" -> get(arguments(words, "get KEY"));
            case "put" -> put(arguments(words, "put KEY VALUE"));
            case "add" -> add(arguments(words, "add KEY NUMBER"));
            case "del" -> delete(arguments(words, "del KEY"));
            case "size" -> size(arguments(words, "size"));
            case "stats" -> stats(arguments(words, "stats"));
            case "help" -> help(arguments(words, "help"));
            default -> throw new WrongLine("there is no command '" + ByteText.visible(bytes(command))
                    + "'; help lists those that there are");
        }
    }

    private static List<ShellLine.Word> arguments(List<ShellLine.Word> words, String form) {
        if (words.size() != form.split(" ").length) {
            throw new WrongLine("write " + form + (words.size() > 3 ? ", with \"quotes\" around text that has blanks" : ""));
        }
        return words.subList(1, words.size());
    }

    private void get(List<ShellLine.Word> arguments) {
        byte[] value = store.get(bytes(arguments.get(0).text()));
        out.println(value == null ? "absent" : describe(value));
    }

    private void put(List<ShellLine.Word> arguments) {
        ShellLine.Word value = arguments.get(1);
        Long number = value.quoted() ? null : numberOrNull(value.text());
        Status status = store.put(bytes(arguments.get(0).text()), number == null ? bytes(value.text()) : bytes(number));
        out.println(describe(status));
    }

    private void add(List<ShellLine.Word> arguments) {
        ShellLine.Word key = arguments.get(0);
        Long number = numberOrNull(arguments.get(1).text());
        if (number == null) {
            throw new WrongLine("'" + ByteText.visible(bytes(arguments.get(1).text())) + "' is not a whole number of 64 bits");
        }
        byte[] keyBytes = bytes(key.text());
        LongHolder sum = new LongHolder();
        Status status;
        try {
            status = store.rmw(keyBytes, 0, keyBytes.length, Update.ADD, number, sum);
        } catch (IllegalStateException notANumber) {
            throw new WrongLine("the value of '" + ByteText.visible(keyBytes) + "' is text, and only to a number can be added; put a"
                    + " number first");
        }
        out.println(sum.value + " (" + describe(status) + ")");
    }

    private void delete(List<ShellLine.Word> arguments) {
        out.println(describe(store.delete(bytes(arguments.get(0).text()))));
    }

    private void size(List<ShellLine.Word> arguments) {
        assert arguments.isEmpty();
        out.println(store.approximateSize());
    }

    private void stats(List<ShellLine.Word> arguments) {
        assert arguments.isEmpty();
        long memoryBytes = store.stats().memoryBytes();
        out.println("about " + store.approximateSize() + " keys in " + memoryBytes + " bytes (" + ByteSize.describe(memoryBytes) + ")");
    }

    private void help(List<ShellLine.Word> arguments) {
        assert arguments.isEmpty();
        out.println(HELP);
    }

    private static String describe(Status status) {
        return switch (status) {
            case CREATED -> "created";
            case UPDATED_IN_PLACE -> "updated in place";
            case COPIED -> "updated in a copy";
            case TOMBSTONED -> "deleted";
            default -> status.name().toLowerCase(Locale.ROOT).replace('_', ' ');
        };
    }

    private static String describe(byte[] value) {
        String text = ByteText.visible(value);
        boolean plainText = Arrays.equals(text.getBytes(StandardCharsets.UTF_8), value);
        String quoted = "\"" + text.replace("\"", "\\\"") + "\"";
        if (value.length != Long.BYTES) {
            return quoted;
        }
        long number = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getLong();
        return plainText ? quoted + " (as a number: " + number + ")" : Long.toString(number);
    }

    private static Long numberOrNull(String text) {
        try {
            return Long.valueOf(text);
        } catch (NumberFormatException isText) {
            return null;
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] bytes(long number) {
        return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(number).array();
    }
}
