package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.hlog.HybridLog;
import io.tideline.memory.Waits;
import java.util.concurrent.TimeUnit;

/** Puts records out of the memory of a store that spills. */
final class Eviction {
    private Eviction() {
    }

    /** Everything that is in the store now. Writes nothing but filler; must not be called inside a batch. */
    static void ofAll(Store store) {
        below(store, store.kernel().log.tail());
    }

    /** What stands below an address. */
    static void below(Store store, long address) {
        HybridLog log = store.kernel().log;
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        for (int attempt = 0; log.head() < address; attempt++) {
            assertTrue(System.nanoTime() - deadline < 0, () -> "the head does not move: " + store.stats());
            long[] reserved = new long[1];
            store.batch(batch -> reserved[0] = log.reserve(log.maxRecordBytes()));
            if (reserved[0] == HybridLog.BEHIND) {
                Waits.SYSTEM.pause(attempt);
            }
        }
    }
}
