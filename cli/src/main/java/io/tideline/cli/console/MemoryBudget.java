package io.tideline.cli.console;

import io.tideline.core.StoreConfig;

/** The memory that {@code --memory} names, divided between the log of a store on disk and the buffers that its reads need. */
public final class MemoryBudget {

    private static final int MOST_PENDING_OF_SESSION = 128;
    private static final int MOST_PENDING = 4_096;
    /** The buffers of single reads get at most so large a part; where that is little, fewer reads are under way at once. */
    private static final int BUFFERS_PART = 8;

    private MemoryBudget() {
    }

    /**
     * Sets the log memory, and how many operations may wait for the disk, so that the log and the buffers of reads take {@code bytes} together.
     *
     * @param config has everything else
     * @param sessions how many threads use the store at the same time
     * @param recordBytes how long most records are at most; the buffers of longer ones come on top
     * @throws IllegalArgumentException if that is too little
     */
    public static void divide(StoreConfig.Builder config, long bytes, int sessions, int recordBytes) {
        int pending = MOST_PENDING_OF_SESSION;
        StoreConfig chosen = config.memory(bytes).maxPending(pending, MOST_PENDING).build();
        while (pending > 1 && readBytes(chosen, sessions, recordBytes) > bytes / BUFFERS_PART) {
            pending /= 2;
            chosen = config.maxPending(pending, MOST_PENDING).build();
        }
        long buffers = chosen.readBufferBytes(sessions, recordBytes);
        if (buffers >= bytes) {
            throw new IllegalArgumentException("the buffers for reads of " + sessions + " threads alone take " + buffers + " bytes");
        }
        try {
            config.memory(bytes - buffers).build();
        } catch (IllegalArgumentException tooLittle) {
            throw new IllegalArgumentException("without the " + buffers + " bytes for the buffers of reads, " + tooLittle.getMessage(), tooLittle);
        }
    }

    /** Without those of a walk, which are a part of the memory whatever it is. */
    private static long readBytes(StoreConfig config, int sessions, int recordBytes) {
        return config.readBufferBytes(sessions, recordBytes) - config.readBufferBytes(0, recordBytes);
    }
}
