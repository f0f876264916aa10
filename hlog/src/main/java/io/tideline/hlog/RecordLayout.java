package io.tideline.hlog;

import io.tideline.fault.FormatFault;
import io.tideline.memory.Words;

/**
 * A record in the log: a 16-byte header, optional header words, key, value; key and value start on 8 bytes, the whole is padded with
 * zeros to 16. Records never span pages.
 *
 * <pre>
 *   word 0, the link
 *     bits  0–47  address of the previous record of the chain
 *     bit  48     tombstone: the key is deleted as of this record
 *     bit  49     invalid: never became part of a chain
 *     bit  50     filler: no record, only its length in 16-byte granules, in bits 32–61 of word 1
 *     bit  51     version parity
 *     bit  52     expiry word follows          (reserved: refused)
 *     bit  53     table id word follows        (reserved: refused)
 *     bit  54     long lengths: word 2 holds both lengths
 *     bit  55     subset pointers follow       (reserved: refused)
 *     bits 56–63  slack behind the value, in 16-byte granules
 *   word 1, the state word
 *     bits  0–31  sequence number while the record may change, its checksum once it is immutable
 *     bits 32–49  value length in bytes
 *     bits 50–61  key length in bytes; 4095 where the lengths are in word 2
 *     bits 62–63  state: free, locked, sealed, immutable
 *   word 2, only with long lengths
 *     bits  0–31  value length, bits 32–63 key length
 * </pre>
 *
 * An 8-byte key with an 8-byte value takes 32 bytes and never straddles a cache line. A link of 0 is memory that nobody has framed yet.
 */
public final class RecordLayout {
    public static final int GRANULE_BYTES = 16;
    public static final int HEADER_BYTES = 16;
    public static final int LINK_OFFSET = 0;
    public static final int STATE_OFFSET = 8;
    public static final int LONG_LENGTHS_OFFSET = 16;
    /** Where the key of a record without optional header words stands. */
    public static final int KEY_OFFSET = 16;

    /** Of the record with an 8-byte key and an 8-byte value. */
    public static final int LONG_TO_LONG_BYTES = 32;
    public static final int LONG_TO_LONG_VALUE_OFFSET = 24;

    public static final long TOMBSTONE = 1L << 48;
    public static final long INVALID = 1L << 49;
    public static final long FILLER = 1L << 50;
    public static final long PARITY = 1L << 51;
    public static final long EXPIRY = 1L << 52;
    public static final long TABLE_ID = 1L << 53;
    public static final long LONG_LENGTHS = 1L << 54;
    public static final long SUBSET_POINTERS = 1L << 55;
    /** Flags that a newer version may set and this one must not ignore. */
    public static final long UNKNOWN_FLAGS = EXPIRY | TABLE_ID | SUBSET_POINTERS;
    /** If any of these is set, the record is not simply alive. */
    public static final long NOT_PLAIN = TOMBSTONE | UNKNOWN_FLAGS;

    private static final int SLACK_SHIFT = 56;
    public static final int MAX_SLACK_BYTES = 255 * GRANULE_BYTES;

    private static final int STATE_SHIFT = 62;
    public static final long FREE = 0;
    public static final long LOCKED = 1L << STATE_SHIFT;
    public static final long SEALED = 2L << STATE_SHIFT;
    public static final long IMMUTABLE = 3L << STATE_SHIFT;
    public static final long STATE_MASK = 3L << STATE_SHIFT;

    private static final int VALUE_SHIFT = 32;
    private static final int VALUE_BITS = 18;
    private static final int KEY_SHIFT = VALUE_SHIFT + VALUE_BITS;
    private static final int KEY_BITS = 12;
    private static final long SEQUENCE_MASK = 0xFFFF_FFFFL;
    public static final long LENGTHS_MASK = (1L << STATE_SHIFT) - 1 & ~SEQUENCE_MASK;

    private static final int LONG_LENGTHS_KEY = (1 << KEY_BITS) - 1;
    public static final int MAX_SHORT_KEY_BYTES = LONG_LENGTHS_KEY - 1;
    public static final int MAX_SHORT_VALUE_BYTES = (1 << VALUE_BITS) - 1;

    /** The length bits of the record with an 8-byte key and an 8-byte value. */
    public static final long LONG_TO_LONG = (8L << KEY_SHIFT) | (8L << VALUE_SHIFT);
    /** The length bits of every record with a short 8-byte key, under {@link #KEY_LENGTH_MASK}. */
    public static final long LONG_KEY = 8L << KEY_SHIFT;
    public static final long KEY_LENGTH_MASK = (long) LONG_LENGTHS_KEY << KEY_SHIFT;

    static {
        if (KEY_SHIFT + KEY_BITS != STATE_SHIFT || LogAddress.BITS != 48 || SLACK_SHIFT + 8 != 64) {
            throw new AssertionError("the fields of a record header do not add up to two words");
        }
    }

    private RecordLayout() {
    }

