package io.tideline.cli.bench;

import java.util.Arrays;
import java.util.Locale;

/** Who can take part in a race: this store, and what it can be compared with. */
enum Contestant {

    /** This store. */
    TIDELINE,
    /** {@code ConcurrentHashMap<Long, Long>}. */
    CHM,
    /** The limit program: the same layout and work in plain C, without anything that makes a store safe. */
    C,
    /** RocksDB: a log-structured merge tree. */
    ROCKSDB,
    /** LMDB: a copy-on-write B+ tree in a memory map. */
    LMDB,
    /** The MVStore of H2: a copy-on-write B+ tree in Java. */
    MVSTORE;

    /** The peer that an option names, or an {@link IllegalArgumentException} with a sentence that lists them all. */
    static Contestant parse(String text) {
        return Arrays.stream(values()).filter(peer -> peer != TIDELINE && peer.toString().equals(text)).findAny().orElseThrow(() ->
                new IllegalArgumentException("'" + text + "' is nothing to compare with; choose chm, c, rocksdb, lmdb, mvstore or"
                        + " fio, or several such as chm,c"));
    }

    /** Whether it keeps its data in files, and so can hold more of them than it may take of the memory. */
    boolean isOnDisk() {
        return switch (this) {
            case TIDELINE, CHM, C -> false;
            case ROCKSDB, LMDB, MVSTORE -> true;
        };
    }

    /** The peer as options and reports name it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
