package io.tideline.jcstress;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.openjdk.jcstress.JCStress;
import org.openjdk.jcstress.Options;
import org.openjdk.jcstress.infra.collectors.DiskReadCollector;
import org.openjdk.jcstress.infra.collectors.InProcessCollector;
import org.openjdk.jcstress.infra.collectors.TestResult;
import org.openjdk.jcstress.infra.grading.ReportUtils;
import org.openjdk.jcstress.infra.runners.TestList;

/**
 * A program that runs the stress cases of its class path and judges them: a line for each case, and exit code 1 if one of them is not as
 * it should be. Arguments: the folder for everything it writes, which is the working folder too, {@code short} or {@code long}, and a
 * regular expression that names of cases must contain.
 *
 * <p>A short run gives each case one JVM and no more than a second; a long one gives it a JVM for each way of compiling its actors, and
 * others that shuffle what the compiler does.
 */
public final class StressRun {
    /** Of two actors on two processors, so that cases run one by one and no actor waits for a processor. */
    private static final String PROCESSORS = "2";
    /** Small, because the actors meet at the begin of a stride and drift apart within it. */
    private static final int STRIDE = 2;
    private static final String JVM_FLAGS = "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED --enable-native-access=ALL-UNNAMED"
            + " -Dtideline.door=unsafe -ea -XX:-RestrictContended -XX:+UseSerialGC";

    private StressRun() {
    }

    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        boolean isLong = arguments[1].equals("long");
        String names = arguments[2];
        PrintStream console = System.out;
        List<CaseResult> results;
        try (PrintStream log = new PrintStream(Files.newOutputStream(folder.resolve("console.txt")), true, StandardCharsets.UTF_8)) {
            System.setOut(log);
            results = run(options(folder, isLong, names), names);
        } finally {
            System.setOut(console);
        }
        results.forEach(result -> console.println(result.line()));
        List<CaseResult> failed = results.stream().filter(result -> !result.isAsItShouldBe()).toList();
        failed.forEach(result -> console.println(result.report()));
        console.printf("%d stress cases, %,d samples, %d not as they should be%n", results.size(),
                results.stream().mapToLong(CaseResult::samples).sum(), failed.size());
        System.exit(results.isEmpty() || !failed.isEmpty() ? 1 : 0);
    }

    private static Options options(Path folder, boolean isLong, String names) throws IOException {
        List<String> options = new ArrayList<>(List.of("-t", names, "-r", folder.resolve("report").toString(), "-c", PROCESSORS,
                "-strideSize", String.valueOf(STRIDE), "-strideCount", String.valueOf(Ring.LIVE_STATES / STRIDE), "-hs", "256", "-pth", "false", "-f", "1"));
        if (isLong) {
            options.addAll(List.of("-jvmArgsPrepend", JVM_FLAGS, "-fsm", "1", "-iters", "1", "-time", "1000"));
        } else {
            options.addAll(List.of("-jvmArgs", JVM_FLAGS, "-sc", "false", "-af", "NONE", "-iters", "1", "-time", "700"));
        }
        Options parsed = new Options(options.toArray(String[]::new));
        if (!parsed.parse()) {
            throw new IllegalArgumentException("jcstress does not take " + options);
        }
        return parsed;
    }

    private static List<CaseResult> run(Options options, String names) throws Exception {
        new JCStress(options).run();
        InProcessCollector collector = new InProcessCollector();
        DiskReadCollector reader = new DiskReadCollector(options.getResultFile(), collector);
        reader.dump();
        reader.close();
        SortedMap<String, TestResult> byName = new TreeMap<>();
        ReportUtils.mergedByName(collector.getTestResults()).forEach(result -> byName.put(result.getName(), result));
        Pattern wanted = Pattern.compile(names);
        return TestList.tests().stream().filter(name -> wanted.matcher(name).find()).sorted()
                .map(name -> CaseResult.of(name, byName.get(name))).toList();
    }
}
