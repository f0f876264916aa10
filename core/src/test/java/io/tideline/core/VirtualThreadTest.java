package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** Calls without a session from more virtual threads than any table of threads would hold. */
class VirtualThreadTest {
    private static final int THREADS = 100_000;
    private static final int KEYS = 100;

    @Test
    void shouldServeAHundredThousandVirtualThreads() {
        try (Store store = Store.open(StoreConfig.builder().memory(1 << 20).pageSize(4096).mutableFraction(0.5).hashSeed(5).build())) {
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                for (int i = 0; i < THREADS; i++) {
                    long key = i % KEYS;
                    threads.submit(() -> store.add(key, 1));
                }
            }
            for (long key = 0; key < KEYS; key++) {
                assertEquals(THREADS / KEYS, store.get(key, -1), "key " + key);
            }
            assertEquals(List.of(), store.kernel().epoch.inside());
            assertEquals(List.of(), StoreVerifier.verify(store));
        }
    }
}
