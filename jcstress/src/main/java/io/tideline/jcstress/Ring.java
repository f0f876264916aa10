package io.tideline.jcstress;

import io.tideline.memory.Region;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Things too dear to be made for every state of a case, made once and handed out in turn. A thing comes round again only after all
 * others were handed out, so its former state is long over: the harness keeps at most {@link #LIVE_STATES} states at once, and keeps the
 * old ones while it makes the next.
 *
 * @param <T> what a state needs
 */
public final class Ring<T> {
    /** How many states the harness runs at once: its stride size times its stride count, see {@link StressRun}. */
    public static final int LIVE_STATES = 512;
    /** How many things a ring of single states needs, a power of two. */
    public static final int SIZE = 4 * LIVE_STATES;

    /** So that neighbours do not disturb each other. */
    private static final int LINE_PAIR_BYTES = 128;

    private final Object[] things = new Object[SIZE];
    private final AtomicInteger next = new AtomicInteger();

    public Ring(Supplier<T> maker) {
        for (int i = 0; i < SIZE; i++) {
            things[i] = maker.get();
        }
    }

    /** Addresses of blocks of off-heap memory, which hold whatever their last user left there; they are never given back. */
    public static Ring<Long> ofMemory(int sizeBytes) {
        int step = (sizeBytes + LINE_PAIR_BYTES - 1) / LINE_PAIR_BYTES * LINE_PAIR_BYTES;
        Region region = Region.allocate((long) SIZE * step, false);
        long[] next = {region.address()};
        return new Ring<>(() -> {
            long address = next[0];
            next[0] += step;
            return address;
        });
    }

    /** The thing that was handed out longest ago, as its last user left it. */
    @SuppressWarnings("unchecked") // the constructor put nothing else in
    public T next() {
        return (T) things[next.getAndIncrement() & SIZE - 1];
    }
}
