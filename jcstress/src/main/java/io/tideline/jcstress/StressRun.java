package io.tideline.jcstress;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.openjdk.jcstress.JCStress;
import org.openjdk.jcstress.Options;
import org.openjdk.jcstress.infra.collectors.DiskReadCollector;
import org.openjdk.jcstress.infra.collectors.InProcessCollector;
import org.openjdk.jcstress.infra.collectors.TestResult;
import org.openjdk.jcstress.infra.grading.ReportUtils;
import org.openjdk.jcstress.infra.runners.TestList;

/**
 * A program that runs the stress cases of its class path and judges them: a line for each case, and exit code 1 if one of them is not as
 * it should be. Arguments: the folder for everything it writes, which is the working folder too; {@code short} or {@code long}; milliseconds
 * of racing; and a regular expression that names of cases must contain.
 *
 * <p>A short run races each case once, in a JVM of its own; a long one races it in a JVM for each way of compiling its actors, and
 * in others whose compiler shuffles what it may. A control that was not seen to fail is raced again for longer: that it can fail
 * is what counts, and on a busy machine its actors seldom run at the same time.
 */
public final class StressRun {
    /** Of two actors on two processors, so that cases run one by one and no actor waits for a processor. */
    private static final String PROCESSORS = "2";
    /** Small, because the actors meet at the begin of a stride and drift apart within it. */
    private static final int STRIDE = 8;
    private static final int CONTROL_RETRIES = 3;
    private static final int RETRY_FACTOR = 10;
    private static final String JVM_FLAGS = "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED --enable-native-access=ALL-UNNAMED"
            + " -Dtideline.door=unsafe -ea -XX:-RestrictContended -XX:+UseSerialGC";
    /** How actors wait for each other. Spinning lets them start closer together, but wastes the time in which one has no processor. */
    private static final List<String> WAITS = List.of("THREAD_YIELD", "THREAD_SPIN_WAIT");

    private final Path folder;
    private final boolean isLong;
    private final long millis;
    private final SortedMap<String, CaseResult> results = new TreeMap<>();

    private StressRun(Path folder, boolean isLong, long millis) {
        this.folder = folder;
        this.isLong = isLong;
        this.millis = millis;
    }

    public static void main(String[] arguments) throws Exception {
        StressRun run = new StressRun(Path.of(arguments[0]), arguments[1].equals("long"), Long.parseLong(arguments[2]));
        PrintStream console = System.out;
        try (PrintStream log = new PrintStream(Files.newOutputStream(run.folder.resolve("console.txt")), true, StandardCharsets.UTF_8)) {
            System.setOut(log);
            run.race(arguments[3]);
        } finally {
            System.setOut(console);
        }
        System.exit(run.judge(console) ? 0 : 1);
    }

    private void race(String names) throws Exception {
        Pattern wanted = Pattern.compile(names);
        List<String> cases = TestList.tests().stream().filter(name -> wanted.matcher(name).find()).toList();
        for (int attempt = 0; attempt <= CONTROL_RETRIES && !cases.isEmpty(); attempt++) {
            raceOnce(cases, attempt);
            cases = results.values().stream().filter(CaseResult::isControlNotSeenToFail).map(CaseResult::name).toList();
        }
    }

    private void raceOnce(List<String> cases, int attempt) throws Exception {
        Options options = options(cases, attempt);
        try {
            new JCStress(options).run();
        } catch (AssertionError casesFailed) {
            System.out.println(casesFailed.getMessage()); // its way to end a run in which cases failed; which ones, it wrote to the file
        }
        InProcessCollector collector = new InProcessCollector();
        DiskReadCollector reader = new DiskReadCollector(options.getResultFile(), collector);
        reader.dump();
        reader.close();
        Map<String, TestResult> byName = ReportUtils.mergedByName(collector.getTestResults()).stream()
                .collect(Collectors.toMap(TestResult::getName, Function.identity()));
        cases.forEach(name -> results.merge(name, CaseResult.of(name, byName.get(name)), CaseResult::and));
    }

    private Options options(List<String> cases, int attempt) throws IOException {
        String selected = cases.stream().map(Pattern::quote).collect(Collectors.joining("|", "^(", ")$"));
        List<String> options = new ArrayList<>(List.of("-t", selected, "-r", folder.resolve("report-" + attempt).toString(), "-c", PROCESSORS,
                "-strideSize", String.valueOf(STRIDE), "-strideCount", String.valueOf(Ring.LIVE_STATES / STRIDE), "-hs", "256", "-pth", "false",
                "-af", "NONE", "-f", "1", "-fsm", "1", "-iters", "1", "-time", String.valueOf(attempt == 0 ? millis : millis * RETRY_FACTOR),
                "-spinStyle", WAITS.get(attempt % WAITS.size())));
        options.addAll(isLong && attempt == 0 ? List.of("-jvmArgsPrepend", JVM_FLAGS) : List.of("-jvmArgs", JVM_FLAGS, "-sc", "false"));
        Options parsed = new Options(options.toArray(String[]::new));
        if (!parsed.parse()) {
            throw new IllegalArgumentException("jcstress does not take " + options);
        }
        return parsed;
    }

    /** Says what was seen; whether it is as it should be. A run without a case is not. */
    private boolean judge(PrintStream console) {
        List<CaseResult> failed = results.values().stream().filter(result -> !result.isAsItShouldBe()).toList();
        results.values().forEach(result -> console.println(result.line()));
        failed.forEach(result -> console.println(result.report()));
        console.printf("%d stress cases, %,d samples, %d not as they should be%n", results.size(),
                results.values().stream().mapToLong(CaseResult::samples).sum(), failed.size());
        return failed.isEmpty() && !results.isEmpty();
    }
}
