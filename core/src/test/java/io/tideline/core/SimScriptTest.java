package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.core.HistoryEvent.Kind;
import io.tideline.core.SimHistory.Death;
import io.tideline.core.SimKey.Use;
import io.tideline.hlog.device.SimulatedDisk;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A {@link SimScript} run by one thread: it replays, it covers its mix, and it refuses stores that are not what they should be. */
@Tag("spill")
class SimScriptTest {
    private static final int SESSIONS = 3;
    private static final int OPERATIONS = 1500;

    private static Store open(SimulatedDisk disk) {
        return Store.open(StoreConfig.builder().memory(8 << 12).pageSize(1 << 12).segmentSize(1 << 16).buckets(64).hashSeed(7).maxPending(4, 8).hugePages(false)
                .files(disk).build());
    }

    private static SimScript script(long seed, SimScript.Options options) {
        return new SimScript(seed, SESSIONS, options, new AtomicLong()::incrementAndGet);
    }

    private static void run(SimScript script, int operations) {
        for (long end = script.serial(0) + operations; script.serial(0) < end; ) {
            for (int session = 0; session < SESSIONS; session++) {
                script.run(session);
            }
        }
    }

    /** Lives twice, with a checkpoint and operations behind it, and dies; the disk that is left. */
    private static SimulatedDisk live(SimScript script, SimulatedDisk disk, Death death) throws Exception {
        Store store = open(disk);
        script.open(store);
        run(script, OPERATIONS);
        script.checkpoint(CheckpointRequest.full()).get(60, TimeUnit.SECONDS);
        run(script, OPERATIONS / 4);
        SimulatedDisk left = null;
        if (death != Death.CLOSE) {
            script.died(death);
            left = disk.crash(1);
        }
        script.close();
        store.close();
        if (death == Death.CLOSE) {
            script.died(death);
            left = disk.crash(1);
        }
        return left;
    }

    private static SimulatedDisk disk() {
        return new SimulatedDisk(SimulatedDisk.Options.DEFAULT);
    }

    /** What each session did, without what follows from what it saw. */
    private static List<String> texts(SimScript script) {
        List<String> texts = new ArrayList<>();
        for (int session = 0; session < SESSIONS; session++) {
            for (SimEvent event : script.history().between(session, 0, Long.MAX_VALUE)) {
                texts.add(event.who() + " " + event.kind + " " + event.key + " " + (event.kind == Kind.COMPARE_AND_SET ? event.second : event.first));
            }
        }
        return texts;
    }

    @Test
    void shouldDoTheSameAgainForItsSeed() throws Exception {
        List<List<String>> runs = new ArrayList<>();
        for (long seed : new long[] {5, 5, 6}) {
            SimScript script = script(seed, SimScript.Options.ALL.walkEvery(200));
            live(script, disk(), Death.POWER_LOSS);
            runs.add(texts(script));
        }
        assertEquals(String.join("\n", runs.get(0)), String.join("\n", runs.get(1)));
        assertNotEquals(runs.get(0), runs.get(2));
    }

