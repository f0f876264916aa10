package io.tideline.core;

import io.tideline.jcstress.Ring;

/** A session with a key of its own, in whose value each operation counts, that the driver of a checkpoint moves from version to version. */
public final class MovedSession {
    private static final Store STORE = Store.open(StoreConfig.builder().pageSize(1 << 18).memory(8L << 18).mutableFraction(1).buckets(4 * Ring.SIZE)
            .hashSeed(1).hugePages(false).build());
    private static final Ring<MovedSession> SESSIONS = new Ring<>(MovedSession::new);
    private static long keys;

    private final Session session = STORE.openSession();
    private final long key = keys++;
    private long before;

    private MovedSession() {
        session.add(key, 1);
    }

    public static MovedSession take() {
        MovedSession moved = SESSIONS.next();
        moved.before = moved.session.serial();
        return moved;
    }

    public void operate() {
        session.add(key, 1);
    }

    /** How many operations of this state have taken effect, as anybody sees it. */
    public long effects() {
        return STORE.get(key, 0) - before;
    }

    /** The driver moves the session; how many operations of this state belong to the version before. */
    public long cut() {
        long next = session.version() + 1;
        while (!session.tryMoveTo(next)) {
            Thread.onSpinWait();
        }
        return session.cutSerial() - before;
    }

    /** What the driver would take for that if it did not hold the session's slot. */
    public long serialOfWhoeverIsInside() {
        return session.serial() - before;
    }
}
