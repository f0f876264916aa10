package io.tideline.cli.console;

import io.tideline.core.Store;
import io.tideline.core.StoreConfig;

/** The store that a command works on: in memory, of the size that {@code --memory} says, gone when the command ends. */
public final class MemoryStore {
    /** 64 MiB of index: two to four keys a bucket for some millions of distinct keys, and little to touch for few. */
    private static final long MAX_BUCKETS = 1 << 20;
    /** Small memories get an index of half their size. */
    private static final long BYTES_PER_BUCKET = 128;

    private MemoryStore() {
    }

    /** Opens one, or says in a {@link Failure} why this size or this JVM does not do. */
    public static Store open(ByteSize memory) {
        try {
            return Store.open(StoreConfig.builder().memory(memory.bytes())
                    .buckets(Math.clamp(Long.highestOneBit(memory.bytes() / BYTES_PER_BUCKET), 64, MAX_BUCKETS)).build());
        } catch (IllegalArgumentException wrongSize) {
            throw new Failure("--memory " + memory + " cannot be used: " + wrongSize.getMessage() + ".", wrongSize);
        } catch (IllegalStateException wrongJvm) {
            throw new Failure("The store cannot be opened: " + wrongJvm.getMessage() + ".", wrongJvm);
        }
    }
}
