package io.tideline.cli.count;

import java.io.InputStream;

/**
 * The bytes of one file, or of one slice of a large file, with all that follows in that file behind it.
 *
 * <p>A slice owns the tokens that begin inside it, and every n-gram whose first token does, wherever they end; slices of one file next
 * to each other so count each n-gram exactly once.
 *
 * @param name how the file is called in messages
 * @param bytes the bytes, to be read once and not closed
 * @param startsInsideToken whether the byte before is one of a token, so that token bytes at the start belong to the slice before
 * @param ownedBytes how many of the bytes the slice has, {@link Long#MAX_VALUE} if it goes to the end of the file
 */
record Document(String name, InputStream bytes, boolean startsInsideToken, long ownedBytes) {

    /** A whole file. */
    static Document whole(String name, InputStream bytes) {
        return new Document(name, bytes, false, Long.MAX_VALUE);
    }
}
