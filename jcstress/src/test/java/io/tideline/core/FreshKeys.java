package io.tideline.core;

import io.tideline.jcstress.Ring;

/**
 * Keys that nobody used before, each in a store that has room for it. Three stores take turns, and one is cleared when its turn comes:
 * by then every state that had a key of it is long over.
 */
final class FreshKeys {
    private static final int STORES = 3;
    private static final int KEYS_PER_TURN = 2 * Ring.SIZE;

    /** A key and its store. */
    record Cell(Store store, long key) {
    }

    private final Store[] stores = new Store[STORES];
    private int turn;
    private int used;

    /** @param recordBytes how much of the log a state may take with its key */
    FreshKeys(int recordBytes) {
        int page = Math.max(4096, Integer.highestOneBit(recordBytes) * 8);
        for (int i = 0; i < STORES; i++) {
            stores[i] = Store.open(StoreConfig.builder().pageSize(page).memory(Math.max(16L * page, 2L * KEYS_PER_TURN * recordBytes))
                    .mutableFraction(1).buckets(KEYS_PER_TURN / 2).hashSeed(i + 1).hugePages(false).build());
        }
    }

    synchronized Cell next() {
        if (used == KEYS_PER_TURN) {
            turn = (turn + 1) % STORES;
            stores[turn].clear();
            used = 0;
        }
        return new Cell(stores[turn], used++);
    }
}
