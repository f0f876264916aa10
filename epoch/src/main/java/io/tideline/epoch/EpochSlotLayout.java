package io.tideline.epoch;

/**
 * One slot of the {@link EpochTable}: two cache lines, because the hardware fetches lines in pairs.
 *
 * <pre>
 *   +0    the announced epoch; 0 while nobody is inside, the largest long while nobody owns the slot
 *   +8    fifteen words for the owner: counters that it alone writes while inside
 * </pre>
 */
public final class EpochSlotLayout {
    public static final int SIZE_BYTES = 128;
    public static final int EPOCH_OFFSET = 0;
    public static final int OWNER_WORDS_OFFSET = 8;
    public static final int OWNER_WORDS = (SIZE_BYTES - OWNER_WORDS_OFFSET) / 8;

    /** The announced epoch of a slot with nobody inside. */
    public static final long IDLE = 0;
    /** The word of a slot without an owner: it lets nobody in and, being larger than every epoch, holds nothing back. */
    public static final long UNOWNED = Long.MAX_VALUE;

    /** What a slot announces whose owner is between two stays inside: newer than every epoch, so it holds nothing back, yet taken. */
    public static final long SUSPENDED = Long.MAX_VALUE - 1;

    /** What a suspended slot announces while somebody other than its owner looks at what belongs to the owner: the owner waits for the end of it. */
    static final long HELD = Long.MAX_VALUE - 2;

    private EpochSlotLayout() {
    }

    /** Whether this slot word is an announcement. */
    static boolean isInside(long word) {
        return word != IDLE && word != UNOWNED;
    }
}
