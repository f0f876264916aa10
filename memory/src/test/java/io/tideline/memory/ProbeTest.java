package io.tideline.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProbeTest {
    /** Reaches points with and without a hook. */
    static final class Child {
        public static void main(String[] arguments) {
            List<String> reached = new ArrayList<>();
            Probe.at("before");
            Probe.install(reached::add);
            Probe.at("first");
            Probe.at("second");
            Probe.install(point -> {
                throw new IllegalArgumentException("thrown at " + point);
            });
            try {
                Probe.at("third");
            } catch (IllegalArgumentException thrown) {
                reached.add(thrown.getMessage());
            }
            Probe.install(null);
            Probe.at("behind");
            System.out.println(Probe.isOn() + " " + reached);
        }
    }

    @Test
    void shouldBeOffByDefaultAndRefuseAHookByASentence() {
        assertFalse(Probe.isOn());
        List<String> reached = new ArrayList<>();
        String message = assertThrows(IllegalStateException.class, () -> Probe.install(reached::add)).getMessage();
        assertTrue(message.contains("-Dtideline.probes=true"), message);
        Probe.at("anywhere");
        assertEquals(List.of(), reached);
        Probe.install(null);
    }

    @Test
    void shouldReachTheInstalledHookWhereTheJvmWasStartedWithProbes() throws Exception {
        String output = ChildJvm.run(Child.class, "-Dtideline.probes=true");
        assertTrue(output.contains("true [first, second, thrown at third]"), output);
    }
}
