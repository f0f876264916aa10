package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.tideline.checkpoint.SessionPoint;
import io.tideline.hlog.device.SimulatedDisk;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** What a checkpoint sees of sessions that come and go while it looks. */
class NamedSessionsTest {
    private static final int ROUNDS = 30_000;

    private static Store open(SimulatedDisk disk) {
        return Store.open(StoreConfig.builder().memory(8 << 12).pageSize(1 << 12).segmentSize(1 << 16).buckets(1024).hashSeed(7).hugePages(false).files(disk).build());
    }

    /** Or every checkpoint from then on would fail, and the close's. */
    @Test
    void shouldRefuseANameThatNoCheckpointCouldHold() throws Exception {
        try (SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(1)); Store store = open(disk)) {
            for (String name : List.of("", "n".repeat(256), "\u00e9".repeat(128), "\ud800")) {
                assertThrows(IllegalArgumentException.class, () -> store.openSession(name));
            }
            assertEquals(List.of(), store.sessionNames());
            String longest = "n".repeat(255);
            store.openSession(longest).close();
            assertEquals(Map.of(longest, 0L), store.checkpoint().get(60, TimeUnit.SECONDS).serials());
        }
    }

    @Test
    void shouldNameSessionsInTheOrderInWhichTheyWereOpened() throws Exception {
        try (SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(1)); Store store = open(disk)) {
            List<String> order = List.of("lane 9", "lane 10", "lane 2", "a");
            order.forEach(name -> store.openSession(name).close());
            assertEquals(order, List.copyOf(store.checkpoint().get(60, TimeUnit.SECONDS).serials().keySet()));
        }
    }

    /** Two openings of one name, and a forgetting between them: whoever is refused takes back its own entry and not that of the other. */
    @Test
    void shouldKeepASessionWhoseNameSomebodyElseGaveUpOpening() throws Exception {
        try (SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(1)); Store store = open(disk)) {
            NamedSessions names = store.kernel().names;
            NamedSessions.Entry first = names.create("s");
            store.forgetSession("s");
            try (Session second = store.openSession("s")) {
                assertThrows(IllegalArgumentException.class, () -> new Session(store.kernel(), "s", first));
                names.discard(first);
                second.put(1, 1);
                assertEquals(Map.of("s", 1L), store.checkpoint().get(60, TimeUnit.SECONDS).serials());
            }
        }
    }

    @Test
    void shouldShowHowFarASessionIsWhileSomebodyGoesOnWithIt() throws Exception {
        try (SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(1).mode(SimulatedDisk.Mode.THREADS));
                Store store = open(disk)) {
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