    // --- sizes ---

    /** Whether lengths need word 2. */
    public static boolean needsLongLengths(int keyBytes, int valueBytes) {
        return keyBytes > MAX_SHORT_KEY_BYTES || valueBytes > MAX_SHORT_VALUE_BYTES;
    }

    /** Bytes of a new record without slack. In long, because a caller's lengths may not fit anything. */
    public static long sizeBytes(int keyBytes, int valueBytes) {
        return sizeBytes(keyBytes, valueBytes, needsLongLengths(keyBytes, valueBytes));
    }

    private static long sizeBytes(int keyBytes, int valueBytes, boolean longLengths) {
        return pad16(keyOffset(longLengths) + pad8(keyBytes) + valueBytes);
    }

    private static int keyOffset(boolean longLengths) {
        return longLengths ? KEY_OFFSET + 8 : KEY_OFFSET;
    }

    private static long pad8(long bytes) {
        return (bytes + 7) & ~7L;
    }

    private static long pad16(long bytes) {
        return (bytes + 15) & ~15L;
    }

    // --- word 0 ---

    public static long previous(long link) {
        return link & LogAddress.MASK;
    }

    /** Whether this is the link of something that became part of the store, a tombstone included: no filler, and not invalid. */
    public static boolean isRecord(long link) {
        return (link & (FILLER | INVALID)) == 0;
    }

    public static boolean isTombstone(long link) {
        return (link & TOMBSTONE) != 0;
    }

    /** Refuses a record with a flag that this version does not know. */
    public static void requireKnown(long link, long address) {
        if ((link & UNKNOWN_FLAGS) != 0) {
            throw new FormatFault("the record at log address " + address + " has the flags 0x" + Long.toHexString((link & UNKNOWN_FLAGS) >>> 48)
                    + ", which this version does not know; open the store with the version that wrote it");
        }
    }

    public static int slackBytes(long link) {
        return (int) (link >>> SLACK_SHIFT) * GRANULE_BYTES;
    }

    public static long withSlack(long link, int slackBytes) {
        return link & (1L << SLACK_SHIFT) - 1 | (long) (slackBytes / GRANULE_BYTES) << SLACK_SHIFT;
    }

    // --- word 1 ---

    public static long state(long stateWord) {
        return stateWord & STATE_MASK;
    }

    public static boolean isLocked(long stateWord) {
        return state(stateWord) == LOCKED;
    }

    /** The free state word behind a change: the next sequence number, the same lengths. */
    public static long nextFree(long stateWord) {
        return nextFree(stateWord, stateWord & LENGTHS_MASK);
    }

    /** The free state word behind a change: the next sequence number, other length bits. */
    public static long nextFree(long stateWord, long lengthBits) {
        return lengthBits | (stateWord + 1) & SEQUENCE_MASK;
    }

    /** The same word in another state. */
    public static long inState(long stateWord, long state) {
        return stateWord & ~STATE_MASK | state;
    }

    /** The state word of an immutable record: the same lengths, its checksum in place of the sequence number. */
    public static long immutable(long stateWord, int crc) {
        return IMMUTABLE | stateWord & LENGTHS_MASK | crc & SEQUENCE_MASK;
    }

    /** What a checksum covers of a state word. */
    public static long checked(long stateWord) {
        return stateWord & LENGTHS_MASK;
    }

    /** 0 exactly if these are the words of a record in a chain that is free and alive, of an 8-byte key and an 8-byte value. A word, for callers that want one branch. */
    static long unlikeFreeLongs(long stateWord, long link) {
        return stateWord & (STATE_MASK | LENGTHS_MASK) ^ (FREE | LONG_TO_LONG) | link & NOT_PLAIN;
    }

    /** The checksum of an immutable record. */
    public static int crc(long stateWord) {
        return (int) stateWord;
    }

    private static boolean hasLongLengths(long stateWord) {
        return (stateWord & KEY_LENGTH_MASK) == KEY_LENGTH_MASK;
    }

    /** The length bits for a record in short form, or the mark of the long form. */
    public static long lengthBits(int keyBytes, int valueBytes) {
        return needsLongLengths(keyBytes, valueBytes) ? KEY_LENGTH_MASK : (long) keyBytes << KEY_SHIFT | (long) valueBytes << VALUE_SHIFT;
    }

    // --- a record in memory; stateWord is what its word 1 held ---

    public static int keyBytes(long record, long stateWord) {
        return hasLongLengths(stateWord)
                ? (int) (Words.get(record + LONG_LENGTHS_OFFSET) >>> 32) : (int) ((stateWord & KEY_LENGTH_MASK) >>> KEY_SHIFT);
    }

    public static int valueBytes(long record, long stateWord) {
        return hasLongLengths(stateWord)
                ? (int) Words.get(record + LONG_LENGTHS_OFFSET) : (int) (stateWord >>> VALUE_SHIFT) & MAX_SHORT_VALUE_BYTES;
    }

