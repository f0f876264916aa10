package io.tideline.cli.bench.timeline;

import java.util.List;

/** A run as a picture shows it. */
public record Track(String title, Timeline timeline, List<Cut> cuts) {
}
