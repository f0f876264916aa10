package io.tideline.core;

import io.tideline.hlog.HybridLog;

/**
 * The members of a group of updates from the first one on that must be looked up on the device. They take effect in the order of the
 * arguments, so that at each moment those that have are a prefix; the lookups of those behind are under way meanwhile, as many as the ring and
 * the window take. Belongs to one session.
 */
final class DeviceWindow {
    /** Members that are looked at ahead; a power of two. */
    private static final int SIZE = 1024;

    private final Session session;
    private final PendingRing ring;
    /** The lookup of a member, by its place; null where memory was enough. */
    private final PendingOp[] lookups = new PendingOp[SIZE];
    private int begun;

    DeviceWindow(Session session, PendingRing ring) {
        this.session = session;
        this.ring = ring;
    }

    /** Updates the keys from {@code from} to {@code to}. What goes wrong with one is thrown, and those behind it are left as they are. */
    void updateAll(long[] keys, int from, int to, Update update, long operand) {
        int next = from;
        begun = from;
        session.needs.disk(0); // what brought us here is looked at again
        try {
            while (next < to) {
                beginLookups(keys, next, to);
                PendingOp lookup = lookups[next & SIZE - 1];
                if (lookup != null) {
                    collect(lookup);
                }
                session.breathe(); // whoever was outside looks at the gate first
                session.beginOne();
                update(keys[next], lookup, update, operand);
                next++;
                give(next - 1);
            }
        } finally {
            drop(next);
        }
    }

    /** Begins the lookups of members behind {@code next}, as long as there is room for more. */
    private void beginLookups(long[] keys, int next, int to) {
        while (begun < to && begun - next < SIZE) {
            long address = addressOnDevice(keys[begun]);
            PendingOp lookup = null;
            if (address != 0) {
                lookup = ring.take();
                if (lookup == null) {
                    return;
                }
                lookup.key.setWord(session.key.word, session.key.hash);
                lookup.isCollected = false;
                session.needs.disk(address);
                ring.start(lookup);
            }
            lookups[begun++ & SIZE - 1] = lookup;
            if (lookup != null) {
                session.breathe(); // it was begun outside, and the gate may be shut since
            }
        }
    }

    /** Where the key's chain leaves the memory; 0 if the key is found in memory, or nowhere. */
    private long addressOnDevice(long key) {
        HybridLog log = session.log;
        session.key.setWord(key, session.hash.of(key));
        long address = ChainWalk.find(log, session.newestBetween(session.key.hash), session.key);
        return address != ChainWalk.NOT_FOUND && address < log.head() ? address : 0;
    }

    /** Waits until a lookup has ended. */
    private void collect(PendingOp wanted) {
        while (!wanted.isCollected) {
            PendingOp ended = ring.next();
            ended.isCollected = true;
            session.countLookup(ended);
        }
    }

    private void update(long key, PendingOp lookup, Update update, long operand) {
        long hash = session.hash.of(key);
        if (lookup == null) {
            RmwOp.update(session, hash, session.index.find(hash), key, update, operand, null);
            return;
        }
        Needs needs = session.needs;
        DiskLookup own = needs.lookup;
        session.key.setWord(key, hash);
        needs.lookup = lookup;
        try {
            lookup.requireRead();
            for (int attempt = 0; RmwOp.tryUpdate(session, update, false, operand, null) == null; attempt++) {
                if (needs.lookup == lookup && needs.isDisk()) {
                    needs.lookup = own; // the chain leaves the memory elsewhere by now
                }
                session.startOver(attempt);
            }
        } finally {
            if (needs.lookup == lookup) {
                needs.lookup = own;
            }
        }
    }

    private void give(int place) {
        PendingOp lookup = lookups[place & SIZE - 1];
        if (lookup != null) {
            lookups[place & SIZE - 1] = null;
            ring.give(lookup);
        }
    }

    /** Waits for the lookups of members that are left as they are. */
    private void drop(int next) {
        for (int place = next; place < begun; place++) {
            PendingOp lookup = lookups[place & SIZE - 1];
            if (lookup != null) {
                collect(lookup);
                give(place);
            }
        }
        begun = next;
    }
}
