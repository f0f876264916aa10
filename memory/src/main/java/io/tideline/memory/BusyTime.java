package io.tideline.memory;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/**
 * The processor time of threads. A class of its own, because the JVM's management takes some milliseconds to come up, and few stores need it at once. A JVM without the
 * module java.management has the clock instead.
 */
final class BusyTime {
    private static final ThreadMXBean THREADS = threads();

    private BusyTime() {
    }

    /** Null where the JVM cannot tell. */
    private static ThreadMXBean threads() {
        try {
            ThreadMXBean threads = ManagementFactory.getThreadMXBean();
            return threads.isCurrentThreadCpuTimeSupported() && threads.isThreadCpuTimeEnabled() ? threads : null;
        } catch (LinkageError withoutTheModule) {
            return null;
        }
    }

    static long ofThisThread() {
        return THREADS != null && !Thread.currentThread().isVirtual() ? THREADS.getCurrentThreadCpuTime() : System.nanoTime();
    }
}
