package io.tideline.cli.count;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Tokens and n-grams as a regular expression finds them: what the real code is held against. One character stands for one byte. */
final class NaiveWords {

    private static final Pattern TOKEN = Pattern.compile("[a-zA-Z0-9_\u0080-\u00ff]+");

    private NaiveWords() {
    }

    static List<String> tokens(byte[] document) {
        List<String> tokens = new ArrayList<>();
        Matcher matcher = TOKEN.matcher(new String(document, StandardCharsets.ISO_8859_1));
        while (matcher.find()) {
            tokens.add(matcher.group());
        }
        return tokens;
    }

    static List<String> grams(byte[] document, int gramLength) {
        List<String> tokens = tokens(document);
        List<String> grams = new ArrayList<>();
        for (int i = 0; i + gramLength <= tokens.size(); i++) {
            grams.add(String.join(" ", tokens.subList(i, i + gramLength)));
        }
        return grams;
    }
}
