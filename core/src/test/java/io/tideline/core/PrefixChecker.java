package io.tideline.core;

import io.tideline.core.SimEvent.Fate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Whether a recovered store holds exactly the operations of each session up to its point, each once (promise P1): by value on keys that one session
 * has, by count on those in which several count. On keys that all write to, that what is there was written by an operation within the points; the
 * rest is for {@link LifeChecker}.
 */
final class PrefixChecker {
    private final SimHistory history;
    private final long[] points;
    private final Map<SimKey, Long> contents;
    private final SimHistory.Beginning beginning;
    private final List<String> violations = new ArrayList<>();

    private PrefixChecker(SimHistory history, long[] points, Map<SimKey, Long> contents) {
        this.history = history;
        this.points = points;
        this.contents = contents;
        this.beginning = history.beginningBefore(points);
    }

    /** What is wrong, a sentence each. */
    static List<String> violations(SimHistory history, long[] points, Map<SimKey, Long> contents) {
        PrefixChecker checker = new PrefixChecker(history, points, contents);
        Map<SimKey, List<SimEvent>> byKey = history.byKey(checker.beginning);
        Set<SimKey> keys = new HashSet<>(byKey.keySet());
        keys.addAll(contents.keySet());
        keys.addAll(checker.beginning.contents().keySet());
        keys.forEach(key -> checker.check(key, byKey.getOrDefault(key, List.of())));
        return checker.violations;
    }

    private void check(SimKey key, List<SimEvent> events) {
        List<SimEvent> operations = events.stream().filter(event -> !event.isOfWalk).toList();
        switch (key.use()) {
            case OWN -> checkOwn(key, operations);
            case COUNT -> checkCounts(key, operations);
            case PLAIN -> checkWriter(key);
        }
    }

    private boolean isWithin(SimEvent event) {
        return event.serial <= points[event.session];
    }

    private RegisterSpec.State found(SimKey key) {
        Long value = contents.get(key);
        return value == null ? RegisterSpec.State.ABSENT : RegisterSpec.State.of(value);
    }

    // --- keys of one session ---

    private void checkOwn(SimKey key, List<SimEvent> operations) {
        if (operations.stream().anyMatch(event -> event.fate() == Fate.IN_DOUBT && isWithin(event))) {
            return;
        }
        RegisterSpec.State expected = beginning.of(key);
        for (SimEvent event : operations) {
            expected = isWithin(event) ? after(expected, event) : expected;
        }
        RegisterSpec.State found = found(key);
        if (!found.equals(expected)) {
            violations.add(key + " holds " + text(key, found) + ", and the operations of s" + key.owner() + " up to its point " + points[key.owner()]
                + " leave " + text(key, expected) + ": " + diagnosis(key, operations, found));
        }
    }

    private static RegisterSpec.State after(RegisterSpec.State state, SimEvent event) {
        return event.mayHaveHappened() ? event.key.spec().after(state, event.seen(HistoryEvent.NEVER)) : state;
    }

    /** Which other operations would leave what was found. */
    private String diagnosis(SimKey key, List<SimEvent> operations, RegisterSpec.State found) {
        String without = withoutOne(key, operations, found);
        if (without != null) {
            return without;
        }
        RegisterSpec.State state = beginning.of(key);
        String answer = state.equals(found) ? "that is what was there when the life began" : null;
        for (SimEvent event : operations) {
            state = after(state, event);
            if (state.equals(found)) {
                answer = "that is what its operations up to " + event.who() + " leave" + (isWithin(event) ? "; those behind are lost" : ", which is behind the point");
            }
        }
        return answer != null ? answer : "no prefix of its operations leaves that. The last of them: " + lastOf(operations);
    }

