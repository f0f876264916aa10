package io.tideline.core;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Writes a log of many more files than the process may open, closes the store, opens it again and looks at every value. A program, because the limit must be that of
 * its own process.
 */
final class FewFiles {
    private static final int KEYS = 30_000;
    private static final int VALUE_BYTES = 140;

    private FewFiles() {
    }

    /** Arguments: directory, device model, and whether another user takes all descriptors while the store has most of its files open. */
    public static void main(String[] arguments) throws IOException {
        StoreConfig config = StoreConfig.builder().pageSize(4096).segmentSize(1 << 14).memory(1 << 20).buckets(1 << 13).hugePages(false)
                .device(DeviceModel.valueOf(arguments[1])).directory(Path.of(arguments[0])).build();
        boolean crowded = Boolean.parseBoolean(arguments[2]);
        int most = 0;
        List<FileInputStream> others = new ArrayList<>();
        try (Store store = Store.open(config)) {
            for (int key = 0; key < KEYS; key++) {
                store.put(key, value(key));
                if (crowded && key == KEYS / 2) {
                    store.checkpoint().join(); // what that needs of the JVM is loaded, and as many files of the log are open as may be
                    requireWhole(store, key + 1, 20);
                    takeAll(others);
                }
                most = Math.max(most, store.stats().openFiles());
            }
            if (crowded) {
                store.checkpoint().join();
                takeAll(others);
            }
        }
        for (FileInputStream other : others) {
            other.close();
        }
        try (Store store = Store.open(config)) {
            requireWhole(store, KEYS, 1);
            System.out.println("model=" + store.stats().device() + " most=" + most + " others=" + others.size());
        }
    }

    private static byte[] value(int key) {
        byte[] value = new byte[VALUE_BYTES];
        Arrays.fill(value, (byte) (key * 31));
        return value;
    }

    private static void requireWhole(Store store, int keys, int step) {
        ValueHolder found = ValueHolder.growing();
        for (int key = 0; key < keys; key += step) {
            byte[] expected = value(key);
            byte[] read = store.get(key, found) == Status.FOUND ? found.toArray() : null;
            if (!Arrays.equals(expected, read)) {
                throw new AssertionError("key " + key + " is " + Arrays.toString(read));
            }
        }
    }

    private static void takeAll(List<FileInputStream> others) throws IOException {
        for (;;) {
            try {
                others.add(new FileInputStream("/dev/null"));
            } catch (IOException none) {
                return;
            }
        }
    }
}
