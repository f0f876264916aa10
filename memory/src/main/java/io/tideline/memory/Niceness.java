package io.tideline.memory;

/** The weight of a thread where more threads would run than there are processors. On Linux each thread has its own; Java's priorities do not reach it. */
final class Niceness {
    /** At 10 a thread has a tenth of a processor that it shares with one other. */
    private static final int STEP = 10;

    private static final int LEAST_WEIGHT = 19;
    private static final int PRIO_PROCESS = 0;
    private static final int CALLING_THREAD = 0;
    /** The kernel answers 20 less the niceness, so that no answer looks like an error. */
    private static final int OFFSET = 20;

    private Niceness() {
    }

    /** Makes the calling thread step back, for good: only the administrator may take that back. Elsewhere than on Linux nothing happens. */
    static void raise() {
        if (!LinuxCall.areThere()) {
            return;
        }
        long answer = LinuxCall.GETPRIORITY.tryRun(PRIO_PROCESS, CALLING_THREAD, 0, 0, 0, 0);
        if (answer > 0) {
            long raised = Math.min(LEAST_WEIGHT, OFFSET - answer + STEP);
            LinuxCall.SETPRIORITY.tryRun(PRIO_PROCESS, CALLING_THREAD, raised, 0, 0, 0); // to make oneself lighter is never refused
        }
    }
}
