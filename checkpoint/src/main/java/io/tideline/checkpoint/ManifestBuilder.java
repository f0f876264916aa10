package io.tideline.checkpoint;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Puts a {@link Manifest} together, value by value; which values are possible, the manifest says. Not thread-safe. */
public final class ManifestBuilder {
    private long generation;
    private long version;
    private CheckpointKind kind = CheckpointKind.FULL;
    private LogStyle logStyle = LogStyle.FOLD_OVER;
    private Durability durability = Durability.DISK;
    private long createdAt;
    private Manifest.Configuration configuration;
    private Manifest.Log log;
    private List<SkippedRange> skipped = List.of();
    private List<UndoneRange> undone = List.of();
    private Optional<Manifest.Image> image = Optional.empty();
    private Optional<Manifest.Snapshot> snapshot = Optional.empty();
    private List<SessionPoint> sessions = List.of();
    private long nextSessionId = 1;
    private Opaque cookie = Opaque.EMPTY;
    private final TreeMap<String, Opaque> tables = new TreeMap<>();

    /** The first manifest of a store with nothing in it. */
    public ManifestBuilder(Manifest.Configuration configuration) {
        this.configuration = configuration;
        this.generation = 1;
        this.log = new Manifest.Log(Addresses.FIRST, Addresses.FIRST, Addresses.FIRST, Addresses.FIRST);
    }

    ManifestBuilder(Manifest manifest) {
        generation = manifest.generation();
        version = manifest.version();
        kind = manifest.kind();
        logStyle = manifest.logStyle();
        durability = manifest.durability();
        createdAt = manifest.createdAt();
        configuration = manifest.configuration();
        log = manifest.log();
        skipped = manifest.skipped();
        undone = manifest.undone();
        image = manifest.image();
        snapshot = manifest.snapshot();
        sessions = manifest.sessions();
        nextSessionId = manifest.nextSessionId();
        cookie = manifest.cookie();
        tables.putAll(manifest.tables());
    }

    public ManifestBuilder generation(long number) {
        generation = number;
        return this;
    }

    public ManifestBuilder version(long number) {
        version = number;
        return this;
    }

    public ManifestBuilder kind(CheckpointKind written) {
        kind = written;
        return this;
    }

    public ManifestBuilder durability(Durability survived) {
        durability = survived;
        return this;
    }

    public ManifestBuilder createdAt(long millis) {
        createdAt = millis;
        return this;
    }

    /** A log that is in its own files up to its end. */
    public ManifestBuilder foldedOver(Manifest.Log points) {
        logStyle = LogStyle.FOLD_OVER;
        log = points;
        snapshot = Optional.empty();
        return this;
    }

    /** A log whose end was written aside. */
    public ManifestBuilder snapshot(Manifest.Log points, Manifest.Snapshot aside) {
        logStyle = LogStyle.SNAPSHOT;
        log = points;
        snapshot = Optional.of(aside);
        return this;
    }

    public ManifestBuilder skipped(List<SkippedRange> ranges) {
        skipped = ranges;
        return this;
    }

    public ManifestBuilder undone(List<UndoneRange> ranges) {
        undone = ranges;
        return this;
    }

    public ManifestBuilder image(Manifest.Image newest) {
        image = Optional.of(newest);
        return this;
    }

    public ManifestBuilder noImage() {
        image = Optional.empty();
        return this;
    }

    /** @param nextId greater than every id that was ever given */
    public ManifestBuilder sessions(List<SessionPoint> points, long nextId) {
        sessions = points;
        nextSessionId = nextId;
        return this;
    }

    public ManifestBuilder cookie(Opaque bytes) {
        cookie = bytes;
        return this;
    }

    public ManifestBuilder tables(Map<String, Opaque> all) {
        tables.clear();
        tables.putAll(all);
        return this;
    }

    public Manifest build() {
        return new Manifest(generation, version, kind, logStyle, durability, createdAt, configuration, log, skipped, undone, image, snapshot,
                SessionTable.of(sessions), nextSessionId, cookie, tables);
    }
}
