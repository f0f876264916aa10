package io.tideline.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The README lists what the library throws: every text of an exception in its main code must stand there. */
final class ReadmeErrorsTest {
    private static final List<String> LIBRARY = List.of("memory", "epoch", "hlog", "index", "checkpoint", "core");
    private static final Pattern THROWN =
            Pattern.compile("new (?:(?:IllegalArgument|IllegalState|UnsupportedOperation)Exception|\\w+Fault)\\s*\\(");
    private static final Pattern LITERAL = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"");
    /** Shorter pieces, such as " of ", say nothing. */
    private static final int TELLING_CHARACTERS = 8;

    @Test
    void shouldListEveryTextThatTheLibraryThrows() throws IOException {
        String readme = Files.readString(Path.of("../README.md"));
        List<String> missing = new ArrayList<>();
        int found = 0;
        for (String module : LIBRARY) {
            try (Stream<Path> files = Files.walk(Path.of("..", module, "src", "main", "java"))) {
                for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
                    for (String piece : thrownTexts(Files.readString(file))) {
                        found++;
                        if (!readme.contains(piece)) {
                            missing.add(file.getFileName() + " throws \"" + piece + "\", which the README's section Errors does not explain");
                        }
                    }
                }
            }
        }
        assertEquals(List.of(), missing);
        assertTrue(found > 40, "only " + found + " texts were found, so this test looks in the wrong places");
    }

    /** The pieces of text between the values, of each exception made in a source. */
    private static List<String> thrownTexts(String source) {
        List<String> pieces = new ArrayList<>();
        Matcher thrown = THROWN.matcher(source);
        while (thrown.find()) {
            String arguments = source.substring(thrown.end(), endOfCall(source, thrown.end())).replaceAll("\"\\s*\\+\\s*\"", "");
            LITERAL.matcher(arguments).results().map(literal -> literal.group(1).strip())
                    .filter(piece -> piece.length() >= TELLING_CHARACTERS).forEach(pieces::add);
        }
        return pieces;
    }

    private static int endOfCall(String source, int start) {
        boolean quoted = false;
        int depth = 1;
        int at = start;
        for (; depth > 0; at++) {
            char c = source.charAt(at);
            if (c == '"' && source.charAt(at - 1) != '\\') {
                quoted = !quoted;
            } else if (!quoted) {
                depth += c == '(' ? 1 : c == ')' ? -1 : 0;
            }
        }
        return at - 1;
    }
}
