package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class StoreModelTest {
    @Test
    void shouldAgreeWithAModel() {
        for (long seed = 1; seed <= 300; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            try (Store store = Store.open(StoreConfig.builder().memory(1 << 18).pageSize(4096).buckets(1 << random.nextInt(4)).hashSeed(seed).build())) {
                Map<Long, Long> model = new HashMap<>();
                LongHolder holder = new LongHolder();
                int n = 0;
                try {
                    for (; n < 3000; n++) {
                        long key = random.nextInt(100);
                        long value = random.nextLong();
                        switch (random.nextInt(5)) {
                            case 0 -> {
                                store.put(key, value);
                                model.put(key, value);
                            }
                            case 1 -> {
                                store.add(key, value);
                                model.merge(key, value, Long::sum);
                            }
                            case 2 -> {
                                store.delete(key);
                                model.remove(key);
                            }
                            case 3 -> {
                                store.putIfAbsent(key, value);
                                model.putIfAbsent(key, value);
                            }
                            default -> {
                                Status status = store.get(key, holder);
                                assertEquals(model.containsKey(key), status == Status.FOUND, "seed " + seed);
                                if (status == Status.FOUND) {
                                    assertEquals(model.get(key), holder.value);
                                }
                            }
                        }
                    }
                } catch (io.tideline.fault.FullFault full) {
                    assertEquals(store.stats().logMemoryBytes(), store.stats().logUsedBytes() + 64, 4096, "seed " + seed);
                }
                assertEquals(List.of(), StoreVerifier.verify(store), "seed " + seed);
                assertEquals(model.size(), store.approximateSize());
                Map<Long, Long> seen = new HashMap<>();
                store.forEach((k, v) -> {
                    seen.put(k.getLong(0), v.getLong(0));
                    return true;
                });
                assertEquals(model, seen);
                store.clear();
                assertEquals(List.of(), StoreVerifier.verify(store), "seed " + seed);
                store.put(5, 6);
                assertEquals(6, store.get(5, 0));
            }
        }
    }
}
