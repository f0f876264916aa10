package io.tideline.house;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Which package of the product names which other, in imports or in full. Java lets code use a type of a package it never names, as the
 * result of a call; but then a package between them names it, so every cycle shows in the names alone.
 */
final class PackageGraph {
    private static final Pattern NAMED = Pattern.compile("\\bio\\.tideline(?:\\.[a-z][a-z0-9]*)+");

    private final Map<String, Set<String>> named = new TreeMap<>();

    private PackageGraph() {
    }

    static PackageGraph of(Stream<SourceFile> files) {
        PackageGraph graph = new PackageGraph();
        files.forEach(file -> graph.named.computeIfAbsent(file.packageName(), _ -> new TreeSet<>()).addAll(namedBy(file)));
        return graph;
    }

    /** The packages that a file names, other than its own. */
    static Set<String> namedBy(SourceFile file) {
        Set<String> names = new TreeSet<>();
        NAMED.matcher(file.code()).results().forEach(hit -> names.add(hit.group()));
        names.remove(file.packageName());
        return names;
    }

    /** The packages of one cycle, its first one repeated at its end; empty if there is none. */
    List<String> cycle() {
        Set<String> done = new HashSet<>();
        for (String start : named.keySet()) {
            List<String> cycle = cycleFrom(start, new ArrayList<>(), done);
            if (!cycle.isEmpty()) {
                return cycle;
            }
        }
        return List.of();
    }

    private List<String> cycleFrom(String name, List<String> path, Set<String> done) {
        int before = path.indexOf(name);
        path.add(name);
        if (before >= 0) {
            return List.copyOf(path.subList(before, path.size()));
        }
        if (!done.contains(name)) {
            for (String next : named.getOrDefault(name, Set.of())) {
                List<String> cycle = cycleFrom(next, path, done);
                if (!cycle.isEmpty()) {
                    return cycle;
                }
            }
            done.add(name);
        }
        path.removeLast();
        return List.of();
    }
}
