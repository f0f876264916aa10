package io.tideline.cli.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShellLineTest {

    @Test
    void shouldCutALineIntoWordsAtBlanks() {
        assertEquals(List.of("put", "key", "42"), texts("  put\tkey   42 \r"));
    }

    @Test
    void shouldHoldQuotedWordsTogetherAndRememberThatTheyAreText() {
        List<ShellLine.Word> words = ShellLine.wordsOf("put \"two words\" \"42\" 42 \"\"");
        assertEquals(List.of(
                new ShellLine.Word("put", false), new ShellLine.Word("two words", true), new ShellLine.Word("42", true),
                new ShellLine.Word("42", false), new ShellLine.Word("", true)), words);
    }

    @Test
    void shouldTakeTheCharacterBehindABackslashInQuotesAsItIs() {
        assertEquals(List.of("say \"hi\" \\ now", "C:\\x"), texts("\"say \\\"hi\\\" \\\\ now\" C:\\x"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "   ", "\t", "# a remark", "   # \"another"})
    void shouldFindNoWordsInEmptyLinesAndRemarks(String line) {
        assertEquals(List.of(), texts(line));
    }

    @Test
    void shouldEndALineAtARemarkButNotInsideAWord() {
        assertEquals(List.of("get", "a#b"), texts("get a#b # what is there"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"get \"", "get \"a", "get \"a\\\"", "get \"a\\"})
    void shouldRefuseAQuoteThatIsNotClosedAndSayWhere(String line) {
        WrongLine wrong = assertThrows(WrongLine.class, () -> ShellLine.wordsOf(line));
        assertTrue(wrong.getMessage().contains("character 5"), wrong.getMessage());
    }

    private static List<String> texts(String line) {
        return ShellLine.wordsOf(line).stream().map(ShellLine.Word::text).toList();
    }
}
