package io.tideline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.cli.console.ExitCode;
import io.tideline.cli.console.Streams;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {

    @ParameterizedTest
    @ValueSource(strings = {"--help", "count --help", "bench --help", "shell --help", "help", "help count", "help bench", "help shell", "verify --help", "inspect --help", "stress --help", "help stress", "checkpoint --help", "-h", "count -h"})
    void shouldHelpWithExamplesAndExitCodes(String line) {
        Run run = Run.of(line.split(" "));
        assertEquals(ExitCode.DONE, run.exitCode());
        assertEquals("", run.err());
        assertTrue(run.out().contains("Usage: tideline"), run.out());
        assertTrue(run.out().contains("Examples:"), run.out());
        assertTrue(run.out().contains("Exit codes"), run.out());
        assertTrue(run.out().lines().allMatch(text -> text.length() <= 90), run.out());
        assertFalse(run.out().contains("\u001b"), "colours where there is no terminal");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--version", "-V"})
    void shouldSayWhichVersionItIs(String option) {
        Run run = Run.of(option);
        assertEquals(ExitCode.DONE, run.exitCode());
        assertTrue(run.out().startsWith("tideline ") && run.out().contains("Java " + Runtime.version()), run.out());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "|Name a command, such as tideline count; tideline --help shows all of them.",
        "cuont|There is no command 'cuont'; see tideline --help.",
        "--fast|Unknown option: '--fast'; see tideline --help.",
        "count --fast|Unknown option: '--fast'; see tideline count --help.",
        "count --memory|Missing required parameter for option '--memory' (SIZE); see tideline count --help.",
        "count --top=few -|Invalid value for option '--top': 'few' is not an int; see tideline count --help.",
        "count --top=1 --top=2 -|option '--top' (N) should be specified only once; see tideline count --help.",
        "shell now|Unmatched argument at index 1: 'now'; see tideline shell --help.",
        "help cuont|Unknown subcommand 'cuont'; see tideline --help.",
    })
    void shouldAnswerWrongUseWithOneSentence(String line, String sentence) {
        Run run = Run.of(line == null ? new String[0] : line.split(" "));
        assertEquals(ExitCode.COULD_NOT_RUN, run.exitCode());
        assertEquals("tideline: " + sentence + System.lineSeparator(), run.err());
        assertEquals("", run.out());
    }

    @Test
    void shouldSayWhatASizeLooksLike() {
        Run run = Run.of("count", "--memory=lots");
        assertEquals(ExitCode.COULD_NOT_RUN, run.exitCode());
        assertTrue(run.err().contains("'lots' is not a size") && run.err().contains("64m or 1g"), run.err());
    }

    @Test
    void shouldTakeFileNamesThatLookOdd() {
        Run run = Run.of("count", "--", "--memory");
        assertEquals("tideline: Cannot read --memory: there is no such file or directory." + System.lineSeparator(), run.err());
        assertEquals("tideline: Cannot read @file: there is no such file or directory." + System.lineSeparator(),
                Run.of("count", "@file").err());
    }

    @Test
    void shouldNotCallAResultDoneThatNobodyGot() {
        OutputStream full = new OutputStream() {
            @Override
            public void write(int value) throws IOException {
                throw new IOException("No space left on device");
            }
        };
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        PrintStream err = new PrintStream(said, true, StandardCharsets.UTF_8);
        Streams streams = new Streams(new ByteArrayInputStream(Run.bytes("a b")), new PrintStream(full), err, false, false);
        assertEquals(ExitCode.COULD_NOT_RUN, Main.run(new String[] {"count", "--memory=16m", "-q", "-"}, streams));
        assertTrue(said.toString(StandardCharsets.UTF_8).startsWith("tideline: the standard output could not be written"));
    }

    @Test
    void shouldExplainAMistakeOfItsOwnWithoutAStackTrace() {
        InputStream broken = new InputStream() {
            @Override
            public int read() {
                throw new UnsupportedOperationException("a mistake");
            }
        };
        Run run = Run.conversation(false, broken, "count", "--memory=16m", "-");
        assertEquals(ExitCode.COULD_NOT_RUN, run.exitCode());
        assertTrue(run.err().startsWith("tideline: This is a mistake in tideline, please report it: "
                + "java.lang.UnsupportedOperationException: a mistake at "), run.err());
        assertEquals(1, run.err().lines().count(), run.err());
    }
}
