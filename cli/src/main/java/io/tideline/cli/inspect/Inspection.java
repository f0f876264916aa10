package io.tideline.cli.inspect;

import io.tideline.checkpoint.Manifest;
import io.tideline.checkpoint.ManifestFiles;
import io.tideline.checkpoint.SessionPoint;
import io.tideline.checkpoint.UndoneRange;
import io.tideline.cli.console.ByteSize;
import io.tideline.core.StoreAudit;
import io.tideline.hlog.Identity;
import java.io.PrintStream;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What a store's directory holds, for people and for programs. The seed of the hash stays untold: who knows it can choose keys that collide.
 *
 * @param damages a sentence for each thing that is not as it was written
 */
record Inspection(StoreAudit.Report report, List<String> damages) {

    private static final int SEGMENTS_SHOWN = 20;
    private static final int SESSIONS_SHOWN = 100;
    private static final int GAPS_SHOWN = 20;

    void print(PrintStream out) {
        damages.forEach(out::println);
        if (report.identity() == null) {
            out.println("DAMAGED: without the identity nothing else can be read.");
            return;
        }
        printIdentity(out, report.identity());
        printSegments(out);
        printCheckpoints(out);
        printContent(out, report.content());
        report.unknown().forEach(range -> out.println(Audit.describe(range)));
        if (!report.isSound()) {
            out.println("DAMAGED: " + report.damages() + (report.damages() == 1 ? " place" : " places") + ", listed above; their bytes are in no"
                    + " figure.");
        }
    }

    private void printIdentity(PrintStream out, Identity identity) {
        row(out, "store", "%016x, created %s", identity.storeId(), Instant.ofEpochMilli(identity.createdAt()));
        row(out, "page", "%s", ByteSize.describe(1L << identity.pageBits()));
        row(out, "closed", "%s", report.closed() == null ? "no: its process ended before it was closed, or it is damaged"
                : "cleanly, with checkpoint " + report.closed().checkpoint());
        row(out, "log", "%d bytes (%s), addresses %d to %d", report.end() - report.begin(), ByteSize.describe(report.end() - report.begin()),
                report.begin(), report.end());
    }

    private void printSegments(PrintStream out) {
        row(out, "segments", "%d of up to %s", report.segments().size(), ByteSize.describe(report.identity().segmentBytes()));
        report.segments().stream().limit(SEGMENTS_SHOWN).forEach(segment -> row(out, "", "%s  %d bytes", segment.name(), segment.sizeBytes()));
        if (report.segments().size() > SEGMENTS_SHOWN) {
            row(out, "", "and %d more", report.segments().size() - SEGMENTS_SHOWN);
        }
    }

    private void printCheckpoints(PrintStream out) {
        if (report.checkpoints().isEmpty()) {
            row(out, "manifests", "%s", report.beginsEmpty() ? "none: an opening would " + Audit.describeBeginning(report) : "none that is whole");
            return;
        }
        row(out, "manifests", "%s", report.checkpoints().stream().map(each -> ManifestFiles.name(each.generation())).collect(Collectors.joining(", ")));
        Manifest newest = report.checkpoints().getFirst();
        row(out, "checkpoint", "%d, of version %d: %s, %s, %s, taken %s", newest.generation(), newest.version(), newest.kind(), newest.logStyle(),
                newest.durability(), Instant.ofEpochMilli(newest.createdAt()));
        row(out, "committed", "addresses %d to %d, cut at %d", newest.log().begin(), newest.log().end(), newest.log().cut());
        newest.image().ifPresentOrElse(image -> row(out, "index", "%s: %d buckets, %d of overflow, replay from %d", StoreAudit.imageFile(image),
                image.buckets(), image.overflowBuckets(), image.replayFrom()), () -> row(out, "index", "no image"));
        newest.snapshot().ifPresent(snapshot -> row(out, "snapshot", "%s: addresses %d to %d, %s", StoreAudit.snapshotFile(snapshot), snapshot.from(), snapshot.end(),
                bytes(fileBytes(snapshot))));
        row(out, "cookie", "%d bytes", newest.cookie().lengthBytes());
        row(out, "sessions", "%d", newest.sessions().size());
        newest.sessions().stream().limit(SESSIONS_SHOWN).forEach(session -> row(out, "", "%s: %d operations%s", name(session), session.durableSerial(),
                session.cookie().lengthBytes() == 0 ? "" : ", cookie of " + session.cookie().lengthBytes() + " bytes"));
        if (newest.sessions().size() > SESSIONS_SHOWN) {
            row(out, "", "and %d more", newest.sessions().size() - SESSIONS_SHOWN);
        }
        printGaps(out, newest);
    }

    /** What earlier lives left in the log that does not count. */
    private static void printGaps(PrintStream out, Manifest newest) {
        row(out, "gaps", "%d", newest.skipped().size() + newest.undone().size());
        newest.skipped().stream().limit(GAPS_SHOWN).forEach(range -> row(out, "", "%d to %d: nothing", range.from(), range.to()));
        newest.undone().stream().limit(GAPS_SHOWN).forEach(range -> row(out, "", "%d to %d: records of parity %d taken back; up to %d nothing", range.cut(),
                range.end(), range.parity(), range.nextTail()));
    }

    private long fileBytes(Manifest.Snapshot snapshot) {
        return snapshot.pages().fileBytes(1 << report.identity().pageBits());
    }

