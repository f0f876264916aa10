package io.tideline.core;

import io.tideline.epoch.Housekeeper;
import io.tideline.hlog.HybridLog;
import io.tideline.index.BucketLayout;
import io.tideline.index.KeyHash;
import io.tideline.memory.Models;
import io.tideline.memory.Waits;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The store's operations on three keys in one bucket, two of which share their tag and so their chain. At any moment all records so far may
 * become read-only, so values are changed in place, sealed and copied, and copied without a seal.
 */
@Tag("lincheck")
class StoreOperationsModel {
    private static final int PAGE_BYTES = 4096;
    private static final long SEED = 1;
    /** And the frontiers, each of which is a word, and the hash, which touches none. */
    private static final String[] MODELLED_ELSEWHERE = {"io.tideline.epoch.EpochTable", "io.tideline.epoch.DrainList",
            "io.tideline.hlog.TailAllocator", "io.tideline.index.HashIndex", "io.tideline.hlog.Frontiers", "io.tideline.index.KeyHash"};
    private static final long[] KEYS = keys();

    /** Two keys with one tag, and a third one with another. */
    private static long[] keys() {
        KeyHash hash = new KeyHash(SEED);
        Map<Long, Long> keyOfTag = new HashMap<>();
        for (long key = 1; ; key++) {
            Long earlier = keyOfTag.put(BucketLayout.tagBits(hash.of(key)), key);
            if (earlier != null) {
                return new long[] {earlier, key, earlier + 1};
            }
        }
    }

    /** Lets the checker switch threads wherever the store would wait, and has no clock. */
    private static final class SteeredWaits implements Waits {
        @Override
        public void spin() {
            Thread.onSpinWait();
        }

        @Override
        public void pause(int attempt) {
            Thread.onSpinWait();
        }

        @Override
        public long nanoTime() {
            return 0;
        }
    }

    /** A map. */
    public static class Specification {
        private final Map<Integer, Long> values = new HashMap<>();

        public long get(int key) {
            return values.getOrDefault(key, 0L);
        }

        public boolean put(int key, int value) {
            return values.put(key, (long) value) == null;
        }

        public boolean delete(int key) {
            return values.remove(key) != null;
        }

        public long add(int key, int value) {
            return values.merge(key, (long) value, Long::sum);
        }

        public boolean putIfAbsent(int key, int value) {
            return values.putIfAbsent(key, (long) value) == null;
        }

        public Status compareAndSet(int key, int expected, int value) {
            Long old = values.get(key);
            if (old == null) {
                return Status.ABSENT;
            }
            if (old != expected) {
                return Status.MISMATCH;
            }
            values.put(key, (long) value);
            return Status.UPDATED_IN_PLACE;
        }

        /** Shows nothing to anybody. */
        public void freeze() {
        }
    }

    /** The operations on a store of the least size. */
    @Param(name = "key", gen = IntGen.class, conf = "0:2")
    @Param(name = "value", gen = IntGen.class, conf = "1:2")
    public static class Operating {
        final Store store = Store.open(StoreConfig.builder().memory(HybridLog.MIN_PAGES * PAGE_BYTES).pageSize(PAGE_BYTES).buckets(1)
                .hashSeed(SEED).hugePages(false).waits(new SteeredWaits()).stripe(() -> 0).housekeeper(Housekeeper::withoutThread).build());

        /** The value; 0 if there is none. */
        @Operation
        public long get(@Param(name = "key") int key) {
            return store.get(KEYS[key], 0);
        }

        /** Whether the key was not there. */
        @Operation
        public boolean put(@Param(name = "key") int key, @Param(name = "value") int value) {
            return store.put(KEYS[key], value) == Status.CREATED;
        }

        /** Whether the key was there. */
        @Operation
        public boolean delete(@Param(name = "key") int key) {
            return store.delete(KEYS[key]) == Status.TOMBSTONED;
        }

        /** The value after it. */
        @Operation
        public long add(@Param(name = "key") int key, @Param(name = "value") int value) {
            LongHolder result = new LongHolder();
            store.rmw(KEYS[key], Update.ADD, value, result);
            return result.value;
        }

