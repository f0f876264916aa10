package io.tideline.core;

import io.tideline.hlog.RecordLayout;
import io.tideline.memory.Words;

/**
 * The members of a group of reads whose keys must be looked up on the device: as many lookups at once as the session may have, each finished
 * when it comes. The first thing that goes wrong is thrown once none is under way any more.
 */
final class DeviceGroup {
    private DeviceGroup() {
    }

    /** Finishes one member inside the epoch; false if its lookup must go on elsewhere, as the session was told. */
    @FunctionalInterface
    private interface Member {
        boolean finish(int place);
    }

    /** Reads the keys at {@code places} into {@code values}; how many were found. */
    static int getAll(Session session, PendingRing ring, long[] keys, long[] values, int[] places, int count, long ifAbsent) {
        int[] found = new int[1];
        run(session, ring, keys, places, count, place -> {
            long record = ReadOp.findWithLookup(session);
            if (record == ReadOp.ON_DISK) {
                return false;
            }
            values[place] = record == 0 ? ifAbsent : Words.getAcquire(record + RecordLayout.LONG_TO_LONG_VALUE_OFFSET);
            found[0] += record == 0 ? 0 : 1;
            return true;
        });
        return found[0];
    }

    private static void run(Session session, PendingRing ring, long[] keys, int[] places, int count, Member member) {
        DiskLookup own = session.needs.lookup;
        Throwable problem = null;
        int next = 0;
        while (next < count && problem == null || ring.underWay() > 0) {
            PendingOp op = next < count && problem == null ? ring.take() : null;
            boolean isNew = op != null;
            if (!isNew) {
                op = ring.next();
                session.countLookup(op);
            } else {
                op.context = places[next++];
            }
            boolean done = true;
            try {
                session.breathe(); // whoever was outside looks at the gate first
                int place = (int) op.context;
                long key = keys[place];
                long hash = session.hash.of(key);
                op.key.setWord(key, hash);
                session.key.setWord(key, hash);
                session.needs.lookup = op;
                if (!isNew) {
                    op.requireRead();
                }
                session.beginOne(); // for what has it start over; the group counts when it is done
                try {
                    done = problem != null || member.finish(place);
                } finally {
                    session.unbegin();
                }
                if (!done) {
                    ring.start(op);
                }
            } catch (RuntimeException | Error thrown) {
                problem = problem == null ? thrown : problem;
            } finally {
                session.needs.lookup = own;
                if (done) {
                    ring.give(op);
                }
            }
        }
        Callbacks.rethrow(problem);
    }
}