    private static String name(SessionPoint session) {
        return session.name().orElse("session " + session.id());
    }

    private void printContent(PrintStream out, StoreAudit.Content content) {
        row(out, "records", "%d, %s", content.records(), bytes(content.recordBytes()));
        row(out, "live", "%d, %s", content.liveRecords(), bytes(content.liveBytes()));
        row(out, "dead", "%d, %s", content.deadRecords(), bytes(content.deadBytes()));
        row(out, "deletions", "%d, %s", content.tombstones(), bytes(content.tombstoneBytes()));
        row(out, "invalid", "%s", bytes(content.invalidBytes()));
        row(out, "filler", "%s", bytes(content.fillerBytes()));
        row(out, "undone", "%s", bytes(content.undoneBytes()));
        row(out, "behind", "%s of whole records behind the newest checkpoint", bytes(content.uncommittedBytes()));
    }

    private static String bytes(long number) {
        return number + " bytes (" + ByteSize.describe(number) + ")";
    }

    private static void row(PrintStream out, String label, String form, Object... values) {
        out.printf(Locale.ROOT, "%-10s %s%n", label, String.format(Locale.ROOT, form, values));
    }

    /** The inspection as the object of {@code --json}. */
    Map<String, Object> toJson() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("sound", report.isSound());
        fields.put("damages", damages);
        if (report.identity() == null) {
            return fields;
        }
        fields.put("storeId", String.format(Locale.ROOT, "%016x", report.identity().storeId()));
        fields.put("createdAt", Instant.ofEpochMilli(report.identity().createdAt()).toString());
        fields.put("pageBytes", 1L << report.identity().pageBits());
        fields.put("segmentBytes", report.identity().segmentBytes());
        fields.put("closed", report.closed() != null);
        fields.put("begin", report.begin());
        fields.put("tail", report.end());
        fields.put("segments", report.segments().stream().map(segment -> Map.of("name", segment.name(), "bytes", segment.sizeBytes())).toList());
        fields.put("manifests", report.checkpoints().stream().map(Manifest::generation).toList());
        fields.put("beginsEmpty", report.beginsEmpty());
        fields.put("checkpoint", report.checkpoints().isEmpty() ? null : toJson(report.checkpoints().getFirst()));
        fields.put("unknown", report.unknown().stream().map(Inspection::toJson).toList());
        StoreAudit.Content content = report.content();
        fields.put("records", content.records());
        fields.put("recordBytes", content.recordBytes());
        fields.put("liveRecords", content.liveRecords());
        fields.put("liveBytes", content.liveBytes());
        fields.put("deadRecords", content.deadRecords());
        fields.put("deadBytes", content.deadBytes());
        fields.put("tombstones", content.tombstones());
        fields.put("tombstoneBytes", content.tombstoneBytes());
        fields.put("invalidBytes", content.invalidBytes());
        fields.put("fillerBytes", content.fillerBytes());
        fields.put("undoneBytes", content.undoneBytes());
        fields.put("uncommittedBytes", content.uncommittedBytes());
        return fields;
    }

    private static Map<String, Object> toJson(Manifest newest) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("number", newest.generation());
        fields.put("version", newest.version());
        fields.put("kind", newest.kind().name());
        fields.put("logStyle", newest.logStyle().name());
        fields.put("durability", newest.durability().name());
        fields.put("createdAt", Instant.ofEpochMilli(newest.createdAt()).toString());
        fields.put("begin", newest.log().begin());
        fields.put("cut", newest.log().cut());
        fields.put("end", newest.log().end());
        fields.put("image", newest.image().map(Inspection::toJson).orElse(null));
        fields.put("snapshot", newest.snapshot().map(Inspection::toJson).orElse(null));
        fields.put("sessions", newest.sessions().stream().map(Inspection::toJson).toList());
        fields.put("cookieBytes", newest.cookie().lengthBytes());
        fields.put("skipped", newest.skipped().stream().map(range -> toJson(new StoreAudit.Range(range.from(), range.to()))).toList());
        fields.put("undone", newest.undone().stream().map(Inspection::toJson).toList());
        return fields;
    }

    private static Map<String, Object> toJson(Manifest.Image image) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("file", StoreAudit.imageFile(image));
        fields.put("buckets", image.buckets());
        fields.put("overflowBuckets", image.overflowBuckets());
        fields.put("replayFrom", image.replayFrom());
        return fields;
    }

    private static Map<String, Object> toJson(Manifest.Snapshot snapshot) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("file", StoreAudit.snapshotFile(snapshot));
        fields.put("from", snapshot.from());
        fields.put("end", snapshot.end());
        return fields;
    }

    private static Map<String, Object> toJson(SessionPoint session) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", name(session));
        fields.put("serial", session.durableSerial());
        fields.put("cookieBytes", session.cookie().lengthBytes());
        return fields;
    }

    private static Map<String, Object> toJson(UndoneRange range) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("cut", range.cut());
        fields.put("end", range.end());
        fields.put("parity", range.parity());
        fields.put("nextTail", range.nextTail());
        return fields;
    }

    private static Map<String, Object> toJson(StoreAudit.Range range) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("from", range.from());
        fields.put("to", range.isOpen() ? null : range.to());
        return fields;
    }
}
