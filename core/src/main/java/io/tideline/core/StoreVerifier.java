package io.tideline.core;

import static io.tideline.hlog.RecordLayout.LINK_OFFSET;
import static io.tideline.hlog.RecordLayout.STATE_OFFSET;

import io.tideline.fault.StoreFault;
import io.tideline.hlog.HybridLog;
import io.tideline.hlog.LogAddress;
import io.tideline.hlog.LogScan;
import io.tideline.hlog.RecordLayout;
import io.tideline.index.BucketLayout;
import io.tideline.memory.Words;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The deep check of a store while nobody is using it: frontiers in order; the log framed without a hole; every bucket chain with at most one
 * entry of a tag; every chain strictly descending, ending properly, and nothing latched; every record in the chain where
 * its hash belongs, and in others of its tag at most where the index had fewer buckets once; every live key counted once; nobody inside the epoch.
 */
public final class StoreVerifier {
    /** Problems beyond this many are not collected: the first ones tell. */
    private static final int MAX_PROBLEMS = 100;

    private final Kernel kernel;
    private final HybridLog log;
    private final List<String> problems = new ArrayList<>();
    private final Map<Long, Sight> records = new HashMap<>();
    private final Set<Long> inChain = new HashSet<>();
    private long liveKeys;

    private StoreVerifier(Kernel kernel) {
        this.kernel = kernel;
        this.log = kernel.log;
    }

    /** What is wrong with the store, one sentence each; empty if it is sound. Takes time and heap by the number of records. */
    public static List<String> verify(Store store) {
        StoreVerifier verifier = new StoreVerifier(store.kernel());
        store.kernel().whileOpen(() -> {
            verifier.check();
            return null;
        });
        return verifier.problems;
    }

    private void check() {
        kernel.epoch.inside().forEach(owner -> problem(owner + " is inside the epoch"));
        checkFrontiers();
        checkFraming();
        checkIndex();
        long counted = kernel.size();
        if (Math.abs(counted - liveKeys) > kernel.counted(Counter.APPENDED)) {
            problem("the store counts " + counted + " keys, with " + kernel.counted(Counter.APPENDED) + " blind upserts, and " + liveKeys
                    + " are reachable");
        }
    }

    private void problem(String sentence) {
        if (problems.size() < MAX_PROBLEMS) {
            problems.add(sentence);
        }
    }

    private void checkFrontiers() {
        long[] frontiers = {log.begin(), log.head(), log.flushed(), log.safeReadOnly(), log.readOnly(), log.tail()};
        for (int i = 1; i < frontiers.length; i++) {
            if (frontiers[i - 1] > frontiers[i]) {
                problem("frontiers out of order: begin, head, flushed, safeReadOnly, readOnly, tail are " + Arrays.toString(frontiers));
                return;
            }
        }
    }

    /** Every byte from begin to tail belongs to a record or to filler; what is on the device is as it was sealed. */
    private void checkFraming() {
        try (LogScan scan = new LogScan(log, kernel.waits, log.tail())) {
            for (LogScan.Step step = scan.advance(); step != LogScan.Step.END; step = scan.advance()) {
                switch (step) {
                    case ON_DEVICE -> scan.load();
                    case RECORD -> records.put(scan.address(), Sight.of(scan.record(), kernel));
                    default -> {
                        problem("a record behind log address " + scan.address() + " is locked");
                        return;
                    }
                }
            }
        } catch (StoreFault fault) {
            problem(fault.getMessage());
        }
    }

    private void checkIndex() {
        Map<Long, Set<Long>> tagsOfHome = new HashMap<>();
        kernel.index.forEachBucket((home, bucket) -> {
            for (int at = 0; at < BucketLayout.ENTRIES_BYTES; at += 8) {
                long entry = Words.getVolatile(bucket + at);
                if (entry == 0) {
                    continue;
                }
                if (BucketLayout.hasForeignBits(entry)) {
                    problem("bucket " + home + " has an entry with bit 62 or 63, which none has");
                } else if (!tagsOfHome.computeIfAbsent(home, h -> new HashSet<>()).add(BucketLayout.tagBitsOf(entry))) {
                    problem("bucket " + home + " has two entries of one tag");
                } else {
                    checkChain(home, entry);
                }
            }
        });
    }

    private void checkChain(long home, long entry) {
        Set<Bytes> seen = new HashSet<>();
        long address = BucketLayout.address(entry);
        while (address >= log.begin()) {
            Sight sight = records.get(address);
            boolean isAtHome = sight != null && (sight.hash & kernel.index.buckets() - 1) == home;
            if (sight == null || isAtHome && !inChain.add(address)) {
                problem("log address " + address + ", in a chain of bucket " + home + ", is no record or in two chains");
                return;
            }
            checkRecord(entry, address, sight, isAtHome && seen.add(sight.key));
            if (sight.previous >= address) {
                problem("the chain goes up: from log address " + address + " to " + sight.previous);
                return;
            }
            address = sight.previous;
        }
        if (address != LogAddress.CHAIN_END && log.begin() == LogAddress.FIRST) {
            problem("a chain of bucket " + home + " ends at " + address + ", which is neither a record nor the end mark");
        }
    }

    /** @param newest whether it is what the store says of its key */
    private void checkRecord(long entry, long address, Sight sight, boolean newest) {
        if (BucketLayout.tagBits(sight.hash) != BucketLayout.tagBitsOf(entry)) {
            problem("the record at log address " + address + " is in a chain of another tag");
        }
        if ((sight.link & RecordLayout.INVALID) != 0) {
            problem("the record at log address " + address + " is invalid and in a chain");
        }
        if (RecordLayout.isLocked(sight.stateWord)) {
            problem("the record at log address " + address + " is locked");
        }
        if (newest && RecordLayout.state(sight.stateWord) == RecordLayout.SEALED) {
            problem("the record at log address " + address + " is sealed and nothing has replaced it");
        }
        if (newest && !RecordLayout.isTombstone(sight.link)) {
            liveKeys++;
        }
    }

    /** What a scan saw of a record. */
    private record Sight(long link, long stateWord, long previous, Bytes key, long hash) {
        static Sight of(long record, Kernel kernel) {
            long link = Words.get(record + LINK_OFFSET);
            long stateWord = Words.getAcquire(record + STATE_OFFSET);
            byte[] key = new byte[RecordLayout.keyBytes(record, stateWord)];
            long keyAddress = RecordLayout.keyAddress(record, stateWord);
            Words.copyOut(keyAddress, key, 0, key.length);
            long hash = key.length == 8 ? kernel.hash.of(Words.get(keyAddress)) : kernel.hash.of(keyAddress, key.length);
            return new Sight(link, stateWord, RecordLayout.previous(link), new Bytes(key), hash);
        }
    }

    /** A key by value. */
    private record Bytes(byte[] bytes) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Bytes that && Arrays.equals(bytes, that.bytes);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(bytes);
        }
    }
}
