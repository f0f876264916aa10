package io.tideline.cli.count;

import java.util.Arrays;

/**
 * Cuts bytes into tokens: maximal runs of ASCII letters, digits, {@code _} and bytes from 0x80 up. It looks at raw bytes only, so upper
 * and lower case differ and no character set is assumed; every character outside ASCII is part of a token in UTF-8.
 *
 * <p>The bytes of a document come in pieces of any size; a token that crosses from one piece into the next is put together here.
 */
final class Tokenizer {

    private static final boolean[] IN_TOKEN = new boolean[256];

    static {
        for (int value = 0; value < IN_TOKEN.length; value++) {
            IN_TOKEN[value] = value >= 'a' && value <= 'z' || value >= 'A' && value <= 'Z' || value >= '0' && value <= '9'
                    || value == '_' || value >= 0x80;
        }
    }

    private final TokenSink sink;
    private final int limitBytes;
    private byte[] begun = new byte[256];
    private int begunBytes;

    /** @param limitBytes the longest token that is passed on; a longer one ends in {@link TokenTooLong} */
    Tokenizer(TokenSink sink, int limitBytes) {
        this.sink = sink;
        this.limitBytes = limitBytes;
    }

    /** Whether {@code value} is a byte of a token. */
    static boolean isInToken(byte value) {
        return IN_TOKEN[value & 0xFF];
    }

    /** Takes the next piece of the document and passes on every token that ends in it. */
    void feed(byte[] bytes, int offset, int length) {
        int end = offset + length;
        int position = offset;
        if (begunBytes > 0) {
            position = endOfToken(bytes, offset, end);
            keep(bytes, offset, position - offset);
            if (position == end) {
                return;
            }
            endDocument();
        }
        while (true) {
            while (position < end && !IN_TOKEN[bytes[position] & 0xFF]) {
                position++;
            }
            int start = position;
            position = endOfToken(bytes, start, end);
            if (position == end) {
                keep(bytes, start, end - start);
                return;
            }
            emit(bytes, start, position - start);
        }
    }

    /** Whether the bytes so far end in a token that may still go on. */
    boolean isInsideToken() {
        return begunBytes > 0;
    }

    /** Passes on the token that the document ends in, if it does; what is fed next begins a new document. */
    void endDocument() {
        int length = begunBytes;
        if (length > 0) {
            begunBytes = 0;
            emit(begun, 0, length);
        }
    }

    /** Drops the token that is begun, if one is; what is fed next begins a new document. */
    void abandonDocument() {
        begunBytes = 0;
    }

    private static int endOfToken(byte[] bytes, int position, int end) {
        int at = position;
        while (at < end && IN_TOKEN[bytes[at] & 0xFF]) {
            at++;
        }
        return at;
    }

    private void keep(byte[] bytes, int offset, int length) {
        if (length > limitBytes - begunBytes) {
            throw new TokenTooLong(limitBytes);
        }
        int needed = begunBytes + length;
        if (needed > begun.length) {
            begun = Arrays.copyOf(begun, (int) Math.max(needed, Math.min(2L * begun.length, limitBytes)));
        }
        System.arraycopy(bytes, offset, begun, begunBytes, length);
        begunBytes = needed;
    }

    private void emit(byte[] bytes, int offset, int length) {
        if (length > limitBytes) {
            throw new TokenTooLong(limitBytes);
        }
        sink.accept(bytes, offset, length);
    }
}
