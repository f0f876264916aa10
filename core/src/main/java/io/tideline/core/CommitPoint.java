package io.tideline.core;

import io.tideline.checkpoint.CheckpointKind;
import io.tideline.checkpoint.Durability;
import io.tideline.checkpoint.LogStyle;
import io.tideline.checkpoint.Manifest;
import io.tideline.checkpoint.Opaque;
import io.tideline.checkpoint.SessionPoint;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a checkpoint has made durable: of each named session exactly the operations up to its serial, and what was stored beside them.
 *
 * @param number of the checkpoint; the newest one a recovery goes back to
 * @param version of the records that it holds
 * @param logStyle whether its log was folded over or its end copied aside; where nothing was missing in the log's files there is nothing aside
 * @param durability what it survives
 * @param serials the last operation of each named session that is part of it, by the session's name, in the order in which they were opened first
 * @param cookie what the caller of the checkpoint gave; a copy
 * @param sessionCookies what each session had last been left with by then, by the session's name, see {@link Session#setCookie}; not of those that were given nothing
 * @param createdAt milliseconds since 1970
 */
public record CommitPoint(long number, long version, CheckpointKind kind, LogStyle logStyle, Durability durability, Map<String, Long> serials, byte[] cookie,
        Map<String, Opaque> sessionCookies, long createdAt) {
    public CommitPoint {
        serials = Collections.unmodifiableMap(new LinkedHashMap<>(serials));
        cookie = cookie.clone();
        sessionCookies = Collections.unmodifiableMap(new LinkedHashMap<>(sessionCookies));
    }

    static CommitPoint of(Manifest manifest) {
        Map<String, Long> serials = new LinkedHashMap<>(); // in the order in which they were opened first
        Map<String, Opaque> cookies = new LinkedHashMap<>();
        for (SessionPoint session : manifest.sessions()) {
            session.name().ifPresent(name -> {
                serials.put(name, session.durableSerial());
                if (session.cookie().lengthBytes() > 0) {
                    cookies.put(name, session.cookie());
                }
            });
        }
        return new CommitPoint(manifest.generation(), manifest.version(), manifest.kind(), manifest.logStyle(), manifest.durability(), serials, manifest.cookie().toBytes(),
                cookies, manifest.createdAt());
    }

    @Override
    public byte[] cookie() {
        return cookie.clone();
    }
}
