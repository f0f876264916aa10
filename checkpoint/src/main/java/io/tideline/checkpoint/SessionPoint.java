package io.tideline.checkpoint;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * How far a session's operations are part of a checkpoint.
 *
 * @param id from 1 on; no two sessions of a store ever have the same
 * @param name 1 to {@value #MAX_NAME_BYTES} bytes of UTF-8; empty in a session that has none
 * @param durableSerial its last operation that is; 0 if none
 * @param cookie what its user had left with it by then, as the cut met it, 0 to {@value #MAX_COOKIE_BYTES} bytes
 */
public record SessionPoint(long id, Optional<String> name, long durableSerial, Opaque cookie) {
    public static final int MAX_NAME_BYTES = 255;
    public static final int MAX_COOKIE_BYTES = 4096;

    public SessionPoint {
        if (id < 1 || durableSerial < 0) {
            throw new IllegalArgumentException("session " + id + " with the durable serial " + durableSerial + "; ids begin with 1, serials with 0");
        }
        name.ifPresent(SessionPoint::requireName);
        requireCookie(cookie.lengthBytes());
    }

    /** One without a cookie. */
    public SessionPoint(long id, Optional<String> name, long durableSerial) {
        this(id, name, durableSerial, Opaque.EMPTY);
    }

    /** @throws IllegalArgumentException if a session cannot have a cookie of that length */
    public static void requireCookie(int lengthBytes) {
        if (lengthBytes > MAX_COOKIE_BYTES) {
            throw new IllegalArgumentException("a session's cookie of " + lengthBytes + " bytes; it takes up to " + MAX_COOKIE_BYTES);
        }
    }

    /** @throws IllegalArgumentException if a session cannot have that name */
    public static void requireName(String name) {
        requireName("a session's name", name);
    }

    /** Checks, without taking memory, that a name is text of a length that it may have. */
    static void requireName(String what, String name) {
        long bytes = 0;
        boolean isText = true;
        for (int at = 0; at < name.length(); at++) {
            char c = name.charAt(at);
            boolean isPair = Character.isHighSurrogate(c) && at + 1 < name.length() && Character.isLowSurrogate(name.charAt(at + 1));
            isText &= isPair || !Character.isSurrogate(c);
            at += isPair ? 1 : 0;
            bytes += isPair ? 4 : c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
        }
        if (bytes == 0 || bytes > MAX_NAME_BYTES || !isText) {
            throw new IllegalArgumentException(what + " of " + bytes + " bytes, '" + name + "'; it takes text of 1 to " + MAX_NAME_BYTES
                    + " bytes of UTF-8");
        }
    }

    /** The UTF-8 of the name; none of a session without one. */
    byte[] nameBytes() {
        return name.orElse("").getBytes(StandardCharsets.UTF_8);
    }
}
