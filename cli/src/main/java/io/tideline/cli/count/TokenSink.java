package io.tideline.cli.count;

/** Where tokens go, one after another. */
@FunctionalInterface
interface TokenSink {

    /** Takes the token in {@code bytes[offset, offset + length)}, which belongs to the caller again afterwards. */
    void accept(byte[] bytes, int offset, int length);
}
