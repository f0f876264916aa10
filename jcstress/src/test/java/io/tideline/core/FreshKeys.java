package io.tideline.core;

import io.tideline.hlog.device.HeldDevice;
import io.tideline.jcstress.Ring;

/**
 * Keys that nobody used before, each in a store that has room for it. Three stores take turns, and one is cleared when its turn comes:
 * by then every state that had a key of it is long over.
 */
final class FreshKeys {
    private static final int STORES = 3;
    private static final int KEYS_PER_TURN = 2 * Ring.SIZE;
    private static final long SEGMENT_BYTES = 1 << 18;

    /** A key and its store. */
    record Cell(Store store, long key) {
    }

    private final Store[] stores = new Store[STORES];
    private int turn;
    private int used;

    private FreshKeys() {
    }

    /** @param recordBytes how much of the log a state may take with its key */
    FreshKeys(int recordBytes) {
        int page = Math.max(4096, Integer.highestOneBit(recordBytes) * 8);
        for (int i = 0; i < STORES; i++) {
            stores[i] = Store.open(config(i).pageSize(page).memory(Math.max(16L * page, 2L * KEYS_PER_TURN * recordBytes)).build());
        }
    }

    /** Keys in stores of the least memory, which spill to a disk in memory. */
    static FreshKeys spilling() {
        FreshKeys keys = new FreshKeys();
        for (int i = 0; i < STORES; i++) {
            keys.stores[i] = Store.open(config(i).files(new HeldDevice(_ -> false)).segmentSize(SEGMENT_BYTES).pageSize(4096).memory(8 * 4096).build());
        }
        return keys;
    }

    private static StoreConfig.Builder config(int number) {
        return StoreConfig.builder().mutableFraction(1).buckets(KEYS_PER_TURN / 2).hashSeed(number + 1).hugePages(false);
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
