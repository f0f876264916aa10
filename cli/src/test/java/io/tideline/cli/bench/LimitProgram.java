package io.tideline.cli.bench;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;

/** The limit program for tests, built from the checkout that the tests run in; tests that need it are skipped where there is no gcc. */
final class LimitProgram {

    private LimitProgram() {
    }

    static Path built() {
        Path root = Path.of("").toAbsolutePath().getParent();
        Checkout checkout = new Checkout(root.toString(), System.getenv("PATH"), System.err);
        assumeTrue(checkout.hasCompiler(), "there is no gcc on this machine");
        return checkout.limitProgram();
    }
}
