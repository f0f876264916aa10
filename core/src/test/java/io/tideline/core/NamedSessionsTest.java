package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tideline.checkpoint.SessionPoint;
import io.tideline.hlog.device.SimulatedDisk;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** What a checkpoint sees of sessions that come and go while it looks. */
class NamedSessionsTest {
    private static final int ROUNDS = 30_000;

    @Test
    void shouldShowHowFarASessionIsWhileSomebodyGoesOnWithIt() throws Exception {
        try (SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(1).mode(SimulatedDisk.Mode.THREADS));
                Store store = Store.open(StoreConfig.builder().memory(8 << 12).pageSize(1 << 12).segmentSize(1 << 16).buckets(1024).hashSeed(7)
                        .hugePages(false).files(disk).build())) {
            try (Session session = store.openSession("s")) {
                session.put(1, 1);
                session.setCookie(new byte[] {1});
            }
            store.checkpoint(CheckpointRequest.logOnly()).get(60, TimeUnit.SECONDS);
            NamedSessions names = store.kernel().names;
            long version = store.kernel().state.version();
            List<SessionPoint> points = names.pointsBefore(version);
            assertEquals(1, points.getFirst().durableSerial());
            AtomicBoolean done = new AtomicBoolean();
            CompletableFuture<Void> looking = CompletableFuture.runAsync(() -> {
                while (!done.get()) {
                    assertEquals(points, names.pointsBefore(version));
                }
            });
            try {
                for (int round = 0; round < ROUNDS && !looking.isDone(); round++) {
                    store.resumeSession("s").close();
                }
            } finally {
                done.set(true);
            }
            looking.get(60, TimeUnit.SECONDS);
        }
    }
}
