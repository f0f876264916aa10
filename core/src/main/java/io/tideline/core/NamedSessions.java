package io.tideline.core;

import io.tideline.checkpoint.Manifest;
import io.tideline.checkpoint.Opaque;
import io.tideline.checkpoint.SessionPoint;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/**
 * The sessions that checkpoints tell apart, open or not, by name: how far each was when it was closed, and how far the newest checkpoint has
 * it. Thread-safe.
 */
final class NamedSessions {
    private final int max;
    private final Map<String, Entry> entries = new TreeMap<>();
    private long nextId = 1;

    /** One session, from its first opening until it is forgotten. */
    static final class Entry {
        final long id;
        final String name;
        /** Null while nobody has it open. */
        private Session open;
        // Of the session as it was closed.
        private long serial;
        private long version;
        private long cutSerial;
        private Opaque cookie = Opaque.EMPTY;
        private Opaque cutCookie = Opaque.EMPTY;
        private volatile long durableSerial;

        private Entry(long id, String name) {
            this.id = id;
            this.name = name;
        }

        /** The last operation that the newest checkpoint holds. */
        long durableSerial() {
            return durableSerial;
        }
    }

    NamedSessions(int max) {
        this.max = max;
    }

    /** Takes over what a checkpoint says, in a store that is being opened. */
    synchronized void recover(Manifest manifest) {
        nextId = manifest.nextSessionId();
        for (SessionPoint point : manifest.sessions()) {
            point.name().ifPresent(name -> {
                Entry entry = new Entry(point.id(), name);
                entry.serial = point.durableSerial();
                entry.cookie = point.cookie();
                entry.durableSerial = point.durableSerial();
                entries.put(name, entry);
            });
        }
    }

    /** A new entry for a session that is being opened. */
    synchronized Entry create(String name) {
        SessionPoint.requireName(name); // a checkpoint could not name it
        if (entries.containsKey(name)) {
            throw new IllegalArgumentException("there is a session '" + name + "' already" + (entries.get(name).open == null
                    ? ", which is closed: take resumeSession to go on with it, or forgetSession first" : ", and it is open; take another name"));
        }
        if (entries.size() == max) {
            throw new IllegalStateException("the store has " + max + " named sessions, as many as it may; forget some, or configure maxNamedSessions");
        }
        Entry entry = new Entry(nextId++, name);
        entries.put(name, entry);
        return entry;
    }

    /** The entry of a session that somebody goes on with. */
    synchronized Entry resume(String name) {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw new IllegalArgumentException("there is no session '" + name + "' to go on with; the store knows " + known());
        }
        if (entry.open != null) {
            throw new IllegalStateException("session '" + name + "' is open already; close it before somebody else goes on with it");
        }
        return entry;
    }

    private String known() {
        return entries.isEmpty() ? "none" : entries.size() + (entries.size() == 1 ? " session: " : " sessions, the first of them ")
                + entries.keySet().iterator().next();
    }

    /** Gives the entry to a session, which goes on from where it was when it was closed, or recovered. */
    synchronized void opened(Entry entry, Session session) {
        if (entry.open != null) {
            throw new IllegalStateException("session '" + entry.name + "' is open already; close it before somebody else goes on with it");
        }
        if (entries.get(entry.name) != entry) {
            throw new IllegalArgumentException("there is no session '" + entry.name + "' to go on with; the store knows " + known());
        }
        session.goOnFrom(entry.serial, cutSerialOf(entry, session.version()), entry.cookie, cutCookieOf(entry, session.version()));
        entry.open = session; // last: from here on a checkpoint looks there
    }

    /** How far it was before {@code version} began. */
    private long cutSerialOf(Entry entry, long version) {
        return entry.version == version ? entry.cutSerial : entry.serial;
    }

    /** What had been left with it by then. */
    private Opaque cutCookieOf(Entry entry, long version) {
        return entry.version == version ? entry.cutCookie : entry.cookie;
    }

    /** The opening came to nothing. Somebody else may have forgotten the name meanwhile, and opened another session with it. */
    synchronized void discard(Entry entry) {
        if (entry.open == null && entry.serial == 0 && entry.durableSerial == 0) {
            entries.remove(entry.name, entry);
        }
    }

    /** The session is closed; whoever closes it is alone in it. */
    synchronized void closed(Entry entry, Session session) {
        entry.serial = session.serial();
        entry.version = session.version();
        entry.cutSerial = session.cutSerial();
        entry.cookie = session.leftCookie();
        entry.cutCookie = session.cutCookie();
        entry.open = null;
    }

    synchronized void forget(String name) {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw new IllegalArgumentException("there is no session '" + name + "' to forget; the store knows " + known());
        }
        if (entry.open != null) {
            throw new IllegalStateException("session '" + name + "' is open; close it before it is forgotten");
        }
        entries.remove(name);
    }

    /** How far each was before {@code version} began, which all open ones have reached. */
    synchronized List<SessionPoint> pointsBefore(long version) {
        return points(entry -> entry.open != null ? entry.open.cutSerial() : cutSerialOf(entry, version),
                entry -> entry.open != null ? entry.open.cutCookie() : cutCookieOf(entry, version));
    }

    /** Whether a checkpoint holds all sessions as far as they are, and no other, nor was there another meanwhile. Nobody is inside. */
    synchronized boolean areAsIn(Manifest manifest) {
        List<SessionPoint> now = points(entry -> entry.open != null ? entry.open.serial() : entry.serial,
                entry -> entry.open != null ? entry.open.leftCookie() : entry.cookie);
        // A manifest has them in the order of their ids.
        return nextId == manifest.nextSessionId() && new HashSet<>(now).equals(new HashSet<>(manifest.sessions()));
    }

    private List<SessionPoint> points(ToLongFunction<Entry> serial, Function<Entry, Opaque> cookie) {
        List<SessionPoint> points = new ArrayList<>();
        for (Entry entry : entries.values()) {
            points.add(new SessionPoint(entry.id, Optional.of(entry.name), serial.applyAsLong(entry), cookie.apply(entry)));
        }
        return points;
    }

    /** A checkpoint holds the sessions as far as it says. Returns those that are open and wait to be told. */
    synchronized List<Session> committed(Manifest manifest) {
        List<Session> open = new ArrayList<>();
        for (SessionPoint point : manifest.sessions()) {
            Entry entry = point.name().map(entries::get).orElse(null);
            if (entry != null && entry.id == point.id()) {
                entry.durableSerial = point.durableSerial();
                if (entry.open != null) {
                    open.add(entry.open);
                }
            }
        }
        return open;
    }

    synchronized List<String> names() {
        return List.copyOf(entries.keySet());
    }

    synchronized long nextId() {
        return nextId;
    }
}
