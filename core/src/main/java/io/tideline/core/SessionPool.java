package io.tideline.core;

import java.util.Arrays;
import java.util.concurrent.locks.Lock;
import java.util.function.IntSupplier;

/**
 * The sessions behind calls without one. Borrowing is the single CAS that enters the epoch: a call takes the first free session, beginning
 * at a place that the current thread prefers, so that two busy threads rarely meet. The pool grows while all are taken, up to a bound.
 */
final class SessionPool {
    private static final int MAX_SESSIONS = 1024;

    private final Kernel kernel;
    private final Lock growing;
    private final IntSupplier stripe;
    private volatile Session[] sessions = {};

    SessionPool(Kernel kernel) {
        this.kernel = kernel;
        this.growing = kernel.waits.lock();
        this.stripe = kernel.config.stripe();
        grow(0);
    }

    Session borrow() {
        int place = stripe.getAsInt();
        for (int attempt = 0; ; attempt++) {
            Session[] all = sessions;
            for (int i = 0; i < all.length; i++) {
                Session session = all[place + i & all.length - 1];
                if (session.tryBorrow()) {
                    return session;
                }
            }
            if (kernel.isClosed()) {
                throw kernel.closed();
            }
            if (all.length < MAX_SESSIONS) {
                grow(all.length);
            } else {
                kernel.waits.pause(attempt);
            }
        }
    }

    private void grow(int seen) {
        growing.lock();
        try {
            Session[] before = sessions;
            if (before.length != seen) {
                return;
            }
            Session[] after = Arrays.copyOf(before, Math.max(4, 2 * before.length));
            for (int i = before.length; i < after.length; i++) {
                after[i] = new Session(kernel, "session-free call " + i, true);
            }
            sessions = after;
        } finally {
            growing.unlock();
        }
    }
}
