package io.tideline.hlog.device;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Which steps of one {@link SimulatedDisk} meet which {@link Fault}: by their index, counted from 0 in the order in which they were asked
 * for, or with a probability from a seed. A fault that does not concern the step it is planned for does not happen. Not thread-safe: the
 * disk that has the plan asks under its lock. {@link #toString} is enough to write the plan down again.
 */
public final class FaultPlan {
    private record Rule(long first, long last, Fault fault) {
        @Override
        public String toString() {
            return fault + (first == last ? " at " + first : " from " + first);
        }
    }

    private final long seed;
    private final SplittableRandom random;
    private final List<Rule> rules = new ArrayList<>();
    private final Map<Fault, Double> probabilities = new EnumMap<>(Fault.class);
    private long budgetBytes = Long.MAX_VALUE;

    private FaultPlan(long seed) {
        this.seed = seed;
        this.random = new SplittableRandom(seed);
    }

    /** Nothing goes wrong. */
    public static FaultPlan none() {
        return new FaultPlan(0);
    }

    /** Nothing goes wrong yet; probabilities will be decided by the seed. */
    public static FaultPlan ofSeed(long seed) {
        return new FaultPlan(seed);
    }

    /** The step of this index meets the fault, and no other one does. */
    public FaultPlan failAt(long index, Fault fault) {
        rules.add(new Rule(index, index, fault));
        return this;
    }

    /** The step of this index and all behind it meet the fault. */
    public FaultPlan failFrom(long index, Fault fault) {
        rules.add(new Rule(index, Long.MAX_VALUE, fault));
        return this;
    }

    /** Each step that it concerns meets the fault with this probability. */
    public FaultPlan sometimes(Fault fault, double probability) {
        if (!(probability >= 0 && probability <= 1)) {
            throw new IllegalArgumentException("a probability of " + probability);
        }
        probabilities.put(fault, probability);
        return this;
    }

    /** All files together get no more than this many bytes, in whole sectors; writing more meets {@link Fault#ENOSPC}. */
    public FaultPlan budget(long bytes) {
        budgetBytes = bytes;
        return this;
    }

    long budgetBytes() {
        return budgetBytes;
    }

    /** What the step meets, or null. Asked once for each step, in the order of the indices. */
    Fault next(long index, Io io) {
        Fault byChance = null;
        for (Map.Entry<Fault, Double> entry : probabilities.entrySet()) {
            // drawn for each step, so that one fault more or less in a plan moves as few of the others as possible
            boolean drawn = random.nextDouble() < entry.getValue();
            if (drawn && byChance == null && entry.getKey().concerns(io)) {
                byChance = entry.getKey();
            }
        }
        for (Rule rule : rules) {
            if (index >= rule.first && index <= rule.last && rule.fault.concerns(io)) {
                return rule.fault;
            }
        }
        return byChance;
    }

    /** How a life may end that met these faults: it succeeds only if it may survive every one; it ends as any of them lets it. */
    public static Set<Outcome> allowed(Collection<Fault> met) {
        Set<Outcome> allowed = EnumSet.noneOf(Outcome.class);
        met.forEach(fault -> allowed.addAll(fault.allowed()));
        if (met.stream().allMatch(fault -> fault.allowed().contains(Outcome.SUCCEEDS))) {
            allowed.add(Outcome.SUCCEEDS);
        } else {
            allowed.remove(Outcome.SUCCEEDS);
        }
        return allowed;
    }

    @Override
    public String toString() {
        List<String> parts = new ArrayList<>();
        rules.forEach(rule -> parts.add(rule.toString()));
        probabilities.forEach((fault, probability) -> parts.add(fault + " with probability " + probability + " of seed " + seed));
        if (budgetBytes != Long.MAX_VALUE) {
            parts.add("a budget of " + budgetBytes + " bytes");
        }
        return parts.isEmpty() ? "no fault" : String.join(", ", parts);
    }
}
