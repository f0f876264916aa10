package io.tideline.cli.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonTest {

    @Test
    void shouldWriteEveryKindOfValue() {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("nothing", null);
        object.put("truth", true);
        object.put("whole", Long.MIN_VALUE);
        object.put("decimal", 0.000001);
        object.put("large", 1e20);
        object.put("text", "a");
        object.put("list", Arrays.asList(1, null, List.of(), Map.of()));
        object.put("inner", Map.of("x", 2));
        assertEquals("""
                {
                  "nothing": null,
                  "truth": true,
                  "whole": -9223372036854775808,
                  "decimal": 0.0000010,
                  "large": 100000000000000000000,
                  "text": "a",
                  "list": [
                    1,
                    null,
                    [],
                    {}
                  ],
                  "inner": {
                    "x": 2
                  }
                }
                """, Json.of(object));
    }

    @Test
    void shouldEscapeEverythingThatIsNotPlainAscii() {
        assertEquals("\"\\\"\\\\ \\u0000\\u000a\\u001f\\u007f\\u00e9\\ud83d\\ude00\"\n", Json.of("\"\\ \0\n\u001f\u007fé😀"));
    }

    @Test
    void shouldRefuseWhatJsonCannotSay() {
        assertThrows(IllegalArgumentException.class, () -> Json.of(Double.NaN));
        assertThrows(IllegalArgumentException.class, () -> Json.of(Double.POSITIVE_INFINITY));
        assertThrows(IllegalArgumentException.class, () -> Json.of(new Object()));
    }
}
