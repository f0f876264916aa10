package io.tideline.checkpoint;

import io.tideline.checkpoint.SystemState.Phase;
import io.tideline.epoch.Epoch;
import io.tideline.fault.IoFault;
import io.tideline.memory.Probe;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Walks a plan of phases, one after the other: prepares each, publishes it, waits until everybody inside the epoch knows, and lets every step
 * do its part. One driver does all of it; operations never help and never wait for it. What goes wrong ends in {@link Phase#REST}, with
 * operations as fast as before; once the next version has begun it stays.
 */
public final class StateMachine {
    private static final long PASS_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final SystemState state;
    private final Epoch epoch;

    public StateMachine(SystemState state, Epoch epoch) {
        this.state = state;
        this.epoch = epoch;
    }

    /**
     * Runs a plan from rest to rest.
     *
     * @throws RuntimeException what a step threw, after all were told; an {@link IoFault} if somebody stays inside the epoch
     */
    public void run(List<Phase> plan, List<? extends Step> steps) {
        try {
            for (Phase phase : plan) {
                steps.forEach(step -> step.before(phase));
                state.setPhase(phase);
                Probe.at("checkpoint.phase");
                awaitAllPassed(phase);
                steps.forEach(step -> step.in(phase));
            }
        } catch (Throwable failed) {
            state.setPhase(Phase.REST);
            steps.forEach(step -> tell(step, failed));
            throw failed;
        }
        state.setPhase(Phase.REST);
    }

    private static void tell(Step step, Throwable failed) {
        try {
            step.failed();
        } catch (RuntimeException more) {
            failed.addSuppressed(more); // what it left is removed with the next checkpoint, or by the next opening
        }
    }

    private void awaitAllPassed(Phase phase) {
        if (!epoch.awaitAllPassed(PASS_TIMEOUT_NANOS)) {
            throw new IoFault("the checkpoint ended before " + phase + ", because somebody stays inside the store for more than "
                    + TimeUnit.NANOSECONDS.toSeconds(PASS_TIMEOUT_NANOS) + " s: " + epoch.inside() + "; nothing was committed");
        }
    }
}
