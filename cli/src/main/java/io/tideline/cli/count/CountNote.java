package io.tideline.cli.count;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * What a count notes beside each checkpoint of its store, as its cookie, so that a later run can go on with it. 80 bytes, little-endian: a magic
 * number, the version of the form, the stage, the lanes, the length of n-grams, and the fingerprint of the input.
 */
record CountNote(Stage stage, int lanes, int gramLength, InputFingerprint input) {

    private static final long MAGIC = 0x544E554F434C4954L; // TILCOUNT
    private static final int VERSION = 1;
    private static final int BYTES = 80;

    /** How far a count is. */
    enum Stage {
        /** Some tokens of each lane are counted: as many as its session has operations. */
        UNDER_WAY,
        /** All are. */
        COMPLETE,
        /** An update failed behind which others of its lane did not, so nobody knows how far that lane is. */
        BROKEN
    }

    CountNote at(Stage reached) {
        return new CountNote(reached, lanes, gramLength, input);
    }

    byte[] toBytes() {
        return ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(MAGIC).putInt(VERSION).putInt(stage.ordinal()).putInt(lanes)
                .putInt(gramLength).putLong(input.files()).putLong(input.bytes()).put(input.digest()).array();
    }

    /** The note that such a cookie is; empty if it is somebody else's. */
    static Optional<CountNote> of(byte[] cookie) {
        ByteBuffer bytes = ByteBuffer.wrap(cookie).order(ByteOrder.LITTLE_ENDIAN);
        if (cookie.length != BYTES || bytes.getLong() != MAGIC || bytes.getInt() != VERSION) {
            return Optional.empty();
        }
        int stage = bytes.getInt();
        int lanes = bytes.getInt();
        int gramLength = bytes.getInt();
        long files = bytes.getLong();
        long size = bytes.getLong();
        byte[] digest = new byte[InputFingerprint.DIGEST_BYTES];
        bytes.get(digest);
        if (stage < 0 || stage >= Stage.values().length || lanes < 1) {
            return Optional.empty();
        }
        return Optional.of(new CountNote(Stage.values()[stage], lanes, gramLength, new InputFingerprint(files, size, digest)));
    }
}
