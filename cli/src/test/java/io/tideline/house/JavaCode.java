package io.tideline.house;

/** Java source text with every comment and literal blanked, each character and line where it was. */
final class JavaCode {
    private final String source;
    private final StringBuilder code;
    private int position;

    private JavaCode(String source) {
        this.source = source;
        this.code = new StringBuilder(source.length());
    }

    static String of(String source) {
        JavaCode blanked = new JavaCode(source);
        blanked.run();
        return blanked.code.toString();
    }

    private void run() {
        while (position < source.length()) {
            if (at("//")) {
                blankTo(end("\n", position));
            } else if (at("/*")) {
                blankTo(after("*/", position + 2));
            } else if (at("\"\"\"")) {
                blankTo(afterUnescaped("\"\"\"", position + 3));
            } else if (at("\"")) {
                blankTo(afterUnescaped("\"", position + 1));
            } else if (at("'")) {
                blankTo(afterUnescaped("'", position + 1));
            } else {
                code.append(source.charAt(position++));
            }
        }
    }

    private boolean at(String token) {
        return source.startsWith(token, position);
    }

    private int end(String token, int from) {
        int found = source.indexOf(token, from);
        return found < 0 ? source.length() : found;
    }

    private int after(String token, int from) {
        return Math.min(source.length(), end(token, from) + token.length());
    }

    private int afterUnescaped(String token, int from) {
        int at = from;
        while (at < source.length() && !source.startsWith(token, at)) {
            at += source.charAt(at) == '\\' ? 2 : 1;
        }
        return Math.min(source.length(), at + token.length());
    }

    private void blankTo(int end) {
        for (; position < end; position++) {
            code.append(source.charAt(position) == '\n' ? '\n' : ' ');
        }
    }
}
