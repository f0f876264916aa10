package io.tideline.hlog.format;

/**
 * How each block of a file of blocks begins, little-endian:
 *
 * <pre>
 *  0       8         12       16         24         32             40
 *  | magic | version | CRC32C | store id | sequence | block number | the file's own fields …
 * </pre>
 */
public final class BlockLayout {
    public static final int MAGIC_OFFSET = 0;
    public static final int VERSION_OFFSET = 8;
    public static final int CRC_OFFSET = 12;
    public static final int STORE_ID_OFFSET = 16;
    public static final int SEQUENCE_OFFSET = 24;
    public static final int NUMBER_OFFSET = 32;
    /** Where the fields begin that only one kind of file has. */
    public static final int FIELDS_OFFSET = 40;
    /** What the checksum takes as bytes; what stands before it goes in as two words. */
    public static final int CHECKED_OFFSET = STORE_ID_OFFSET;
    /** What lengths of blocks are multiples of, so that a device that transfers only such can write and read them; no device asks for more. */
    public static final int ALIGNMENT_BYTES = 4096;

    private BlockLayout() {
    }
}
