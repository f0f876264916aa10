package io.tideline.cli.count;

import java.util.Arrays;

/**
 * What tells one input from another without reading it: of each file in its order the whole path, the size, and the time of the last change.
 *
 * @param files how many there are; {@link #FLOWS_BY} where something flows by once, which nothing tells from another
 * @param digest SHA-256 over all of that
 */
record InputFingerprint(long files, long bytes, byte[] digest) {

    static final int DIGEST_BYTES = 32;
    static final long FLOWS_BY = -1;

    InputFingerprint {
        if (digest.length != DIGEST_BYTES) {
            throw new IllegalArgumentException("a digest of " + digest.length + " bytes");
        }
    }

    static InputFingerprint ofWhatFlowsBy() {
        return new InputFingerprint(FLOWS_BY, 0, new byte[DIGEST_BYTES]);
    }

    boolean flowsBy() {
        return files == FLOWS_BY;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof InputFingerprint(long otherFiles, long otherBytes, byte[] otherDigest) && files == otherFiles && bytes == otherBytes
                && Arrays.equals(digest, otherDigest);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(digest);
    }

    @Override
    public String toString() {
        return flowsBy() ? "the standard input or a pipe" : files + (files == 1 ? " file" : " files") + " of " + bytes + " bytes";
    }
}
