package io.tideline.cli.inspect;

import io.tideline.cli.console.ByteSize;
import io.tideline.core.StoreAudit;
import io.tideline.hlog.Identity;
import java.io.PrintStream;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a store's directory holds, for people and for programs. The seed of the hash stays untold: who knows it can choose keys that collide.
 *
 * @param damages a sentence for each thing that is not as it was written
 */
record Inspection(StoreAudit.Report report, List<String> damages) {

    private static final int SEGMENTS_SHOWN = 20;

    void print(PrintStream out) {
        damages.forEach(out::println);
        if (report.identity() == null) {
            out.println("DAMAGED: without the identity nothing else can be read.");
            return;
        }
        printIdentity(out, report.identity());
        printSegments(out);
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
                : "cleanly, for the " + report.closed().sequence() + ". time");
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

    private void printContent(PrintStream out, StoreAudit.Content content) {
        row(out, "records", "%d, %s", content.records(), bytes(content.recordBytes()));
        row(out, "live", "%d, %s", content.liveRecords(), bytes(content.liveBytes()));
        row(out, "dead", "%d, %s", content.deadRecords(), bytes(content.deadBytes()));
        row(out, "deletions", "%d, %s", content.tombstones(), bytes(content.tombstoneBytes()));
        row(out, "invalid", "%s", bytes(content.invalidBytes()));
        row(out, "filler", "%s", bytes(content.fillerBytes()));
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
        return fields;
    }

    private static Map<String, Object> toJson(StoreAudit.Range range) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("from", range.from());
        fields.put("to", range.isOpen() ? null : range.to());
        return fields;
    }
}
