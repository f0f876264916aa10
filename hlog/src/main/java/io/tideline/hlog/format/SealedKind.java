package io.tideline.hlog.format;

/**
 * What a sealed file is about, and the newest version of its payload that this program knows.
 *
 * @param number told apart from all other kinds, at least 1
 * @param version at least 1
 */
public record SealedKind(int number, int version) {
    public SealedKind {
        if (number < 1 || version < 1) {
            throw new IllegalArgumentException("kind " + number + ", version " + version + "; both begin with 1");
        }
    }
}
