package io.tideline.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tideline.core.Rmw;
import io.tideline.core.RmwAction;
import io.tideline.core.Store;
import io.tideline.core.StoreConfig;
import io.tideline.core.Update;
import io.tideline.core.ValueView;
import io.tideline.core.ValueWriter;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A web site in small: every visitor is a virtual thread, and all of them share one store. It counts the views of each page, keeps the
 * longest time that a page took, and holds the path of each visitor until the visitor leaves.
 *
 * <p>No thread opens a session, takes a lock or boxes a number; a record grows while others are read beside it.
 */
public final class PageViews {
    private static final String[] PAGES = {"/", "/news", "/search", "/cart", "/help", "/about"};

    /** Appends a page to the path of a visitor. It depends on its arguments alone: the store may run it again after a lost race. */
    private record Visit(byte page) implements Rmw {
        @Override
        public RmwAction onAbsent(ValueWriter writer) {
            writer.set(new byte[] {page});
            return RmwAction.WRITE;
        }

        @Override
        public RmwAction onPresent(ValueView old, ValueWriter writer) {
            byte[] path = Arrays.copyOf(old.toArray(), old.length() + 1);
            path[old.length()] = page;
            writer.set(path);
            return RmwAction.WRITE;
        }
    }

    private PageViews() {
    }

    public static void main(String[] arguments) {
        run(System.out, 10_000, 20);
    }

    static void run(PrintStream out, int visitors, int clicks) {
        try (Store store = Store.open(StoreConfig.builder().memory(64L << 20).build())) {
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                for (long visitor = 0; visitor < visitors; visitor++) {
                    long id = visitor;
                    threads.execute(() -> browse(store, id, clicks));
                }
            }
            report(store, out);
        }
    }

    private static void browse(Store store, long visitor, int clicks) {
        SplittableRandom random = new SplittableRandom(visitor);
        for (int click = 0; click < clicks; click++) {
            int page = Math.min(random.nextInt(PAGES.length), random.nextInt(PAGES.length));
            long millis = random.nextLong(1, 500);
            store.add(views(page), 1);
            byte[] slowest = slowest(page);
            store.rmw(slowest, 0, slowest.length, Update.MAX, millis, null);
            store.rmw(visitor, new Visit((byte) page));
        }
        if (visitor % 2 == 0) {
            store.delete(visitor);
        }
    }

    private static byte[] views(int page) {
        return ("views of " + PAGES[page]).getBytes(UTF_8);
    }

    private static byte[] slowest(int page) {
        return ("slowest of " + PAGES[page]).getBytes(UTF_8);
    }

    private static void report(Store store, PrintStream out) {
        Map<String, Long> numbers = new TreeMap<>();
        long[] paths = new long[2];
        store.forEach((key, value) -> {
            if (key.length() == 8) { // a visitor's number; the names of the counters are longer
                paths[0]++;
                paths[1] += value.length();
            } else {
                numbers.put(new String(key.toArray(), UTF_8), value.getLong(0));
            }
            return true;
        });
        numbers.forEach((name, number) -> out.println(name + ": " + number));
        out.println(paths[0] + " visitors are still there and saw " + paths[1] + " pages");
    }
}
