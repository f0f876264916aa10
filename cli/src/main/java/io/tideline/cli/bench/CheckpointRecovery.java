package io.tideline.cli.bench;

import io.tideline.cli.bench.work.OperationStream;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What coming back to the last checkpoint took, and whether exactly what it holds came back.
 *
 * @param nanos the whole opening
 * @param imageBytes read of the index's image, with {@code imageNanos} for it
 * @param logBytes replayed of the log beside the image, with {@code logNanos} more after that
 * @param diskBytes what the kernel says that came from a disk, and not from its cache; 0 where it does not tell
 * @param cacheKept why the cache was not emptied before; null if it was
 * @param bandwidth bytes that the disk gives in a second, read one behind the other: the mean of before and after
 * @param bandwidthOf what measured that
 * @param committed how many operations the last checkpoint holds, by what the process said that took it
 * @param recovered how many the recovered sessions say
 * @param sum of all values that came back, if anybody looked
 * @param absent keys that did not; negative if nobody looked
 * @param isSameCheckpoint whether it is the last one that was committed
 * @param keys how many were loaded
 */
record CheckpointRecovery(long nanos, long imageBytes, long imageNanos, long logBytes, long logNanos, long diskBytes, String cacheKept,
        double bandwidth, String bandwidthOf, long committed, long recovered, long sum, long absent, boolean isSameCheckpoint, long keys) {

    private static final double NANOS_PER_SECOND = 1e9;

    static CheckpointRecovery of(Reply ended, Reply recovered, String cacheKept, double bandwidth, String bandwidthOf, long keys) {
        return new CheckpointRecovery(recovered.number("nanos"), recovered.number("imageBytes"), recovered.number("imageNanos"),
                recovered.number("logBytes"), recovered.number("logNanos"), recovered.number("diskBytes"), cacheKept, bandwidth, bandwidthOf,
                ended.number("serials"), recovered.number("serials"), recovered.numberIfKnown("sum"), recovered.numberIfKnown("absent"),
                ended.number("checkpoint") == recovered.number("checkpoint"), keys);
    }

    long bytes() {
        return imageBytes + logBytes;
    }

    /** Of the whole opening. */
    double seconds() {
        return nanos / NANOS_PER_SECOND;
    }

    double bytesPerSecond() {
        return rate(bytes(), nanos);
    }

    double imageBytesPerSecond() {
        return rate(imageBytes, imageNanos);
    }

    private static double rate(long bytes, long nanos) {
        return bytes * NANOS_PER_SECOND / Math.max(1, nanos);
    }

    /** How much of the disk's speed the whole opening has. */
    double ratio() {
        return bytesPerSecond() / bandwidth;
    }

    /** The same while it reads: without what an opening does before and behind, which in a new process is mostly the JVM's loading of classes. */
    double readingRatio() {
        return rate(bytes(), imageNanos + logNanos) / bandwidth;
    }

    /** What the values must add up to: each key began with its index, and every committed operation has added the same. Wraps around as the values do. */
    long expectedSum() {
        long indices = (keys & 1) == 0 ? keys / 2 * (keys - 1) : keys * ((keys - 1) / 2);
        return indices + OperationStream.RMW_OPERAND * committed;
    }

    /** Whether somebody looked at every value. */
    boolean isLookedAt() {
        return absent >= 0;
    }

    /** Whether every committed operation came back, once, and no other, as far as somebody looked. */
    boolean isRight() {
        return isSameCheckpoint && committed == recovered && (!isLookedAt() || absent == 0 && sum == expectedSum());
    }

    Map<String, Object> toJson() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("seconds", seconds());
        fields.put("imageBytes", imageBytes);
        fields.put("imageSeconds", imageNanos / NANOS_PER_SECOND);
        fields.put("logBytes", logBytes);
        fields.put("logSeconds", logNanos / NANOS_PER_SECOND);
        fields.put("bytesPerSecond", bytesPerSecond());
        fields.put("diskBytes", diskBytes);
        fields.put("cacheKept", cacheKept);
        fields.put("deviceBytesPerSecond", bandwidth);
        fields.put("deviceMeasuredBy", bandwidthOf);
        fields.put("ratio", ratio());
        fields.put("readingRatio", readingRatio());
        fields.put("committedOperations", committed);
        fields.put("recoveredOperations", recovered);
        fields.put("expectedSum", expectedSum());
        fields.put("sum", sum);
        fields.put("absent", absent);
        fields.put("right", isRight());
        return fields;
    }
}
