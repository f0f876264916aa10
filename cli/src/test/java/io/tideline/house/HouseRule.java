package io.tideline.house;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What holds for every source of the product; each rule lists the places that break it. */
enum HouseRule {
    PACKAGES_FORM_NO_CYCLE("packages name each other one way") {
        @Override
        List<String> violations(SourceTree tree) {
            List<String> cycle = PackageGraph.of(tree.main()).cycle();
            return cycle.isEmpty() ? List.of() : List.of(String.join(" -> ", cycle));
        }
    },

    MODULES_POINT_ONE_WAY("a module names only modules that stand before it in " + ModuleOrder.MODULES + "; nothing names " + ModuleOrder.OBSERVERS) {
        @Override
        List<String> violations(SourceTree tree) {
            Map<String, String> moduleOfPackage = tree.main()
                .collect(Collectors.toMap(SourceFile::packageName, SourceFile::module, (first, _) -> first));
            return tree.java().flatMap(file -> PackageGraph.namedBy(file).stream()
                .filter(moduleOfPackage::containsKey)
                .filter(name -> !ModuleOrder.maySee(file.module(), moduleOfPackage.get(name)))
                .map(name -> "%s names %s of the module %s".formatted(file.path(), name, moduleOfPackage.get(name)))).toList();
        }
    },

    A_PACKAGE_LIVES_IN_ONE_MODULE("the types of a package are in one module, and its package-info says what it is") {
        @Override
        List<String> violations(SourceTree tree) {
            Map<String, TreeSet<String>> modules = new TreeMap<>();
            tree.main().forEach(file -> modules.computeIfAbsent(file.packageName(), _ -> new TreeSet<>()).add(file.module()));
            List<String> split = modules.entrySet().stream().filter(entry -> entry.getValue().size() > 1)
                .map(entry -> entry.getKey() + " is in " + entry.getValue()).toList();
            List<String> unexplained = modules.keySet().stream()
                .filter(name -> tree.main().noneMatch(file -> file.path().endsWith("/package-info.java") && file.packageName().equals(name)))
                .map(name -> name + " has no package-info.java").toList();
            return Stream.concat(split.stream(), unexplained.stream()).toList();
        }
    },

    A_FILE_SAYS_WHAT_IT_IS("a file of main code opens with a Javadoc comment") {
        private final Pattern declaration =
            Pattern.compile("(?m)^(?:(?:public|final|abstract|sealed|non-sealed)\\s+)*(?:class|interface|@interface|enum|record|package)\\s+\\w+");

        @Override
        List<String> violations(SourceTree tree) {
            return tree.main().filter(file -> !opensWithJavadoc(file)).map(SourceFile::path).toList();
        }

        private boolean opensWithJavadoc(SourceFile file) {
            boolean describesPackage = file.path().endsWith("/package-info.java");
            Matcher found = declaration.matcher(file.code());
            while (found.find()) {
                if (describesPackage || !found.group().startsWith("package")) {
                    return file.text().substring(0, found.start()).contains("/**");
                }
            }
            return false;
        }
    },

    NOBODY_SLEEPS("time is injected: waits go through Waits, not through a sleep") {
        private final Pattern sleep = Pattern.compile("\\b(?:Thread|(?:NANO|MICRO|MILLI)?SECONDS|MINUTES|HOURS|DAYS)\\s*\\.\\s*sleep\\b");

        @Override
        List<String> violations(SourceTree tree) {
            return tree.java().flatMap(file -> file.placesInCode(sleep).stream()).toList();
        }
    },

    RAW_MEMORY_IS_TOUCHED_IN_MEMORY_ALONE("off-heap words are reached through Words and Region") {
        private final Pattern everywhere = Pattern.compile("\\bsun\\.misc\\.Unsafe\\b|\\bjdk\\.internal\\.");
        private final Pattern outsideOfMemory = Pattern.compile("\\bUnsafeApi\\b|\\bUnsafeAccess\\b|\\.\\s*(?:varHandle|arrayElementVarHandle|"
            + "reinterpret)\\s*\\(|\\bMemorySegment\\s*\\.\\s*ofAddress\\b|\\bLinker\\s*\\.\\s*nativeLinker\\b");

        @Override
        List<String> violations(SourceTree tree) {
            List<String> places = new ArrayList<>();
            tree.java().forEach(file -> {
                places.addAll(file.placesInCode(everywhere));
                if (!file.module().equals("memory")) {
                    places.addAll(file.placesInCode(outsideOfMemory));
                }
            });
            return places;
        }
    },

    NO_FAILURE_IS_SWALLOWED("a catch block does something about what it caught") {
        private final Pattern emptyCatch = Pattern.compile("\\bcatch\\s*\\([^)]*\\)\\s*\\{\\s*}");

        @Override
        List<String> violations(SourceTree tree) {
            return tree.java().flatMap(file -> file.placesInCode(emptyCatch).stream()).toList();
        }
    },

    NOTHING_IS_LEFT_FOR_LATER("what is in the product is done") {
        /** In two halves, so that this file keeps its own rule. */
        private final Pattern mark = Pattern.compile("\\b(?:TO" + "DO|FIX" + "ME|XX" + "X)\\b");

        @Override
        List<String> violations(SourceTree tree) {
            return tree.files().stream().flatMap(file -> file.placesInText(mark).stream()).toList();
        }
    };

    private final String demand;

    HouseRule(String demand) {
        this.demand = demand;
    }

    /** Empty if the rule holds; otherwise a line for each place that breaks it. */
    abstract List<String> violations(SourceTree tree);

    /** The rule as a sentence. */
    String demand() {
        return demand;
    }
}
