package io.tideline.core;

import java.util.List;
import java.util.stream.IntStream;

/**
 * Whether each session came back with what had been left with it by the last operation that it kept: no more, no less. What was left right behind that
 * operation may have come along or not.
 */
final class CookieChecker {
    /** The cookie of a session that was never left anything. */
    static final long NONE = -1;

    private CookieChecker() {
    }

    /** What is left with a session behind so many operations. */
    static byte[] of(long operations) {
        return TokenValue.of(operations);
    }

    /** Behind how many operations that was left, or {@link #NONE}. */
    static long operations(byte[] cookie) {
        return cookie.length == 0 ? NONE : TokenValue.token(cookie);
    }

    /**
     * What is wrong, a sentence each.
     *
     * @param cookies by session, behind how many operations what it came back with was left
     */
    static List<String> violations(SimHistory history, long[] points, long[] cookies) {
        return IntStream.range(0, points.length).filter(session -> !isRight(history, session, points[session], cookies[session]))
            .mapToObj(session -> "s" + session + " came back with " + points[session] + " operations and with what was left behind " + cookies[session]
                + ", and by then it had been left something behind " + history.left(session, points[session])).toList();
    }

    private static boolean isRight(SimHistory history, int session, long point, long cookie) {
        List<Long> left = history.left(session, point);
        long last = left.stream().filter(at -> at < point).mapToLong(at -> at).max().orElse(NONE);
        return cookie == last || cookie == point && left.contains(point);
    }
}
