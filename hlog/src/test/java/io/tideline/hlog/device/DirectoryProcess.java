package io.tideline.hlog.device;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.fault.LockedFault;
import io.tideline.fault.StoreFault;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Another JVM that opens a directory when told to, answers in one line, and holds what it got until its input ends. Killed after a minute.
 */
final class DirectoryProcess implements AutoCloseable {
    private static final int TIMES = 300;

    private final Process process;
    private final PrintWriter input;
    private final BufferedReader output;
    private final CompletableFuture<Void> killer;

    private DirectoryProcess(Process process) {
        this.process = process;
        this.input = new PrintWriter(new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8), true);
        this.output = process.inputReader(StandardCharsets.UTF_8);
        this.killer = CompletableFuture.runAsync(process::destroyForcibly, CompletableFuture.delayedExecutor(60, TimeUnit.SECONDS));
    }

    /** @param how {@code lock}, {@code look}, or {@code churn}: locks and closes until each thread got in often enough */
    static DirectoryProcess start(String how, Path directory, int threads) throws IOException {
        return start(how, directory, threads, "--enable-native-access=ALL-UNNAMED");
    }

    /** One thread of a process that may not call the system, and so locks as other systems do, and as earlier builds did. */
    static DirectoryProcess startWithoutCalls(String how, Path directory) throws IOException {
        return start(how, directory, 1, "--illegal-native-access=deny");
    }

    private static DirectoryProcess start(String how, Path directory, int threads, String flag) throws IOException {
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx64m", "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1", flag, "-cp", System.getProperty("java.class.path"), DirectoryProcess.class.getName(), how, directory.toString(),
                Integer.toString(threads)).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        DirectoryProcess child = new DirectoryProcess(process);
        child.expect("ready");
        return child;
    }

    /** What one try from another process gives: {@code 1 won}, or the refusal. */
    static String attempt(String how, Path directory) throws IOException {
        try (DirectoryProcess child = start(how, directory, 1)) {
            child.go();
            return child.answer();
        }
    }

    void go() {
        input.println("go");
    }

    String answer() throws IOException {
        String line = output.readLine();
        assertTrue(line != null, "the other process ended without an answer");
        return line;
    }

    private void expect(String line) throws IOException {
        String found = answer();
        assertTrue(found.equals(line), found);
    }

    long pid() {
        return process.pid();
    }

    /** Kill -9. */
    void kill() {
        process.destroyForcibly().onExit().join();
    }

    @Override
    public void close() {
        input.close();
        process.onExit().join();
        killer.cancel(false);
    }

    public static void main(String[] args) throws Exception {
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        System.out.println("ready");
        commands.readLine();
        if (args[0].equals("churn")) {
            System.out.println(churn(Integer.parseInt(args[2]), Path.of(args[1])));
            return;
        }
        List<String> refusals = new ArrayList<>();
        List<StoreDirectory> won = new ArrayList<>();
        race(Integer.parseInt(args[2]), () -> open(args[0], Path.of(args[1])), won, refusals);
        System.out.println(won.isEmpty() ? refusals.getFirst() : won.size() + " won");
        commands.readLine();
        won.forEach(StoreDirectory::close);
    }

    private static String churn(int threads, Path directory) throws Exception {
        Path witness = directory.resolveSibling("inside");
        try (ExecutorService openers = Executors.newFixedThreadPool(threads)) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                all.add(openers.submit(() -> {
                    for (int won = 0; won < TIMES; ) {
                        try (StoreDirectory held = StoreDirectory.lock(directory)) {
                            Files.createFile(witness); // fails if another one is inside
                            won += held.isFresh() ? 0 : 1;
                            Files.delete(witness);
                        } catch (LockedFault refused) {
                            Thread.yield();
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> one : all) {
                one.get(50, TimeUnit.SECONDS);
            }
        }
        return threads + " threads were inside alone, " + TIMES + " times each";
    }

    private static StoreDirectory open(String how, Path directory) {
        return how.equals("look") ? StoreDirectory.look(directory) : StoreDirectory.lock(directory);
    }

    /** Opens at once from many threads, and says who won and why the others did not. */
    static void race(int threads, Callable<StoreDirectory> opening, List<StoreDirectory> won, List<String> refusals) throws Exception {
        CountDownLatch start = new CountDownLatch(1);
        try (ExecutorService racers = Executors.newFixedThreadPool(threads)) {
            List<Future<StoreDirectory>> results = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                results.add(racers.submit(() -> {
                    start.await();
                    return opening.call();
                }));
            }
            start.countDown();
            for (Future<StoreDirectory> result : results) {
                try {
                    won.add(result.get(60, TimeUnit.SECONDS));
                } catch (ExecutionException refused) {
                    if (!(refused.getCause() instanceof StoreFault)) {
                        throw refused;
                    }
                    refusals.add(refused.getCause().getClass().getSimpleName() + ": " + refused.getCause().getMessage());
                }
            }
        }
    }
}
