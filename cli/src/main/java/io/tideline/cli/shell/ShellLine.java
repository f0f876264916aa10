package io.tideline.cli.shell;

import java.util.ArrayList;
import java.util.List;

/**
 * One line of the shell, cut into words at blanks. Double quotes hold a word with blanks together; inside them {@code \"} and
 * {@code \\} stand for the characters themselves. A {@code #} at the start of a word makes the rest of the line a remark.
 */
final class ShellLine {

    /**
     * A word of the line.
     *
     * @param quoted whether any of it stood in quotes, so that it is text even if it looks like a number
     */
    record Word(String text, boolean quoted) {
    }

    private final String line;
    private int position;

    private ShellLine(String line) {
        this.line = line;
    }

    /** The words of {@code line}; none if it is empty. Throws {@link WrongLine} if a quote is not closed. */
    static List<Word> wordsOf(String line) {
        ShellLine rest = new ShellLine(line);
        List<Word> words = new ArrayList<>();
        while (rest.skipBlanks()) {
            words.add(rest.nextWord());
        }
        return words;
    }

    private boolean skipBlanks() {
        while (position < line.length() && isBlank(line.charAt(position))) {
            position++;
        }
        return position < line.length() && line.charAt(position) != '#';
    }

    private Word nextWord() {
        StringBuilder text = new StringBuilder();
        boolean quoted = false;
        while (position < line.length() && !isBlank(line.charAt(position))) {
            if (line.charAt(position) == '"') {
                quoted = true;
                readQuoted(text);
            } else {
                text.append(line.charAt(position++));
            }
        }
        return new Word(text.toString(), quoted);
    }

    private void readQuoted(StringBuilder text) {
        int opened = position++;
        while (position < line.length() && line.charAt(position) != '"') {
            if (line.charAt(position) == '\\' && position + 1 < line.length()) {
                position++;
            }
            text.append(line.charAt(position++));
        }
        if (position == line.length()) {
            throw new WrongLine("the quote at character " + (opened + 1) + " is not closed; end it with another \"");
        }
        position++;
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t' || c == '\r';
    }
}
