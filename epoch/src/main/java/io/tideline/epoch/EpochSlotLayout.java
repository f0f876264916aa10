package io.tideline.epoch;

/**
 * One slot of the {@link EpochTable}: two cache lines, because the hardware fetches lines in pairs.
 *
 * <pre>
 *   +0    the announced epoch while somebody is inside, else a mark:
 *           bit 62        no epoch, and newer than every one, so it holds nothing back
 *           bits 61, 60   0 idle · 1 suspended · 2 held
 *           bits 59 – 0   the generation of the owner
 *           all but the sign  nobody owns the slot
 *   +8    the generation: how many owners the slot has had; written by the table when it is claimed
 *   +16   fourteen words for the owner: counters that it alone writes while inside
 * </pre>
 */
public final class EpochSlotLayout {
    public static final int SIZE_BYTES = 128;
    public static final int EPOCH_OFFSET = 0;
    static final int GENERATION_OFFSET = 8;
    public static final int OWNER_WORDS_OFFSET = 16;
    public static final int OWNER_WORDS = (SIZE_BYTES - OWNER_WORDS_OFFSET) / 8;

    /** The smallest word that is no epoch. */
    static final long MARK = 1L << 62;
    private static final long SUSPENDED = 1L << 60;
    private static final long HELD = 1L << 61;
    private static final long GENERATION_MASK = SUSPENDED - 1;

    /** The word of a slot without an owner: it lets nobody in. */
    public static final long UNOWNED = Long.MAX_VALUE;

    static {
        if ((MARK | HELD | SUSPENDED | GENERATION_MASK) != UNOWNED || (SUSPENDED & HELD) != 0 || (HELD & MARK) != 0) {
            throw new AssertionError("the marks of an epoch slot overlap");
        }
    }

    private EpochSlotLayout() {
    }

    /** The word of a slot with nobody inside whose owner is of this generation. */
    static long idle(long generation) {
        return MARK | generation & GENERATION_MASK;
    }

    /** What a slot announces whose owner is between two stays inside: it holds nothing back, yet it is taken. */
    static long suspended(long idle) {
        return idle | SUSPENDED;
    }

    /** What it announces while somebody other than the owner looks at what belongs to the owner, who waits for the end of it. */
    static long held(long idle) {
        return idle | HELD;
    }

    /** Whether this slot word is an announcement, be it one that is suspended or held. */
    static boolean isInside(long word) {
        return word != UNOWNED && word != idle(word);
    }
}
