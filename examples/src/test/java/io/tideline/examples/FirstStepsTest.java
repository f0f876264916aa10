package io.tideline.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

final class FirstStepsTest {
    @Test
    void shouldPrintWhatItsCommentsSay() {
        assertEquals(List.of("12", "good morning", "FOUND", "UPDATED_IN_PLACE", "TOMBSTONED", "1", "11"), Output.of(FirstSteps::run));
    }

    @Test
    void shouldStandInTheReadmeLineByLine() throws IOException {
        String shown = Files.readString(Path.of("../README.md"));
        List<String> lines = Files.readAllLines(Path.of("src/main/java/io/tideline/examples/FirstSteps.java")).stream()
                .dropWhile(line -> !line.strip().equals("// README begins")).skip(1)
                .takeWhile(line -> !line.strip().equals("// README ends")).toList();
        String example = String.join("\n", lines).stripIndent();
        assertTrue(lines.size() > 15, () -> "only " + lines.size() + " lines stand between the marks");
        assertTrue(shown.contains("```java\n" + example + "\n```"), () -> "README.md does not show these lines of FirstSteps:\n" + example);
    }
}
