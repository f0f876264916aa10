package io.tideline.cli.count;

/** A token or n-gram longer than a key of the store may be. */
final class TokenTooLong extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int limitBytes;

    TokenTooLong(int limitBytes) {
        super("a token is longer than " + limitBytes + " bytes", null, false, false);
        this.limitBytes = limitBytes;
    }

    int limitBytes() {
        return limitBytes;
    }
}
