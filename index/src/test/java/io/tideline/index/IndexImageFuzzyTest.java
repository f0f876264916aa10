package io.tideline.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.epoch.Epoch;
import io.tideline.hlog.LogAddress;
import io.tideline.hlog.device.SimulatedDisk;
import io.tideline.memory.Probe;
import io.tideline.memory.Waits;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An image that is written while threads change the index, and the replay that makes it whole. */
class IndexImageFuzzyTest {
    private static final long HOMES = 256;
    private static final long CAPACITY = 1500;
    private static final int TAGS = 600;
    private static final int WRITERS = 2;
    private static final int BEFORE = 3_000;
    private static final int PER_BLOCK = 150;
    private static final int AFTER = 500;

    private final Epoch epoch = new Epoch(Waits.SYSTEM);

    @AfterEach
    void removeHook() {
        Probe.install(null);
    }

    /** The log: who published an address to which hash. */
    private record Published(long address, long hash) {
    }

    /** One life: writers that append and publish, and a thread that writes an image in between. */
    private final class Life {
        private final HashIndex index = new HashIndex(epoch, HOMES, CAPACITY, false);
        private final SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT);
        private final AtomicLong tail = new AtomicLong(LogAddress.FIRST);
        private final AtomicInteger appends = new AtomicInteger();
        private final AtomicBoolean stop = new AtomicBoolean();
        private long replayFrom;
        private IndexImage image;

        List<Published> writer(SplittableRandom random) {
            List<Published> log = new ArrayList<>();
            Slot slot = new Slot();
            long epochSlot = epoch.claim("writer");
            while (!stop.get()) {
                assertTrue(epoch.tryEnter(epochSlot));
                // the home buckets at both ends, so that chains grow in front of the writer of the image and behind it
                long home = random.nextBoolean() ? random.nextInt(4) : HOMES - 1 - random.nextInt(4);
                long hash = Table.hash(random.nextInt(TAGS), random.nextInt(10) == 0 ? random.nextLong(HOMES) : home);
                if (random.nextBoolean()) { // as a group does, whose record is there before its entry
                    long place = index.freePlace(hash);
                    long reserved = tail.getAndAdd(16);
                    if (index.findTouched(hash) == LogAddress.NONE && index.insert(place, hash, reserved, slot)) {
                        log.add(new Published(reserved, hash));
                    }
                    appends.incrementAndGet();
                } else if (index.findOrReserve(hash, slot)) {
                    long address = tail.getAndAdd(16);
                    if (index.compareAndSet(slot, address)) {
                        log.add(new Published(address, hash));
                    }
                    appends.incrementAndGet();
                }
                epoch.exit(epochSlot);
            }
            epoch.release(epochSlot);
            return log;
        }

        List<Published> imager() {
            try {
                await(BEFORE);
                replayFrom = tail.get();
                assertTrue(epoch.bump(() -> { }));
                assertTrue(epoch.awaitAllPassed(TimeUnit.SECONDS.toNanos(60)));
                image = IndexImage.write(index, disk, Waits.SYSTEM, "A", 11, 5, false, bytes -> await(PER_BLOCK), 4096);
                await(AFTER);
                return List.of();
            } finally {
                stop.set(true);
            }
        }

        /** Lets the writers append so much more. */
        private void await(int more) {
            int goal = appends.get() + more;
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            for (int attempt = 0; appends.get() < goal; attempt++) {
                assertTrue(System.nanoTime() < deadline, "the writers stand still");
                Waits.SYSTEM.pause(attempt);
            }
        }
    }

    @Test
    void shouldBeWholeAfterAReplayFromBeforeItBegan() throws Exception {
        long raised = 0;
        long grown = 0;
        for (long seed = 1; seed <= 25; seed++) {
            String replay = "seed " + seed;
            Hammer.yieldAtProbes(seed);
            Life life = new Life();
            AtomicInteger role = new AtomicInteger();
            List<Published> log = new ArrayList<>();
            Hammer.run(seed, WRITERS + 1, random -> role.getAndIncrement() == 0 ? life.imager() : life.writer(random)).forEach(log::addAll);
            try (HashIndex index = life.index; HashIndex restored = new HashIndex(epoch, HOMES, CAPACITY, false)) {
                IndexImage.read(life.disk, Waits.SYSTEM, "A", 11, 5, restored, life.tail.get(), bytes -> { });
                Map<Long, Long> newest = new TreeMap<>();
                log.forEach(record -> newest.merge(record.hash, record.address, Math::max));
                assertEquals(newest, Table.entries(index, replay), "the test itself, " + replay);
                assertNotEquals(newest, Table.entries(restored, replay), "without a replay something is missing, " + replay);

                log.sort((a, b) -> Long.compare(a.address, b.address));
                for (Published record : log) {
                    if (record.address >= life.replayFrom && restored.raise(record.hash, record.address) == HashIndex.Raised.NEWEST) {
                        raised++;
                    }
                }
                assertEquals(newest, Table.entries(restored, replay), replay);
                newest.forEach((hash, address) -> assertEquals(address, restored.find(hash), replay));
                grown += index.overflowBuckets() - life.image.overflowBuckets();
            }
        }
        assertTrue(raised > 0 && grown > 0, raised + " raised, " + grown + " overflow buckets more than in the images");
    }
}
