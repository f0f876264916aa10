package io.tideline.epoch;

import io.tideline.memory.Models;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Offering and draining by two at once: what was accepted runs exactly once, what was refused never, and nothing before its epoch. */
@Tag("lincheck")
class DrainListModel {
    private static final int CAPACITY = 2;
    private static final int ACTIONS = 16;

    /** Nothing is answered; what counts is the account at the end. */
    public static class Specification {
        public void offer(int epoch) {
        }

        public void drainUpTo(int epoch) {
        }
    }

    /** The operations on any list, and the account of what ran. */
    @Param(name = "epoch", gen = IntGen.class, conf = "1:3")
    public abstract static class Draining {
        private final AtomicInteger offered = new AtomicInteger();
        private final AtomicIntegerArray accepted = new AtomicIntegerArray(ACTIONS);
        private final AtomicIntegerArray ran = new AtomicIntegerArray(ACTIONS);
        private final AtomicInteger early = new AtomicInteger();
        private final AtomicInteger safe = new AtomicInteger();

        abstract boolean offer(long epoch, Runnable action);

        abstract void drain(long epoch);

        /** Does not say whether the list had room: that depends on drains which met another drain and did nothing. */
        @Operation
        public void offer(@Param(name = "epoch") int epoch) {
            int number = offered.getAndIncrement();
            boolean taken = offer((long) epoch, () -> {
                ran.incrementAndGet(number);
                if (epoch > safe.get()) {
                    early.incrementAndGet();
                }
            });
            accepted.set(number, taken ? 1 : 0);
        }

        /** Returns nothing: who finds another at it leaves the work to that one. */
        @Operation
        public void drainUpTo(@Param(name = "epoch") int epoch) {
            safe.accumulateAndGet(epoch, Math::max);
            drain(epoch);
        }

        @Validate
        public void shouldHaveRunWhatWasAcceptedOnceAndNothingElse() {
            safe.set(Integer.MAX_VALUE);
            drain(Integer.MAX_VALUE);
            for (int i = 0; i < ACTIONS; i++) {
                if (ran.get(i) != accepted.get(i)) {
                    throw new AssertionError("action " + i + " accepted " + accepted.get(i) + " times ran " + ran.get(i) + " times");
                }
            }
            if (early.get() != 0) {
                throw new AssertionError("an action ran before its epoch was safe");
            }
        }
    }

    public static class Production extends Draining {
        private final DrainList list = new DrainList(CAPACITY);

        @Override
        boolean offer(long epoch, Runnable action) {
            return list.offer(epoch, action);
        }

        @Override
        void drain(long epoch) {
            list.drain(epoch);
            if (list.lastFailure() != null) {
                throw new AssertionError(list.lastFailure());
            }
        }
    }

    /** Planted: nobody owns the drain, so two may take the same entry out. */
    public static class DrainedByAnybody extends Draining {
        private final AtomicLongArray epochs = new AtomicLongArray(CAPACITY);
        private final AtomicReferenceArray<Runnable> actions = new AtomicReferenceArray<>(CAPACITY);

        @Override
        boolean offer(long epoch, Runnable action) {
            for (int i = 0; i < CAPACITY; i++) {
                if (epochs.compareAndSet(i, 0, -1)) {
                    actions.set(i, action);
                    epochs.set(i, epoch);
                    return true;
                }
            }
            return false;
        }

        @Override
        void drain(long epoch) {
            for (int i = 0; i < CAPACITY; i++) {
                long waitsFor = epochs.get(i);
                if (waitsFor > 0 && waitsFor <= epoch) {
                    Runnable action = actions.get(i);
                    epochs.set(i, 0);
                    action.run();
                }
            }
        }
    }

    @Test
    void shouldHoldInEveryInterleaving() {
        Models.assertHoldsInEveryInterleaving(Production.class, Specification.class);
    }

    @Test
    void shouldHoldUnderStress() {
        Models.assertHoldsUnderStress(Production.class, Specification.class);
    }

    @Test
    void shouldCatchAListThatAnybodyDrains() {
        Models.assertCaught(DrainedByAnybody.class, Specification.class);
    }
}