    @Test
    void shouldDoEverythingItsMixNames() throws Exception {
        SimScript script = script(1, SimScript.Options.ALL.walkEvery(200));
        live(script, disk(), Death.CLOSE);
        Set<String> seen = new HashSet<>();
        Set<String> ways = new HashSet<>();
        int pending = 0;
        int walks = 0;
        for (List<SimEvent> events : script.history().byKey(script.history().beginning()).values()) {
            for (SimEvent event : events) {
                seen.add(event.key.use() + " " + event.key.isBytes() + " " + event.kind);
                ways.add(event.kind + " " + event.seen(HistoryEvent.NEVER).status() + " " + (event.result() != HistoryEvent.UNKNOWN));
                pending += event.toString().contains("pending") ? 1 : 0;
                walks += event.isOfWalk ? 1 : 0;
            }
        }
        for (boolean isBytes : new boolean[] {false, true}) {
            for (Kind kind : Kind.values()) {
                assertTrue(seen.contains(Use.OWN + " " + isBytes + " " + kind), () -> "own " + isBytes + " " + kind + ": " + seen);
                assertTrue(kind == Kind.UPDATE || seen.contains(Use.PLAIN + " " + isBytes + " " + kind), () -> "plain " + isBytes + " " + kind + ": " + seen);
            }
            assertTrue(seen.contains(Use.COUNT + " " + isBytes + " " + Kind.UPDATE), seen::toString);
        }
        // Conditional inserts and swaps that find something and that do not, deletes by a function, updates of groups, blind writes of what is on the device.
        for (String way : List.of("PUT_IF_ABSENT FOUND false", "PUT_IF_ABSENT CREATED false", "COMPARE_AND_SET MISMATCH false", "COMPARE_AND_SET ABSENT false",
                "COMPARE_AND_SET COPIED false", "COMPARE_AND_SET UPDATED_IN_PLACE false", "DELETE TOMBSTONED true", "DELETE TOMBSTONED false", "DELETE ABSENT false",
                "PUT APPENDED false", "PUT COPIED true", "UPDATE null false", "UPDATE COPIED true", "UPDATE UPDATED_IN_PLACE true", "GET FOUND true", "GET ABSENT false")) {
            assertTrue(ways.contains(way), () -> way + " is not among " + ways);
        }
        assertTrue(pending > 50 && walks > 100, pending + " were pending, walks saw " + walks);
    }

    @Test
    void shouldAcceptWhatSurvivesEachDeathAndEachSwarm() throws Exception {
        for (long seed = 1; seed <= 12; seed++) {
            SimScript script = script(seed, SimScript.Options.swarm(seed));
            SimulatedDisk disk = disk();
            for (Death death : Death.values()) {
                disk = live(script, disk, death);
                try (Store store = open(disk)) {
                    script.check(store);
                }
            }
        }
    }

    @Test
    void shouldRefuseAStoreThatIsNotWhatItShouldBe() throws Exception {
        SimScript script = script(2, SimScript.Options.ALL);
        SimulatedDisk left = live(script, disk(), Death.POWER_LOSS);
        SimKey own = some(left, Use.OWN);
        SimKey count = some(left, Use.COUNT);
        SimKey plain = some(left, Use.PLAIN);
        assertRefused(script, left, own + " holds", store -> store.add(own.id(), 1));
        assertRefused(script, left, own + " holds", store -> store.delete(own.id()));
        assertRefused(script, left, count + " counts", store -> store.add(count.id(), SimKey.one(1)));
        assertRefused(script, left, count + " counts", store -> store.add(count.id(), -SimKey.one(2)));
        assertRefused(script, left, plain + ", with the operations within the points alone", store -> store.delete(plain.id()));
        assertRefused(script, left, plain + " holds", store -> store.put(plain.id(), SimKey.token(1, script.serial(1))));
        assertRefused(script, left, "nobody's", store -> store.put(-1, 1));
        assertRefused(script, left, "torn", store -> store.put(new SimKey(Use.OWN, true, 0, 1).name(), new byte[20]));
        assertRefused(script, left, "s1 came back with", store -> {
            try (Session session = store.resumeSession("s1")) {
                session.get(1, 0);
            }
        });
        try (Store store = open(left)) {
            script.check(store);
        }
    }

    /** A key that is there behind the recovery. */
    private static SimKey some(SimulatedDisk left, Use use) {
        Store store = open(left.kill(1));
        try {
            return SimScript.contents(store, new ArrayList<>()).keySet().stream().filter(key -> key.use() == use && !key.isBytes())
                .min((one, other) -> Long.compare(one.id(), other.id())).orElseThrow();
        } finally {
            store.abandon();
        }
    }

    private static void assertRefused(SimScript script, SimulatedDisk left, String reason, Consumer<Store> tamper) {
        Store store = open(left.kill(1));
        try {
            tamper.accept(store);
            AssertionError refused = assertThrows(AssertionError.class, () -> script.check(store));
            assertTrue(refused.getMessage().contains(reason) && refused.getMessage().contains("seed 2"), () -> reason + ": " + refused.getMessage());
        } finally {
            store.abandon();
        }
    }
}
