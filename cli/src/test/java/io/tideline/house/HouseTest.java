package io.tideline.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class HouseTest {
    private final SourceTree tree;

    HouseTest() throws IOException {
        this.tree = SourceTree.ofCheckout();
    }

    @ParameterizedTest
    @EnumSource
    void shouldKeepTheRule(HouseRule rule) {
        assertEquals(List.of(), rule.violations(tree), () -> "Rule: " + rule.demand());
    }

    /** A walk that found nothing would keep every rule. */
    @Test
    void shouldLookAtEveryModuleThatIsBuilt() {
        TreeSet<String> built = new TreeSet<>();
        tree.files().stream().filter(file -> file.path().equals(file.module() + "/pom.xml")).forEach(file -> built.add(file.module()));
        assertEquals(built, tree.modulesWithMainCode());

        TreeSet<String> known = new TreeSet<>(ModuleOrder.MODULES);
        known.addAll(ModuleOrder.OBSERVERS);
        assertTrue(built.contains("cli") && known.containsAll(built), () -> "ModuleOrder does not know all of " + built);
    }
}
