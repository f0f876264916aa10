package io.tideline.cli.bench.work;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WorkSettingsTest {

    private static final WorkSettings SETTINGS =
            new WorkSettings(Workload.YCSB_D, Distribution.LATEST, 1_000, 100, 2, 512, 16, 6_400);

    @Test
    void shouldReadWhatItWroteAsArguments() {
        assertEquals(SETTINGS, WorkSettings.parse(SETTINGS.toArguments()));
    }

    @Test
    void shouldLeaveOtherArgumentsToOthers() {
        List<String> arguments = new ArrayList<>(SETTINGS.toArguments());
        arguments.addFirst("--other");
        arguments.add("another=1");
        assertEquals(SETTINGS, WorkSettings.parse(arguments));
    }

    @Test
    void shouldNameTheArgumentThatIsMissing() {
        List<String> arguments = SETTINGS.toArguments().stream().filter(argument -> !argument.startsWith("buckets=")).toList();
        String message = assertThrows(IllegalArgumentException.class, () -> WorkSettings.parse(arguments)).getMessage();
        assertEquals("the argument buckets=… is missing", message);
    }

    @ParameterizedTest
    @CsvSource({"keys=0", "keys=many", "valueSize=7", "threads=0", "threads=257", "buckets=3", "batch=0", "operations=3201", "operations=0",
        "workload=scan", "distribution=normal"})
    void shouldNameTheValueThatCannotBe(String wrong) {
        String name = wrong.substring(0, wrong.indexOf('=') + 1);
        List<String> arguments = SETTINGS.toArguments().stream().map(argument -> argument.startsWith(name) ? wrong : argument).toList();
        String message = assertThrows(IllegalArgumentException.class, () -> WorkSettings.parse(arguments)).getMessage();
        assertTrue(message.contains(wrong) || message.contains("'" + wrong.substring(name.length()) + "'"), message);
    }

    @Test
    void shouldKnowThatInsertionsDoubleTheKeys() {
        assertEquals(2_000, SETTINGS.mostKeys());
        assertEquals(1_000, new WorkSettings(Workload.READ, Distribution.LATEST, 1_000, 8, 2, 512, 16, 6_400).mostKeys());
    }
}
