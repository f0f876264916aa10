package io.tideline.cli.count;

/**
 * A token and how often it came.
 *
 * @param token its bytes, not to be changed
 */
record TokenCount(byte[] token, long count) {
}
