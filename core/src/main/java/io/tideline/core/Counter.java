package io.tideline.core;

import io.tideline.epoch.EpochSlotLayout;

/** What a session counts, each in a word of its epoch slot that only who is inside writes. */
enum Counter {
    /** Keys that became present. */
    CREATED,
    /** Keys that became absent. */
    DELETED,
    /** Values that went to the tail because their old place could not take them. */
    COPIED,
    /** Upserts that went to the tail without a look at what the device has of their key. */
    APPENDED,
    /** Operations that lost a race and began anew. */
    RETRIES,
    /** Operations that asked the device. */
    DEVICE_LOOKUPS,
    /** Records read from the device for them. */
    DEVICE_READS,
    /** Values that were read from the device and copied to the tail, so that the next read finds them in memory. */
    COPIED_UP;

    /** Where the word is in the slot. */
    final int offset = EpochSlotLayout.OWNER_WORDS_OFFSET + 8 * ordinal();

    static {
        if (values().length > EpochSlotLayout.OWNER_WORDS) {
            throw new AssertionError("an epoch slot has room for " + EpochSlotLayout.OWNER_WORDS + " counters");
        }
    }
}
