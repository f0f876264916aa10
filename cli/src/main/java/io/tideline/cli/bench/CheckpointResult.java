package io.tideline.cli.bench;

import io.tideline.cli.bench.timeline.Picture;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * All that the measurement of checkpoints showed.
 *
 * @param runs the one without checkpoints first, the one with them last
 * @param recoveries from what that one left
 * @param blockDevice what holds the files; null if that is none
 */
record CheckpointResult(CheckpointSettings settings, List<CheckpointRun> runs, CheckpointRecoveries recoveries, String blockDevice) {

    CheckpointRun without() {
        return runs.getFirst();
    }

    boolean isRight() {
        return recoveries.areRight();
    }

    /** The result as the object of {@code --json}. */
    Map<String, Object> toJson() {
        Map<String, Object> fields = new LinkedHashMap<>(settings.toJson());
        fields.put("blockDevice", blockDevice);
        fields.put("runs", runs.stream().map(run -> run.toJson(without())).toList());
        fields.put("recovery", recoveries.toJson());
        return fields;
    }

    /** The result as the picture of {@code --picture}. */
    String toSvg() {
        return new Picture(String.format(Locale.ROOT, "tideline: additions to %,d keys (%s), %d threads, a checkpoint each %s s with an image each %s s",
                settings.work().keys(), settings.work().distribution(), settings.work().threads(), plain(settings.everySeconds()),
                plain(settings.imageEverySeconds())), runs.stream().map(CheckpointRun::track).toList()).toSvg();
    }

    /** Without a fraction of nothing. */
    static String plain(double number) {
        return Double.toString(number).replaceAll("\\.0$", "");
    }
}