        /** Whether the key was not there. */
        @Operation
        public boolean putIfAbsent(@Param(name = "key") int key, @Param(name = "value") int value) {
            return store.putIfAbsent(KEYS[key], value) == Status.CREATED;
        }

        /** As if every record could be changed in place. */
        @Operation
        public Status compareAndSet(@Param(name = "key") int key, @Param(name = "value") int expected, @Param(name = "value") int value) {
            Status status = store.compareAndSet(KEYS[key], expected, value);
            return status == Status.COPIED ? Status.UPDATED_IN_PLACE : status;
        }

        /** Makes every record so far read-only. */
        @Operation
        public void freeze() {
            HybridLog log = store.kernel().log;
            log.shiftReadOnly(log.tail());
            store.kernel().epoch.drain();
        }

        /** Chains, latches, framing, and the number of keys are as they should be. */
        @Validate
        public void shouldBeSound() {
            List<String> problems = StoreVerifier.verify(store);
            if (!problems.isEmpty()) {
                throw new AssertionError(problems);
            }
        }
    }

    /** One key that is there, and few operations: nearly every scenario has updates on both sides of a freeze, where records are sealed. */
    @Param(name = "value", gen = IntGen.class, conf = "1:2")
    public static class Freezing {
        private final Operating store = new Operating();

        public Freezing() {
            store.put(0, 1);
        }

        @Operation
        public long add(@Param(name = "value") int value) {
            return store.add(0, value);
        }

        @Operation
        public long addFrozen(@Param(name = "value") int value) {
            store.freeze();
            return store.add(0, value);
        }

        @Operation
        public boolean delete() {
            return store.delete(0);
        }

        @Validate
        public void shouldBeSound() {
            store.shouldBeSound();
        }
    }

    public static class FreezingSpecification {
        private final Specification map = new Specification();

        public FreezingSpecification() {
            map.put(0, 1);
        }

        public long add(int value) {
            return map.add(0, value);
        }

        public long addFrozen(int value) {
            return map.add(0, value);
        }

        public boolean delete() {
            return map.delete(0);
        }
    }

    /** Planted: the update of a value reads it, and then puts another one. */
    public static class AddingByPut extends Operating {
        @Override
        @Operation
        public long add(@Param(name = "key") int key, @Param(name = "value") int value) {
            long sum = store.get(KEYS[key], 0) + value;
            store.put(KEYS[key], sum);
            return sum;
        }
    }

    /** Planted: looks whether the key is there, and then writes it. */
    @Param(name = "key", gen = IntGen.class, conf = "0:0")
    @Param(name = "value", gen = IntGen.class, conf = "1:2")
    public static class LookingBeforePut {
        private final Operating store = new Operating();

        @Operation
        public boolean putIfAbsent(@Param(name = "key") int key, @Param(name = "value") int value) {
            if (store.get(key) != 0) {
                return false;
            }
            store.put(key, value);
            return true;
        }

        @Operation
        public long get(@Param(name = "key") int key) {
            return store.get(key);
        }

        @Operation
        public boolean delete(@Param(name = "key") int key) {
            return store.delete(key);
        }
    }

    @Test
    void shouldHoldInEveryInterleaving() {
        Models.assertHoldsInEveryInterleaving(Operating.class, Specification.class, MODELLED_ELSEWHERE);
    }

    @Test
    void shouldHoldInEveryInterleavingWithAFreeze() {
        Models.assertHoldsInEveryInterleaving(Freezing.class, FreezingSpecification.class, MODELLED_ELSEWHERE);
    }

    @Test
    void shouldCatchAnUpdateMadeOfAGetAndAPut() {
        Models.assertCaught(AddingByPut.class, Specification.class, MODELLED_ELSEWHERE);
    }

    @Test
    void shouldCatchAnInsertionThatLooksFirst() {
        Models.assertCaught(LookingBeforePut.class, Specification.class, MODELLED_ELSEWHERE);
    }
}
