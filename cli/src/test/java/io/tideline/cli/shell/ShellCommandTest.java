package io.tideline.cli.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.cli.Main;
import io.tideline.cli.Run;
import io.tideline.cli.console.ExitCode;
import io.tideline.cli.console.Interruption;
import io.tideline.cli.console.Streams;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ShellCommandTest {

    @Test
    void shouldGetPutAddAndDelete() {
        assertEquals(List.of("absent", "created", "5", "8 (updated in place)", "deleted", "absent", "absent", "-1 (created)"), answers("""
                get visits
                put visits 5
                get visits
                add visits 3
                del visits
                get visits
                del visits
                add visits -1
                """));
    }

    @Test
    void shouldTellTextFromNumbers() {
        assertEquals(List.of("\"two words\"", "\"42\"", "42", "\"Größe \\\"x\\\"\"", "\"\""), answers("""
                put a "two words"
                put b "42"
                put c 42
                put d "Größe \\"x\\""
                put e ""
                get a
                get b
                get c
                get d
                get e
                """).subList(5, 10));
    }

    @Test
    void shouldShowEightBytesThatCouldBeEitherAsBoth() {
        assertEquals(List.of("created", "\"abcdefgh\" (as a number: 7523094288207667809)"), answers("""
                put a abcdefgh
                get a
                """));
    }

    @Test
    void shouldShowItsSizeAndHelp() {
        List<String> answers = answers("""
                put a 1
                put b 2
                size
                stats
                help
                """);
        assertEquals("2", answers.get(2));
        assertTrue(answers.get(3).matches("about 2 keys in \\d+ bytes \\(.*iB\\)"), answers.get(3));
        assertTrue(answers.get(4).startsWith("  get KEY "), answers.get(4));
    }

    @Test
    void shouldLeaveAtExitAndIgnoreWhatFollows() {
        assertEquals(List.of("created"), answers("put a 1\n# a remark\n\n EXIT \nnonsense\n"));
        assertEquals(List.of("created"), answers("put a 1\nquit\nnonsense\n"));
        assertEquals(List.of("created"), answers("put a 1"));
    }

    @Test
    void shouldEndAScriptAtItsFirstWrongLineAndSayWhichAndWhy() {
        for (String[] wrong : new String[][] {
            {"got a", "there is no command 'got'; help lists those that there are"},
            {"get", "write get KEY"},
            {"get a b", "write get KEY"},
            {"put a", "write put KEY VALUE"},
            {"put a b c", "write put KEY VALUE, with \"quotes\" around text that has blanks"},
            {"add a 1.5", "'1.5' is not a whole number of 64 bits"},
            {"add a 9223372036854775808", "'9223372036854775808' is not a whole number of 64 bits"},
            {"add text 1", "the value of 'text' is text, and only to a number can be added; put a number first"},
            {"size now", "write size"},
            {"get \"a", "the quote at character 5 is not closed; end it with another \""},
        }) {
            Run run = Run.withInput(Run.bytes("put text \"some text\"\n" + wrong[0] + "\nput b 1\n"), "shell");
            assertEquals(ExitCode.COULD_NOT_RUN, run.exitCode(), wrong[0]);
            assertEquals("tideline: Line 2: " + wrong[1] + "." + System.lineSeparator(), run.err());
            assertEquals("created" + System.lineSeparator(), run.out());
        }
    }

    @Test
    void shouldTellAPersonWhatIsWrongAndGoOn() {
        Run run = Run.conversation(true, new ByteArrayInputStream(Run.bytes("put a 1\ngot a\nget a\n")), "shell");
        assertEquals(ExitCode.DONE, run.exitCode());
        assertEquals("", run.err());
        assertEquals("""
                An empty store of 64m in memory. help lists the commands, exit leaves.
                tideline> created
                tideline> there is no command 'got'; help lists those that there are
                tideline> 1
                tideline> \n""", run.out());
    }

    @Test
    void shouldRefuseAValueThatDoesNotFitAndNameTheLimit() {
        Run run = Run.withInput(Run.bytes("put a " + "x".repeat(3 << 20) + "\n"), "shell", "--memory=4m");
        assertEquals(ExitCode.COULD_NOT_RUN, run.exitCode());
        assertTrue(run.err().startsWith("tideline: Line 1: "), run.err());
        assertEquals(1, run.err().lines().count(), run.err());
    }

    @Test
    void shouldNameTheMemoryIfTheStoreIsFull() {
        StringBuilder script = new StringBuilder();
        for (int i = 0; i < 6000; i++) {
            script.append("put key").append(i).append(' ').append("x".repeat(1000)).append('\n');
        }
        Run run = Run.withInput(Run.bytes(script.toString()), "shell", "--memory=4m");
        assertEquals(ExitCode.COULD_NOT_RUN, run.exitCode());
        assertTrue(run.err().endsWith(": the store is full: --memory 4m is too little; start again with more."
                + System.lineSeparator()), run.err());
    }

    @Test
    void shouldEndAfterCtrlC() {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(said, true, StandardCharsets.UTF_8);
        Interruption interruption = new Interruption(stream);
        InputStream keyboard = new InputStream() {
            @Override
            public int read() {
                interruption.request();
                return '\n';
            }
        };
        int exitCode = Main.run(new String[] {"shell"}, new Streams(keyboard, stream, stream, true, true), interruption);
        assertEquals(ExitCode.INTERRUPTED, exitCode);
        assertTrue(said.toString(StandardCharsets.UTF_8).contains("tideline: interrupted"));
    }

    private static List<String> answers(String script) {
        Run run = Run.withInput(Run.bytes(script), "shell");
        assertEquals(ExitCode.DONE, run.exitCode(), run.err());
        assertEquals("", run.err());
        return run.out().lines().toList();
    }
}
