package io.tideline.cli.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/** How many nanoseconds an operation takes: of half of them at most {@code p50}, of 99 in a hundred {@code p99}, of 999 in a thousand {@code p999}. */
record Latency(long p50, long p99, long p999, long max) {

    Map<String, Object> toJson() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("p50", p50);
        fields.put("p99", p99);
        fields.put("p999", p999);
        fields.put("max", max);
        return fields;
    }
}
