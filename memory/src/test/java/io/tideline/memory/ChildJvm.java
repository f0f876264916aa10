package io.tideline.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A JVM of our own with chosen flags, for what is decided once per JVM. It inherits the class path and no flag. */
final class ChildJvm {
    private ChildJvm() {
    }

    /** What the main class printed, standard error included, once it has ended with exit code 0; killed after a minute. */
    static String run(Class<?> main, String... flags) throws IOException, InterruptedException {
        return run(Map.of(), main, flags);
    }

    /** The same with more variables of the environment, or with others. */
    static String run(Map<String, String> environment, Class<?> main, String... flags) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Xmx64m");
        command.addAll(List.of(flags));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        CompletableFuture<Void> killer = CompletableFuture.runAsync(
                process::destroyForcibly, CompletableFuture.delayedExecutor(60, TimeUnit.SECONDS));
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int exitCode = process.waitFor();
        killer.cancel(false);
        assertEquals(0, exitCode, () -> String.join(" ", command) + "\n" + output);
        return output;
    }
}
