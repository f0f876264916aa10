package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.tideline.core.HistoryEvent.Kind;
import io.tideline.hlog.device.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Several threads work on few keys of one small store, write down what they saw, and the checker explains it key by key, or cannot. */
final class History {
    private static final int THREADS = 4;
    private static final int KEYS = 3;
    private static final int EVENTS_PER_THREAD = 120;

    private final HistorySubject subject;
    private final long seed;
    private final String replay;
    /** Where the store spills; null where it lives in memory. */
    private final Device device;

    History(HistorySubject subject, String name, long seed) {
        this(subject, name, seed, null);
    }

    /** The same with a store of eight tiny pages, and so much written beside what is watched that this leaves the memory again and again. */
    History(HistorySubject subject, String name, long seed, Device device) {
        this.subject = subject;
        this.seed = seed;
        this.replay = name + ", seed " + seed;
        this.device = device;
    }

    /** A store whose pages turn every few dozen records, whose records are soon read-only, and whose keys share chains. */
    private StoreConfig config(SplittableRandom random) {
        if (device != null) {
            return StoreConfig.builder().pageSize(4096).memory(8 * 4096).mutableFraction((1 + random.nextInt(6)) / 8.0).segmentSize(1 << 14)
                .buckets(1 << random.nextInt(4)).hashSeed(random.nextLong()).maxOpenFiles(2).hugePages(false).files(device).build();
        }
        return StoreConfig.builder().pageSize(4096).memory(512 * 4096).mutableFraction((1 + random.nextInt(4)) / 512.0)
            .buckets(1 << random.nextInt(2)).hashSeed(random.nextLong()).hugePages(false).build();
    }

    /** What no order explains, or null. */
    String violation() throws Exception {
        Hammer.yieldAtProbes(seed);
        try (Store store = Store.open(config(new SplittableRandom(seed)))) {
            List<List<List<HistoryEvent>>> seen = Hammer.run(seed, THREADS, random -> work(store, random));
            for (int key = 0; key < KEYS; key++) {
                List<HistoryEvent> events = new ArrayList<>();
                for (List<List<HistoryEvent>> ofThread : seen) {
                    events.addAll(ofThread.get(key));
                }
                String violation = LinearizabilityChecker.violation(new RegisterSpec(subject.update()), events);
                if (violation != null) {
                    return replay + ", key " + key + ": " + violation;
                }
            }
            assertEquals(List.of(), StoreVerifier.verify(store), replay);
            return null;
        }
    }

    void assertLinearizable() throws Exception {
        assertNull(violation());
    }

    /** The events of one thread, by key. */
    private List<List<HistoryEvent>> work(Store store, SplittableRandom random) {
        List<List<HistoryEvent>> events = new ArrayList<>();
        for (int key = 0; key < KEYS; key++) {
            events.add(new ArrayList<>());
        }
        try (Session session = store.openSession()) {
            for (int done = 0; done < EVENTS_PER_THREAD;) {
                int group = 1 + random.nextInt(8);
                Surface surface = Surface.values()[random.nextInt(Surface.values().length)];
                surface.run(store, session, operations -> {
                    for (int i = 0; i < group; i++) {
                        int key = random.nextInt(KEYS);
                        events.get(key).add(event(operations, key, random, events.get(key)));
                    }
                    return null;
                });
                if (device != null) {
                    session.put(Bytes.ofLong(-1 - random.nextInt(4)), new byte[200 + random.nextInt(2000)]);
                }
                done += group;
            }
        }
        return events;
    }

    private HistoryEvent event(Operations operations, int key, SplittableRandom random, List<HistoryEvent> before) {
        Kind kind = switch (random.nextInt(10)) {
            case 0, 1 -> Kind.GET;
            case 2 -> Kind.CONTAINS;
            case 3 -> Kind.PUT;
            case 4 -> Kind.PUT_IF_ABSENT;
            case 5 -> Kind.DELETE;
            case 6, 7 -> Kind.COMPARE_AND_SET;
            default -> Kind.UPDATE;
        };
        long first = kind == Kind.COMPARE_AND_SET ? lastSeen(before) : random.nextLong() >>> 1;
        long second = random.nextLong() >>> 1;
        LongHolder result = new LongHolder();
        result.value = HistoryEvent.UNKNOWN;
        long begin = System.nanoTime();
        Status status = switch (kind) {
            case GET -> subject.get(operations, key, result);
            case CONTAINS -> subject.contains(operations, key);
            case PUT -> subject.put(operations, key, first);
            case PUT_IF_ABSENT -> subject.putIfAbsent(operations, key, first);
            case DELETE -> subject.delete(operations, key);
            case UPDATE -> subject.update(operations, key, first, result);
            case COMPARE_AND_SET -> subject.compareAndSet(operations, key, first, second);
        };
        return new HistoryEvent(kind, first, second, status, result.value, begin, System.nanoTime());
    }

    /** A value that the key may well still have. */
    private static long lastSeen(List<HistoryEvent> before) {
        for (int i = before.size() - 1; i >= 0; i--) {
            HistoryEvent event = before.get(i);
            if (event.result() != HistoryEvent.UNKNOWN) {
                return event.result();
            }
            if (event.kind() == Kind.PUT) {
                return event.first();
            }
        }
        return 0;
    }
}
