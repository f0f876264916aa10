package io.tideline.house;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class JavaCodeTest {
    @ParameterizedTest
    @CsvSource(quoteCharacter = '`', value = {
        "a // b            |a",
        "a /* b */ c       |a         c",
        "a /* \" */ c      |a         c",
        "a \"//\" c        |a      c",
        "a \"\\\"\" c      |a      c",
        "a '\"' b \"c\"    |a     b",
        "a '\\'' b '/'     |a      b",
        "a \"\"\" b\" \"\"\" c|a            c",
        "a / b             |a / b",
        "a \"unended       |a"}, delimiter = '|')
    void shouldBlankCommentsAndLiteralsAlone(String source, String expected) {
        String code = JavaCode.of(source);

        assertEquals(expected, code.stripTrailing());
        assertEquals(source.length(), code.length());
    }

    @ParameterizedTest
    @CsvSource({"'/* a\nb\n*/c', '\n\n', 'c'"})
    void shouldKeepLines(String source, String lines, String code) {
        assertEquals(lines + code, JavaCode.of(source).replace(" ", ""));
    }
}
