package io.tideline.jcstress;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.infra.Status;
import org.openjdk.jcstress.infra.collectors.TestResult;
import org.openjdk.jcstress.infra.grading.GradingResult;

/**
 * What a case showed, and whether that is as it should be. A control is a case of the package {@code control}: code that is broken on
 * purpose. It must be seen to fail, or the cases it stands beside prove nothing; its failure is the outcome it calls interesting.
 *
 * @param name of the class, nested ones behind a dot
 * @param outcomes with their counts, also those that were not seen
 * @param troubles what the harness said of a case that did not run to its end
 */
record CaseResult(String name, List<Outcome> outcomes, List<String> troubles) {
    /** One outcome: how it reads, what it is to the case, how often it was seen, and what it means. */
    record Outcome(String id, Expect expect, long count, String description) {
    }

    /** @param resultOrNull null if the harness left the case out */
    static CaseResult of(String name, TestResult resultOrNull) {
        if (resultOrNull == null) {
            return new CaseResult(name, List.of(), List.of("the harness did not run it"));
        }
        Collection<GradingResult> graded = resultOrNull.grading().gradingResults.values();
        List<String> troubles = new ArrayList<>();
        if (resultOrNull.status() != Status.NORMAL) {
            troubles.add("it ended with " + resultOrNull.status());
            troubles.addAll(resultOrNull.getMessages());
            troubles.addAll(resultOrNull.getVmOut());
            troubles.addAll(resultOrNull.getVmErr());
        }
        return new CaseResult(name, graded.stream().map(one -> new Outcome(one.id, one.expect, one.count, one.description)).toList(), troubles);
    }

    /** What two runs of the case showed together. */
    CaseResult and(CaseResult other) {
        List<Outcome> together = new ArrayList<>(outcomes);
        together.addAll(other.outcomes);
        List<String> allTroubles = new ArrayList<>(troubles);
        allTroubles.addAll(other.troubles);
        return new CaseResult(name, together, allTroubles);
    }

    private boolean isControl() {
        return name.contains(".control.");
    }

    long samples() {
        return outcomes.stream().mapToLong(Outcome::count).sum();
    }

    private long seen(Expect expect) {
        return outcomes.stream().filter(outcome -> outcome.expect == expect).mapToLong(Outcome::count).sum();
    }

    /** Whether this is a control that ran well and kept its secret. */
    boolean isControlNotSeenToFail() {
        return isControl() && troubles.isEmpty() && seen(Expect.ACCEPTABLE_INTERESTING) == 0;
    }

    boolean isAsItShouldBe() {
        return troubles.isEmpty() && samples() > 0 && seen(Expect.FORBIDDEN) == 0 && seen(Expect.UNKNOWN) == 0
                && isControl() == seen(Expect.ACCEPTABLE_INTERESTING) > 0;
    }

    private String verdict() {
        if (!troubles.isEmpty()) {
            return "BROKEN";
        }
        if (seen(Expect.FORBIDDEN) + seen(Expect.UNKNOWN) > 0) {
            return "FORBIDDEN outcome seen " + (seen(Expect.FORBIDDEN) + seen(Expect.UNKNOWN)) + " times";
        }
        if (isControl()) {
            return isAsItShouldBe() ? "failed " + seen(Expect.ACCEPTABLE_INTERESTING) + " times, as it must"
                    : "INCONCLUSIVE: this broken code was not seen to fail";
        }
        return isAsItShouldBe() ? "passed" : "INCONCLUSIVE";
    }

    String line() {
        return "%-62s %,12d samples  %s".formatted(name.replace("io.tideline.", ""), samples(), verdict());
    }

    /** Everything that was seen of the case. */
    String report() {
        String seen = outcomes.stream().map(outcome -> "  %,14d  %-22s %-24s %s%n".formatted(
                outcome.count, outcome.expect, outcome.id, outcome.description)).collect(Collectors.joining());
        return name + ": " + verdict() + System.lineSeparator() + seen + String.join(System.lineSeparator(), troubles);
    }
}
