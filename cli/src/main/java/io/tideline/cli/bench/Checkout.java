package io.tideline.cli.bench;

import io.tideline.cli.console.Failure;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The checkout that the launcher runs from. Peers live there, in the module {@code jmh}, which is no part of the library or the command
 * line; they are built when they are first asked for, and again when their sources are newer.
 */
final class Checkout {

    /** The property in which the launcher passes the root of the checkout. */
    static final String HOME_PROPERTY = "tideline.home";

    private static final String LAUNCHER = "tideline";
    private static final String PEERS = "jmh";
    private static final String COMPILER = "gcc";
    /** Without fused multiply-add the limit program computes the same Zipf ranks as Java. */
    private static final List<String> COMPILER_FLAGS = List.of("-O3", "-march=native", "-ffp-contract=off", "-pthread");

    private final String home;
    private final String searchPath;
    private final PrintStream errors;

    /**
     * @param home the root of the checkout, null if there is none
     * @param searchPath where programs are looked for, as in the environment variable PATH
     * @param errors where the output of builds goes
     */
    Checkout(String home, String searchPath, PrintStream errors) {
        this.home = home;
        this.searchPath = searchPath == null ? "" : searchPath;
        this.errors = errors;
    }

    /** The class path of the peers that are written in Java, built if need be. */
    String classPathOfPeers() {
        List<String> output = run("build the peers of the store",
                List.of(root().resolve(LAUNCHER).toString(), "--class-path-of", PEERS));
        if (output.isEmpty()) {
            throw new Failure("The launcher " + root().resolve(LAUNCHER) + " did not say where the peers of the store are.");
        }
        return output.getLast();
    }

    /** Where peers may put their data: on the disk of the checkout, since a folder for temporary files may be memory. */
    Path dataOfPeers() {
        return root().resolve(PEERS).resolve("target").resolve("bench");
    }

    /** Whether the limit program can be built here. */
    boolean hasCompiler() {
        return compiler().isPresent();
    }

    private Optional<Path> compiler() {
        return Stream.of(searchPath.split(File.pathSeparator))
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, COMPILER))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** The limit program, built if need be; there must be a compiler. */
    Path limitProgram() {
        Path source = root().resolve(PEERS).resolve("native").resolve("limit.c");
        Path program = root().resolve(PEERS).resolve("target").resolve("limit");
        try {
            if (!Files.exists(program) || Files.getLastModifiedTime(program).compareTo(Files.getLastModifiedTime(source)) < 0) {
                Files.createDirectories(program.getParent());
                Path unfinished = Files.createTempFile(program.getParent(), "limit", ".unfinished");
                List<String> command = Stream.of(List.of(compiler().orElseThrow().toString()), COMPILER_FLAGS,
                        List.of("-o", unfinished.toString(), source.toString())).flatMap(List::stream).toList();
                run("build the limit program", command);
                Files.move(unfinished, program, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException refused) {
            throw new Failure("Cannot build the limit program " + program + ": " + refused.getMessage() + ".", refused);
        }
        return program;
    }

    private Path root() {
        if (home == null || !Files.isRegularFile(Path.of(home, PEERS, "pom.xml"))) {
            throw new Failure("--against needs the peers of the store, which are built from a checkout of Tideline: run ./tideline bench from"
                    + " one" + (home == null ? "" : "; " + home + " is none") + ".");
        }
        return Path.of(home);
    }

    private List<String> run(String purpose, List<String> command) {
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.PIPE);
            builder.environment().put("TIDELINE_JAVA_HOME", System.getProperty("java.home"));
            builder.environment().put("PATH", searchPath);
            Process process = builder.start();
            process.outputWriter().close();
            Thread errorReader = Thread.ofVirtual().start(() -> passOn(process.errorReader(StandardCharsets.UTF_8)));
            List<String> output;
            try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
                output = lines.lines().collect(Collectors.toList());
            }
            errorReader.join();
            int exitCode = process.waitFor();
            if (exitCode != 0) {
                throw new Failure("Cannot " + purpose + ": '" + String.join(" ", command) + "' ended with exit code " + exitCode
                        + "; the reason stands above.");
            }
            return output;
        } catch (IOException refused) {
            throw new Failure("Cannot " + purpose + ": " + refused.getMessage() + ".", refused);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new Failure("The attempt to " + purpose + " was interrupted.", stop);
        }
    }

    private void passOn(BufferedReader lines) {
        lines.lines().forEach(errors::println);
    }
}
