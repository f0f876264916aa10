package io.tideline.cli.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What a race showed.
 *
 * @param settings what it was about
 * @param own this store
 * @param rivals what it was compared with, as the user named them
 * @param blockDevice what the kernel calls the disk that holds the files, null if there are none or nobody knows
 * @param limit what that disk gives; null if nobody asked for it
 * @param notes what a reader must know of the conditions, a sentence each
 */
record RaceResult(RaceSettings settings, Standing own, List<Rival> rivals, String blockDevice, Limit limit, List<String> notes) {

    /**
     * A peer that was named, and how it did.
     *
     * @param name what reports call it
     * @param standing how it did, null if it could not run on this machine
     * @param missing why it could not run, null if it did
     */
    record Rival(String name, Standing standing, String missing) {

        Optional<Standing> ran() {
            return Optional.ofNullable(standing);
        }
    }

    /**
     * What the disk gives.
     *
     * @param figures null if it could not be measured on this machine
     * @param missing why not, null if it was
     */
    record Limit(DeviceLimit.Figures figures, String missing) {

        Map<String, Object> toJson() {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("name", DeviceLimit.NAME);
            fields.put("writtenBytesPerSecond", figures == null ? null : Math.round(figures.writtenBytesPerSecond()));
            fields.put("readsPerSecond", figures == null ? null : Math.round(figures.readsPerSecond()));
            fields.put("writes", figures == null ? null : figures.writes().stream().map(Math::round).toList());
            fields.put("reads", figures == null ? null : figures.reads().stream().map(reads -> Math.round(reads.perSecond())).toList());
            fields.put("queueDepths", figures == null ? null : figures.reads().stream().map(DeviceLimit.Reads::depth).toList());
            fields.put("readBatches", figures == null ? null : figures.reads().stream().map(DeviceLimit.Reads::batch).toList());
            fields.put("missing", missing);
            return fields;
        }
    }

    /** What the disk gives, where it was measured. */
    Optional<DeviceLimit.Figures> deviceFigures() {
        return Optional.ofNullable(limit).map(Limit::figures);
    }

    /** This store's reads from disk as a share of what the disk gives. */
    Optional<Double> readsOfLimit() {
        return deviceFigures().flatMap(figures -> own.diskReadsPerSecond().map(reads -> reads.median() / figures.readsPerSecond()));
    }

    /** The records that this store appended while it was loaded, as a share of what the disk gave before and after each loading. */
    Optional<Spread> appendedOfLimit() {
        return ofWrites(Loading::appendedPerSecond);
    }

    /** What it wrote to disk, as such a share. */
    Optional<Spread> loadOfLimit() {
        return ofWrites(Loading::writtenPerSecond);
    }

    /** The same without the beginning, in which memory took all. */
    Optional<Spread> writingOfLimit() {
        return ofWrites(Loading::writingPerSecond);
    }

    private Optional<Spread> ofWrites(Function<Loading, Double> perSecond) {
        return eachOfWrites(perSecond).map(shares -> Spread.of(shares.stream().mapToDouble(Double::doubleValue)));
    }

    private Optional<List<Double>> eachOfWrites(Function<Loading, Double> perSecond) {
        if (deviceFigures().isEmpty() || own.loaded(perSecond).isEmpty()) {
            return Optional.empty();
        }
        List<Double> writes = deviceFigures().get().writes();
        return Optional.of(IntStream.range(0, own.loadings().size())
                .mapToObj(i -> perSecond.apply(own.loadings().get(i)) / ((writes.get(i) + writes.get(i + 1)) / 2)).toList());
    }

    /** Whether every contestant found every key that it had loaded. */
    boolean isRight() {
        return mayMiss() || standings().stream().allMatch(standing -> standing.absent() == 0);
    }

    /** Where several threads insert, a read may come before the insertion that it follows in the list of operations. */
    private boolean mayMiss() {
        return settings.work().workload().isInserting() && settings.work().threads() > 1;
    }

    /** All that ran, this store first. */
    List<Standing> standings() {
        return Stream.concat(Stream.of(own), rivals.stream().flatMap(rival -> rival.ran().stream())).toList();
    }

    /** The result as the object of {@code --json}. */
    Map<String, Object> toJson() {
        Map<String, Object> fields = new LinkedHashMap<>(settings.toJson());
        fields.putAll(own.toJson(settings.work().loadedBytes()));
        fields.put("blockDevice", blockDevice);
        fields.put("deviceLimit", limit == null ? null : limit.toJson());
        fields.put("readsOfLimit", readsOfLimit().orElse(null));
        fields.put("appendedOfLimit", appendedOfLimit().map(Spread::median).orElse(null));
        fields.put("loadOfLimit", loadOfLimit().map(Spread::median).orElse(null));
        fields.put("writingOfLimit", writingOfLimit().map(Spread::median).orElse(null));
        fields.put("eachAppendedOfLimit", eachOfWrites(Loading::appendedPerSecond).orElse(null));
        fields.put("eachLoadOfLimit", eachOfWrites(Loading::writtenPerSecond).orElse(null));
        fields.put("eachWritingOfLimit", eachOfWrites(Loading::writingPerSecond).orElse(null));
        fields.put("ratio", rivals.stream().findFirst().flatMap(this::ratio).orElse(null));
        fields.put("against", rivals.stream().findFirst().map(this::toJson).orElse(null));
        fields.put("others", rivals.stream().skip(1).map(this::toJson).toList());
        fields.put("notes", notes);
        return fields;
    }

    private Optional<Double> ratio(Rival rival) {
        return rival.ran().map(standing -> own.ratioTo(standing).median());
    }

    private Map<String, Object> toJson(Rival rival) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", rival.name());
        fields.put("ratio", ratio(rival).orElse(null));
        rival.ran().ifPresentOrElse(standing -> fields.putAll(standing.toJson(settings.work().loadedBytes())), () -> {
            fields.put("opsPerSecond", null);
            fields.put("missing", rival.missing());
        });
        return fields;
    }
}
