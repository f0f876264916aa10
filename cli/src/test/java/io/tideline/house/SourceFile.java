package io.tideline.house;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One text file of the product.
 *
 * @param path from the root of the checkout, with {@code /} between its parts
 * @param text all of it
 * @param code the text without comments and literals, if it is Java; otherwise the text
 */
record SourceFile(String path, String text, String code) {
    private static final Pattern PACKAGE = Pattern.compile("(?m)^\\s*package\\s+([\\w.]+)\\s*;");

    static SourceFile of(String path, String text) {
        return new SourceFile(path, text, path.endsWith(".java") ? JavaCode.of(text) : text);
    }

    boolean isJava() {
        return path.endsWith(".java");
    }

    boolean isMain() {
        return isJava() && path.contains("/src/main/");
    }

    /** The folder below the root: the module, for every file that belongs to one. */
    String module() {
        int slash = path.indexOf('/');
        return slash < 0 ? "" : path.substring(0, slash);
    }

    String packageName() {
        Matcher declaration = PACKAGE.matcher(code);
        return declaration.find() ? declaration.group(1) : "";
    }

    /** Where the pattern occurs in the code, as {@code path:line}. */
    List<String> placesInCode(Pattern pattern) {
        return places(pattern, code);
    }

    /** Where the pattern occurs in the text, comments and literals included. */
    List<String> placesInText(Pattern pattern) {
        return places(pattern, text);
    }

    private List<String> places(Pattern pattern, String searched) {
        return pattern.matcher(searched).results()
            .map(hit -> "%s:%d: %s".formatted(path, line(searched, hit.start()), hit.group().strip()))
            .toList();
    }

    private static long line(String searched, int offset) {
        return 1 + searched.substring(0, offset).chars().filter(character -> character == '\n').count();
    }
}