    public static long keyAddress(long record, long stateWord) {
        return record + keyOffset(hasLongLengths(stateWord));
    }

    public static long valueAddress(long record, long stateWord) {
        return keyAddress(record, stateWord) + pad8(keyBytes(record, stateWord));
    }

    /** Bytes that the record takes in the log: what it holds and its slack, or the length of a filler. */
    public static long sizeBytes(long record, long link, long stateWord) {
        if ((link & FILLER) != 0) {
            return (stateWord & LENGTHS_MASK) >>> VALUE_SHIFT << 4;
        }
        return sizeBytes(keyBytes(record, stateWord), valueBytes(record, stateWord), hasLongLengths(stateWord)) + slackBytes(link);
    }

    /** What must be there of a record before {@link #sizeBytes(long, long, long)} may be asked: its header, with the lengths where they stand apart. */
    static int leastBytes(long link, long stateWord) {
        return (link & FILLER) == 0 && hasLongLengths(stateWord) ? LONG_LENGTHS_OFFSET + Long.BYTES : HEADER_BYTES;
    }

    /**
     * The bytes of the record that {@code record} shows, or -1 if none can look like this, whose state is the caller's matter. For memory that came
     * from a file, of which nothing may be believed yet.
     *
     * @param roomBytes how much there is from there on, at least {@link #HEADER_BYTES}; nothing behind is touched
     */
    static int framedBytes(long record, long roomBytes) {
        long link = Words.get(record + LINK_OFFSET);
        long stateWord = Words.get(record + STATE_OFFSET);
        if (link == 0 || roomBytes < leastBytes(link, stateWord)) {
            return -1; // also where the lengths would stand behind the page, in memory that may not be there
        }
        long sizeBytes = sizeBytes(record, link, stateWord);
        return sizeBytes < GRANULE_BYTES || sizeBytes > roomBytes || (sizeBytes & GRANULE_BYTES - 1) != 0 ? -1 : (int) sizeBytes;
    }

    /**
     * The slack that a value of {@code newValueBytes} would leave in the place of this record, or -1 if it must go elsewhere: it does
     * not fit, leaves more slack than the header can say, or would change a value from or to 8 bytes, which are read without a second look.
     */
    public static int slackInPlace(long record, long link, long stateWord, int newValueBytes) {
        int oldValueBytes = valueBytes(record, stateWord);
        if ((oldValueBytes == 8) != (newValueBytes == 8)) {
            return -1;
        }
        boolean longLengths = hasLongLengths(stateWord);
        if (!longLengths && newValueBytes > MAX_SHORT_VALUE_BYTES) {
            return -1;
        }
        long slack = sizeBytes(record, link, stateWord) - sizeBytes(keyBytes(record, stateWord), newValueBytes, longLengths);
        return slack < 0 || slack > MAX_SLACK_BYTES ? -1 : (int) slack;
    }

    /** The length bits of the record once its value has {@code valueBytes}; writes word 2 where the lengths are there. Under the lock. */
    public static long changedLengthBits(long record, long stateWord, int valueBytes) {
        if (hasLongLengths(stateWord)) {
            Words.set(record + LONG_LENGTHS_OFFSET, (long) keyBytes(record, stateWord) << 32 | valueBytes);
            return KEY_LENGTH_MASK;
        }
        return stateWord & KEY_LENGTH_MASK | (long) valueBytes << VALUE_SHIFT;
    }

    // --- writing ---

    /** Frames {@code sizeBytes} as filler, so that a scan can step over them: length first, then the link that makes it readable. */
    public static void writeFiller(long record, long sizeBytes) {
        Words.set(record + STATE_OFFSET, sizeBytes / GRANULE_BYTES << VALUE_SHIFT);
        Words.setRelease(record + LINK_OFFSET, FILLER);
    }

    /**
     * Begins a record that was reserved: writes word 2 where it is needed and returns the state word, from which the addresses of key and
     * value follow. The place stays framed as filler until {@link #finish}, whatever is thrown meanwhile.
     */
    public static long begin(long record, int keyBytes, int valueBytes) {
        long stateWord = FREE | lengthBits(keyBytes, valueBytes);
        if (hasLongLengths(stateWord)) {
            Words.set(record + LONG_LENGTHS_OFFSET, (long) keyBytes << 32 | valueBytes);
        }
        return stateWord;
    }

    /** Turns the filler into the record whose key and value are written. */
    public static void finish(long record, long stateWord, long previous, long flags) {
        Words.set(record + STATE_OFFSET, stateWord);
        Words.setRelease(record + LINK_OFFSET, previous | flags | (hasLongLengths(stateWord) ? LONG_LENGTHS : 0));
    }

    /** Marks a finished record that could not be published: it never becomes part of a chain. */
    public static void invalidate(long record) {
        Words.setRelease(record + LINK_OFFSET, Words.get(record + LINK_OFFSET) | INVALID);
    }
}
