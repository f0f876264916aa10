package io.tideline.checkpoint;

import io.tideline.hlog.LogAddress;
import io.tideline.hlog.RecordLayout;
import io.tideline.hlog.format.SealedPayload;

/** Which numbers may be ends of ranges of the log. */
final class Addresses {
    static final long FIRST = LogAddress.FIRST;
    static final long MAX = LogAddress.MASK + 1 - RecordLayout.GRANULE_BYTES;

    private Addresses() {
    }

    static void require(String what, long address, long min) {
        if (address < min || address > MAX || !isBoundary(address)) {
            throw new IllegalArgumentException(what + " is log address " + address + "; it takes a multiple of " + RecordLayout.GRANULE_BYTES
                    + " from " + min + " to " + MAX);
        }
    }

    /** The next field of a payload. */
    static long read(SealedPayload payload, String field, long min) {
        long address = payload.word(field, min, MAX);
        if (!isBoundary(address)) {
            throw payload.wrong(field, address, "a multiple of " + RecordLayout.GRANULE_BYTES);
        }
        return address;
    }

    private static boolean isBoundary(long address) {
        return address % RecordLayout.GRANULE_BYTES == 0;
    }
}
