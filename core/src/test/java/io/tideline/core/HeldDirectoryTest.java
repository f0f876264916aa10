package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.fault.LockedFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A store publishes only while nobody else can have its directory. */
@EnabledOnOs(OS.LINUX)
class HeldDirectoryTest {
    @TempDir
    private Path parent;

    private Path directory() {
        return parent.resolve("store");
    }

    private Store open() {
        return Store.open(StoreConfig.builder().memory(8 * 4096).pageSize(4096).segmentSize(1 << 14).buckets(1 << 10).hugePages(false)
                .directory(directory()).build());
    }

    @Test
    void shouldPublishNothingOnceItsLockWasRemoved() throws IOException {
        Store store = open();
        store.put(1, 10);
        store.checkpoint().join();
        Files.delete(directory().resolve("LOCK"));
        store.put(1, 20);
        Throwable cause = assertThrows(CompletionException.class, () -> store.checkpoint().join()).getCause();
        assertInstanceOf(LockedFault.class, cause);
        assertTrue(cause.getMessage().contains("is not held any more"), cause.getMessage());
        assertThrows(LockedFault.class, store::close);
        assertFalse(Files.exists(directory().resolve("MANIFEST-2")));
        assertFalse(Files.exists(directory().resolve("CLEAN-CLOSE")));
        try (Store again = open()) {
            assertEquals(10, again.get(1, -1), "what was published while the directory was held");
        }
    }

    @Test
    void shouldPublishWhenTheProcessReadItsLock() throws IOException {
        try (Store store = open()) {
            store.put(1, 10);
            assertTrue(Files.readString(directory().resolve("LOCK")).startsWith("pid " + ProcessHandle.current().pid()));
            store.checkpoint().join();
        }
        try (Store again = open()) {
            assertEquals(10, again.get(1, -1));
        }
    }
}
