package io.tideline.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tideline.core.Session;
import io.tideline.core.Status;
import io.tideline.core.Store;
import io.tideline.core.StoreConfig;
import io.tideline.core.ValueHolder;
import java.io.PrintStream;

/** The twenty lines of the README. A test compares the two, so what stands there compiles and prints what it says. */
public final class FirstSteps {
    private FirstSteps() {
    }

    public static void main(String[] arguments) {
        run(System.out);
    }

    static void run(PrintStream out) {
        // README begins
        try (Store store = Store.open(StoreConfig.builder().memory(64L << 20).build())) {
            store.put(42, 7);                                    // long to long: the fast path, no garbage
            store.add(42, 5);                                    // one atomic read-modify-write
            out.println(store.get(42, -1));                      // 12; it would be -1 if 42 were absent

            byte[] key = "greeting".getBytes(UTF_8);             // or bytes: any length that fits a page
            store.put(key, "good morning".getBytes(UTF_8));
            ValueHolder value = ValueHolder.growing();           // yours; use it again and again
            if (store.get(key, value) == Status.FOUND) {
                out.println(new String(value.array(), 0, value.length(), UTF_8));
            }
            out.println(store.putIfAbsent(42, 0));               // FOUND: it was there and was left alone
            out.println(store.compareAndSet(42, 12, 13));        // UPDATED_IN_PLACE
            out.println(store.delete(42));                       // TOMBSTONED

            store.batch(batch -> {                               // many operations, entered once; must not block
                for (long id = 1; id <= 1_000; id++) {
                    batch.add(id % 10, 1);
                }
            });
            try (Session session = store.openSession("import")) { // a numbered sequence of operations
                session.put(1, 1);
                out.println(session.serial());                   // 1
            }
            out.println(store.approximateSize());                // 11: ten counters and the greeting
        }
        // README ends
    }
}