    /** Which operation within the point is lost alone or was done twice, if that explains what was found. */
    private String withoutOne(SimKey key, List<SimEvent> operations, RegisterSpec.State found) {
        List<SimEvent> within = operations.stream().filter(this::isWithin).toList();
        // Of the latest only: each is tried against all.
        for (int odd = Math.max(0, within.size() - 100); odd < within.size(); odd++) {
            RegisterSpec.State lacking = beginning.of(key);
            RegisterSpec.State twice = lacking;
            for (int i = 0; i < within.size(); i++) {
                lacking = i == odd ? lacking : after(lacking, within.get(i));
                twice = after(twice, within.get(i));
                twice = i == odd ? after(twice, within.get(i)) : twice;
            }
            if (odd < within.size() - 1 && lacking.equals(found)) {
                return "that is as if " + within.get(odd).describe() + " alone had not happened: a hole in the prefix";
            }
            if (twice.equals(found)) {
                return "that is as if " + within.get(odd).describe() + " had happened twice";
            }
        }
        return null;
    }

    private static String lastOf(List<SimEvent> operations) {
        StringBuilder text = new StringBuilder();
        for (SimEvent event : operations.subList(Math.max(0, operations.size() - 10), operations.size())) {
            text.append("\n    ").append(event.describe());
        }
        return text.toString();
    }

    private String text(SimKey key, RegisterSpec.State state) {
        return key.text(state, history.sessions());
    }

    // --- keys in which several count ---

    private void checkCounts(SimKey key, List<SimEvent> operations) {
        for (int session = key.owner(); session < key.owner() + SimKey.COUNTING; session++) {
            checkCount(key, session, operations);
        }
    }

    private void checkCount(SimKey key, int session, List<SimEvent> operations) {
        int found = key.countOf(found(key).value(), session);
        int wanted = key.countOf(beginning.of(key).value(), session);
        int doubts = 0;
        SimEvent last = null;
        SimEvent behind = null;
        for (SimEvent event : operations) {
            if (event.session == session && event.kind == HistoryEvent.Kind.UPDATE) {
                boolean within = isWithin(event);
                wanted += within && event.mayHaveHappened() ? 1 : 0;
                doubts += within && event.fate() == Fate.IN_DOUBT ? 1 : 0;
                last = within ? event : last;
                behind = !within && behind == null ? event : behind;
            }
        }
        if (wanted >= SimKey.MAX_COUNT) {
            throw new AssertionError(key + " was counted in " + wanted + " times by s" + session + ", more than its value can tell");
        }
        String sentence = key + " counts " + found + " operations of s" + session + ", and those up to its point "
            + (session < points.length ? points[session] : 0) + " are " + wanted;
        if (found < wanted) {
            violations.add(sentence + ": lost are " + (wanted - found) + ", the last of all is " + (last == null ? "of an earlier life" : last.describe()));
        } else if (found > wanted + doubts) {
            violations.add(sentence + ": one was done twice" + (behind == null ? ", because none is behind the point" : ", or " + behind.describe()
                + " is in, which is behind the point"));
        }
    }

    // --- keys that all write to ---

    private void checkWriter(SimKey key) {
        RegisterSpec.State found = found(key);
        String wrong = found.present() && !found.equals(beginning.of(key)) ? wrongWriter(history, points, key, found.value()) : null;
        if (wrong != null) {
            violations.add(key + " holds " + wrong);
        }
    }

    /** What is wrong with a value's being kept or seen, or null. */
    static String wrongWriter(SimHistory history, long[] points, SimKey key, long value) {
        int session = SimKey.sessionOf(value);
        long serial = SimKey.serialOf(value);
        if (session >= history.sessions() || serial < 1 || serial > history.begun(session) || !isWrittenBy(history.operation(session, serial), key, value)) {
            return "a value that nobody wrote: " + value;
        }
        SimEvent writer = history.operation(session, serial);
        if (serial > points[session]) {
            return "the value of " + writer.describe() + ", which is behind the point " + points[session] + " of its session";
        }
        return writer.fate() == Fate.REFUSED ? "the value of " + writer.describe() + ", which was refused" : null;
    }

    private static boolean isWrittenBy(SimEvent event, SimKey key, long value) {
        return event.key.equals(key) && switch (event.kind) {
            case PUT, PUT_IF_ABSENT -> event.first == value;
            case COMPARE_AND_SET -> event.second == value;
            case GET, CONTAINS, DELETE, UPDATE -> false;
        };
    }
}
