package io.tideline.checkpoint;

/**
 * Where everything is in the payload of a manifest: sections in the order of their numbers, each at most once, little-endian:
 *
 * <pre>
 *  | number | length n | n bytes, a multiple of 8 |
 * </pre>
 *
 * The first is always there, every other exactly if it holds anything. Generation and store id are in the header of the file.
 */
final class ManifestLayout {
    /** 13 words: what the checkpoint is. */
    static final int CHECKPOINT = 1;
    /** Rows of 2 words. */
    static final int SKIPPED = 2;
    /** Rows of 4 words. */
    static final int UNDONE = 3;
    /** 4 words. */
    static final int IMAGE = 4;
    /** 3 words. */
    static final int SNAPSHOT = 5;
    /** The number of rows; rows of id, durable serial and length of the name; the names, padded. */
    static final int SESSIONS = 6;
    /** The length; the bytes, padded. */
    static final int COOKIE = 7;
    /** The number of tables; for each the lengths of name and value, the name, padded, and the value, padded. */
    static final int TABLES = 8;
    /** The number of sessions that have a cookie; rows of id and length; the cookies, padded. */
    static final int SESSION_COOKIES = 9;
    /** The last one that is known. */
    static final int LAST = SESSION_COOKIES;

    private ManifestLayout() {
    }
}
