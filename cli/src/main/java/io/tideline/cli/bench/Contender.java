package io.tideline.cli.bench;

import io.tideline.cli.bench.work.WorkSettings;

/** One side of a race, as the parent sees it. Each method waits until the other end is done. */
interface Contender extends AutoCloseable {

    /** What reports call it. */
    String name();

    /** Does the like of what is going to be measured on a store that is thrown away, where that makes a difference: a JVM compiles it. */
    void rehearse();

    /** Opens the store and inserts all keys; once more, the store that was loaded before is thrown away first. */
    Loading load();

    /** Goes on with other operations on the keys that were loaded. */
    void turnTo(WorkSettings work);

    /** Replays operations for that long. */
    Throughput window(double seconds);

    /** Replays operations for that long and times some of them. */
    Latency latency(double seconds);

    /** Measures what the store takes. */
    MemoryUse memory();

    /** Ends the other side, whatever it is doing. */
    @Override
    void close();
}
