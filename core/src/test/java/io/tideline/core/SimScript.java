package io.tideline.core;

import io.tideline.checkpoint.Durability;
import io.tideline.core.HistoryEvent.Kind;
import io.tideline.core.SimHistory.Death;
import io.tideline.core.SimKey.Use;
import io.tideline.fault.ClosedFault;
import io.tideline.fault.StoreFault;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;

/**
 * What the sessions of a store do, through several lives of it, and whether what they saw and what each recovery found can be. The operation of a
 * session behind another one, its key and what it writes follow from the seed, the session and the serial alone; only what a compare-and-set
 * expects is what its session has seen there last.
 *
 * <p>A life: {@link #open}; {@link #run} for each session again and again, each by one thread at a time, and {@link #checkpoint} by anybody; then
 * {@link #died}, at a moment at which what was promised so far is fixed, right before the disk is taken; and once nobody runs a session any more
 * {@link #check} with the store that was recovered, and {@link #open} again. It has no thread, no clock and no wait of its own.
 */
final class SimScript {
    /** A part of the mix that may be left out. */
    enum Feature {
        /** Keys and values of bytes, of lengths that change. */
        BYTES,
        /** Keys that all write to. */
        PLAIN,
        DELETES,
        /** Operations that wait for the device beside others. */
        SUBMITTED,
        GROUPS,
        BATCHES,
        WALKS,
        /** Sessions that are closed and resumed. */
        RESUMES
    }

    /**
     * @param keys of each kind and owner
     * @param walkEvery after how many operations of a session a walk over all entries comes, on average
     */
    record Options(Set<Feature> features, int keys, int walkEvery) {
        static final Options ALL = new Options(EnumSet.allOf(Feature.class), 64, 1000);

        /** Each feature with a chance of one half, by the seed. */
        static Options swarm(long seed) {
            SplittableRandom random = new SplittableRandom(seed);
            EnumSet<Feature> some = EnumSet.noneOf(Feature.class);
            for (Feature feature : Feature.values()) {
                if (random.nextBoolean()) {
                    some.add(feature);
                }
            }
            return new Options(some, 2 << random.nextInt(7), 1000);
        }

        Options walkEvery(int operations) {
            return new Options(features, keys, operations);
        }

        boolean has(Feature feature) {
            return features.contains(feature);
        }
    }

    /** Serials come in blocks of this length; a block is a group, whoever goes on in the middle of it, or consists of single operations. */
    private static final int BLOCK = 8;
    /** Of the keys one in so many gets three operations of four, so that it stays in memory and others leave it. */
    private static final int HOT_SHARE = 8;
    // What the randomness of a serial is for.
    private static final int OPERATION = 1;
    private static final int GROUP = 2;
    private static final int BESIDE = 3;
    private static final int COOKIE = 4;
    /** What no value is. */
    private static final long NO_VALUE = -1;

    private final long seed;
    private final Options options;
    private final SimHistory history;
    private final List<Client> clients = new ArrayList<>();
    private Store store;
    /** Whether a checkpoint of this life was asked for that need not survive a power loss. */
    private volatile boolean hasProcessCheckpoints;
    /** Which life it is: a store that was left to die may still tell somebody something. */
    private volatile int life;

    /** @param clock never goes back, through all lives; see {@link SimHistory} */
    SimScript(long seed, int sessions, Options options, LongSupplier clock) {
        if (sessions > SimKey.MAX_SESSIONS) {
            throw new IllegalArgumentException(sessions + " sessions; values tell " + SimKey.MAX_SESSIONS + " apart");
        }
        this.seed = seed;
        this.options = options;
        this.history = new SimHistory(sessions, clock);
        for (int i = 0; i < sessions; i++) {
            clients.add(new Client(i));
        }
    }

    /** How to get the same again. */
    String replay() {
        return "seed " + seed + ", " + clients.size() + " sessions, " + options;
    }

    SimHistory history() {
        return history;
    }

    // --- a life ---

    /** Opens the sessions, or goes on with those that the store was recovered with. */
    void open(Store opened) {
        store = opened;
        life++;
        hasProcessCheckpoints = false;
        clients.forEach(Client::open);
    }

    /** Takes a checkpoint; what it promises is noted before the answer is complete. */
    CompletableFuture<CommitPoint> checkpoint(CheckpointRequest request) {
        if (request.durability() == Durability.PROCESS) {
            hasProcessCheckpoints = true;
        }
        int asked = life;
        return store.checkpoint(request).whenComplete((point, _) -> {
            if (point != null && asked == life) {
                history.committed(point);
                for (int i = 0; i < clients.size(); i++) {
                    history.promised(new SimHistory.Promise(i, point.serials().getOrDefault(PointChecker.nameOf(i), 0L), point.durability(),
                        "checkpoint " + point.number()));
                }
            }
        });
    }

    /** Runs the next operation of a session, or several that go together, and now and then something beside. */
    void run(int session) {
        clients.get(session).step();
    }

    /** How many operations the session has begun. */
    long serial(int session) {
        return history.begun(session);
    }

    /** Closes the sessions, which are told of all that was pending. */
    void close() {
        clients.forEach(Client::close);
    }

    void died(Death how) {
        history.died(how);
    }

    /** Fails unless the store, which was recovered and is not used yet, holds what it must, and its last life was in order. */
    void check(Store recovered) {
        long[] points = new long[clients.size()];
        long[] cookies = new long[clients.size()];
        findPoints(recovered, points, cookies);
        List<String> problems = new ArrayList<>();
        Map<SimKey, Long> contents = contents(recovered, problems);
        problems.addAll(PointChecker.violations(history, points, recovered.lastCommit()));
        problems.addAll(CookieChecker.violations(history, points, cookies));
        problems.addAll(PrefixChecker.violations(history, points, contents));
        problems.addAll(CausalChecker.violations(history, points));
        problems.addAll(LifeChecker.violationsWhileAlive(history));
        problems.addAll(LifeChecker.violationsThroughDeath(history, points, contents));
        problems.addAll(StoreVerifier.verify(recovered));
        if (!problems.isEmpty()) {
            throw new AssertionError(replay() + ", behind a " + history.death() + " to the points " + Arrays.toString(points) + ", life from "
                + Arrays.toString(history.beginning().points()) + ": " + problems.size() + " problems\n  - " + String.join("\n  - ", problems));
        }
        history.recovered(points, cookies, contents);
        clients.forEach(client -> client.forget(contents));
    }

    private static void findPoints(Store recovered, long[] points, long[] cookies) {
        List<String> names = recovered.sessionNames();
        Arrays.fill(cookies, CookieChecker.NONE);
        for (int i = 0; i < points.length; i++) {
            String name = PointChecker.nameOf(i);
            if (names.contains(name)) {
                try (Session session = recovered.resumeSession(name)) {
                    points[i] = session.serial();
                    cookies[i] = CookieChecker.operations(session.cookie());
                }
            }
        }
    }

    /** What a store holds: by a walk, and key by key, which must be the same. */
    static Map<SimKey, Long> contents(Store store, List<String> problems) {
        Map<SimKey, Long> contents = new HashMap<>();
        store.forEach((name, value) -> {
            byte[] bytes = value.toArray();
            SimKey key = SimKey.of(name.toArray());
            if (key == null) {
                problems.add("a walk shows the key " + new Bytes(name.toArray()) + ", which is nobody's");
            } else if (contents.put(key, number(key, bytes, problems)) != null) {
                problems.add("a walk shows " + key + " twice");
            }
            return true;
        });
        contents.forEach((key, value) -> {
            ValueHolder holder = ValueHolder.growing();
            Status status = key.isBytes() ? store.get(key.name(), holder) : store.get(key.id(), holder);
            if (status != Status.FOUND || number(key, holder.toArray(), problems) != value) {
                problems.add("a walk shows " + key + " with " + value + ", and a get says " + status + " " + (status == Status.FOUND ? new Bytes(holder.toArray()) : ""));
            }
        });
        return contents;
    }

    private static long number(SimKey key, byte[] value, List<String> problems) {
        try {
            return number(key, value);
        } catch (AssertionError torn) {
            problems.add(key + ": " + torn.getMessage());
            return NO_VALUE;
        }
    }

    private static long number(SimKey key, byte[] value) {
        if (value.length < 8 || !key.isBytes() && value.length != 8) {
            throw new AssertionError("a value of " + value.length + " bytes was found in " + key);
        }
        return key.isBytes() ? TokenValue.token(value) : Bytes.toLong(value);
    }

    private SplittableRandom random(int session, long serial, int what) {
        return new SplittableRandom(seed * 1_000_003 + session * 7919L + serial * 104_729 + what * 0x9E3779B97F4A7C15L);
    }

    /** One session, its place in the script, and what it knows. */
    private final class Client {
        private final int number;
        private final String name;
        /** What it has seen of a key last; nothing else happens to its own. */
        private final Map<SimKey, RegisterSpec.State> known = new HashMap<>();
        private Session session;

        Client(int number) {
            this.number = number;
            this.name = PointChecker.nameOf(number);
        }

        void open() {
            session = store.sessionNames().contains(name) ? store.resumeSession(name) : store.openSession(name);
            if (session.serial() != history.begun(number)) {
                throw new AssertionError(replay() + ": " + name + " was opened with " + session.serial() + " operations, and has " + history.begun(number));
            }
            int opened = life;
            session.onDurable(serial -> {
                if (opened == life) {
                    promised(serial, "onDurable");
                }
            });
        }

        private void promised(long serial, String source) {
            history.promised(new SimHistory.Promise(number, serial, hasProcessCheckpoints ? Durability.PROCESS : Durability.DISK, source));
        }

        void close() {
            session.close();
        }

        void forget(Map<SimKey, Long> contents) {
            known.clear();
            contents.forEach((key, value) -> known.put(key, RegisterSpec.State.of(value)));
        }

        // --- what comes next ---

        void step() {
            long serial = session.serial() + 1;
            beside(random(number, serial, BESIDE));
            long block = (serial - 1) / BLOCK;
            int left = BLOCK - (int) ((serial - 1) % BLOCK);
            SplittableRandom random = random(number, block, GROUP);
            int kind = random.nextInt(40);
            if (kind < 4 && options.has(Feature.GROUPS)) {
                group(kind, serial, left, random);
            } else if (kind < 7 && options.has(Feature.BATCHES)) {
                session.batch(inside -> {
                    for (int i = 0; i < left; i++) {
                        single(serial + i);
                    }
                });
            } else {
                single(serial);
            }
        }

        /** What is no operation of the session. */
        private void beside(SplittableRandom random) {
            if (random.nextInt(4) == 0) {
                session.completePending(random.nextInt(8) == 0);
            }
            if (random.nextInt(64) == 0) {
                promised(session.durableSerial(), "durableSerial() of " + (hasProcessCheckpoints ? Durability.PROCESS : Durability.DISK));
            }
            if (random.nextInt(256) == 0 && options.has(Feature.RESUMES)) {
                session.close();
                open();
            }
            if (random.nextInt(options.walkEvery) == 0 && options.has(Feature.WALKS)) {
                walk();
            }
        }

        /** Looks at all entries; keys that are never deleted must be among them, once. */
        private void walk() {
            long begin = history.now();
            Map<SimKey, Long> shown = new HashMap<>();
            store.forEach((bytes, value) -> {
                SimKey key = SimKey.of(bytes.toArray());
                if (key == null) {
                    throw new AssertionError(replay() + ": a walk shows the key " + new Bytes(bytes.toArray()) + ", which is nobody's");
                }
                if (shown.put(key, number(key, value.toArray())) != null && key.use() == Use.COUNT) {
                    throw new AssertionError(replay() + ": a walk shows " + key + " twice");
                }
                return true;
            });
            known.forEach((key, state) -> {
                if (key.use() == Use.COUNT && state.present() && !shown.containsKey(key)) {
                    throw new AssertionError(replay() + ": a walk of " + name + " does not show " + key + ", which was there before");
                }
            });
            shown.forEach((key, value) -> history.walked(number, session.serial(), key, value, begin));
        }

        private SimKey key(Use use, boolean isBytes, SplittableRandom random) {
            int owner = switch (use) {
                case OWN -> number;
                case COUNT -> number - number % SimKey.COUNTING;
                case PLAIN -> 0;
            };
            int warm = random.nextInt(4) == 0 ? options.keys : (options.keys + HOT_SHARE - 1) / HOT_SHARE;
            return new SimKey(use, isBytes, owner, random.nextInt(warm));
        }

        private void single(long serial) {
            if (random(number, serial, COOKIE).nextInt(12) == 0) {
                history.leaves(number, serial - 1);
                session.setCookie(CookieChecker.of(serial - 1));
            }
            SplittableRandom random = random(number, serial, OPERATION);
            boolean isBytes = random.nextInt(5) < 2 && options.has(Feature.BYTES);
            int what = random.nextInt(16);
            if (what < 6) {
                change(serial, key(Use.OWN, isBytes, random), random);
            } else if (what < 11 || !options.has(Feature.PLAIN)) {
                count(serial, key(Use.COUNT, isBytes, random), random);
            } else {
                change(serial, key(Use.PLAIN, isBytes, random), random);
            }
        }

        /** Any operation on a key; but those that all write to are not updated, because each value is to be written once. */
        private void change(long serial, SimKey key, SplittableRandom random) {
            long value = SimKey.token(number, serial);
            boolean deletes = options.has(Feature.DELETES);
            switch (random.nextInt(12)) {
                case 0 -> put(begin(serial, key, Kind.PUT, value), false);
                case 1 -> put(begin(serial, key, Kind.PUT, value), key.isBytes());
                case 2 -> insert(begin(serial, key, Kind.PUT_IF_ABSENT, value));
                case 3, 4 -> delete(begin(serial, key, deletes ? Kind.DELETE : Kind.GET, 0), key.isBytes() && random.nextBoolean());
                case 5, 6 -> compareAndSet(serial, key, value, random.nextInt(6) == 0);
                case 7, 8 -> update(begin(serial, key, key.use() == Use.OWN ? Kind.UPDATE : Kind.PUT, value), random.nextInt(3));
                case 9 -> read(begin(serial, key, Kind.CONTAINS, 0), false);
                default -> read(begin(serial, key, Kind.GET, 0), random.nextBoolean());
            }
        }

        private void count(long serial, SimKey key, SplittableRandom random) {
            if (random.nextInt(6) == 0) {
                read(begin(serial, key, Kind.GET, 0), random.nextBoolean());
            } else {
                SimEvent event = begin(serial, key, Kind.UPDATE, SimKey.one(number));
                int way = random.nextInt(5);
                if (way < 2 && options.has(Feature.SUBMITTED)) {
                    submitUpdate(event);
                } else {
                    update(event, way % 3);
                }
            }
        }

        private SimEvent begin(long serial, SimKey key, Kind kind, long value) {
            return history.begin(number, serial, key, kind, value, 0);
        }

        // --- single operations ---

        /** A call of the store; a fault of it changes nothing. */
        private interface Call {
            Status run();
        }

        private Status call(SimEvent event, Call call) {
            try {
                return call.run();
            } catch (StoreFault fault) {
                if (session.serial() < event.serial) {
                    history.neverBegan(number, event.serial);
                } else if (fault instanceof ClosedFault && event.fate() == SimEvent.Fate.OPEN) {
                    throw new AssertionError(replay() + ": " + event.describe() + " was refused by a close and counted all the same", fault);
                } else if (event.fate() == SimEvent.Fate.OPEN) {
                    event.refused(SimEvent.Fate.REFUSED, history.now());
                }
                throw fault;
            }
        }

        private void ended(SimEvent event, Status status, long result) {
            event.ended(status, result, history.now());
            learn(event);
        }

        /** What a key holds, as far as the session can tell now. */
        private void learn(SimEvent event) {
            HistoryEvent seen = event.seen(HistoryEvent.NEVER);
            if (event.kind == Kind.GET) {
                known.put(event.key, seen.status() == Status.FOUND ? RegisterSpec.State.of(seen.result()) : RegisterSpec.State.ABSENT);
            } else if (event.kind == Kind.UPDATE && seen.result() != HistoryEvent.UNKNOWN) {
                known.put(event.key, RegisterSpec.State.of(seen.result()));
            } else if (seen.status() == null || event.hasChanged()) {
                known.put(event.key, event.key.spec().after(knownOf(event.key), seen));
            }
        }

        private RegisterSpec.State knownOf(SimKey key) {
            return known.getOrDefault(key, RegisterSpec.State.ABSENT);
        }

        private void read(SimEvent event, boolean submits) {
            SimKey key = event.key;
            if (event.kind == Kind.CONTAINS) {
                ended(event, call(event, () -> (key.isBytes() ? session.contains(key.name()) : session.contains(key.id())) ? Status.FOUND : Status.ABSENT),
                    HistoryEvent.UNKNOWN);
            } else if (submits && options.has(Feature.SUBMITTED)) {
                Told told = new Told(event, null);
                submitted(event, call(event, () -> key.isBytes() ? session.submitGet(key.name(), 0, key.name().length, event.serial, told)
                    : session.submitGet(key.id(), event.serial, told)));
            } else {
                ValueHolder holder = ValueHolder.growing();
                Status status = call(event, () -> key.isBytes() ? session.get(key.name(), holder) : session.get(key.id(), holder));
                ended(event, status, status == Status.FOUND ? number(key, holder.toArray()) : HistoryEvent.UNKNOWN);
            }
        }

        /** By a put, or by an update that looks at what it replaces. */
        private void put(SimEvent event, boolean looks) {
            SimKey key = event.key;
            if (looks) {
                apply(event);
            } else {
                ended(event, call(event, () -> key.isBytes() ? session.put(key.name(), TokenValue.of(event.first)) : session.put(key.id(), event.first)),
                    HistoryEvent.UNKNOWN);
            }
        }

        private void insert(SimEvent event) {
            SimKey key = event.key;
            ended(event, call(event, () -> key.isBytes() ? session.putIfAbsent(key.name(), TokenValue.of(event.first)) : session.putIfAbsent(key.id(), event.first)),
                HistoryEvent.UNKNOWN);
        }

        /** By a delete, or by an update that deletes what it finds; a read where nothing is to be deleted. */
        private void delete(SimEvent event, boolean looks) {
            SimKey key = event.key;
            if (event.kind == Kind.GET) {
                read(event, false);
            } else if (looks) {
                apply(event);
            } else {
                ended(event, call(event, () -> key.isBytes() ? session.delete(key.name()) : session.delete(key.id())), HistoryEvent.UNKNOWN);
            }
        }

        private void compareAndSet(long serial, SimKey key, long value, boolean fails) {
            RegisterSpec.State last = knownOf(key);
            long expected = last.present() && !fails ? last.value() : value;
            SimEvent event = history.begin(number, serial, key, Kind.COMPARE_AND_SET, expected, value);
            ended(event, call(event, () -> key.isBytes() ? session.compareAndSet(key.name(), TokenValue.of(expected), TokenValue.of(value))
                : session.compareAndSet(key.id(), expected, value)), HistoryEvent.UNKNOWN);
        }

        /** @param way one of three for 8-byte values */
        private void update(SimEvent event, int way) {
            long key = event.key.id();
            if (event.key.isBytes()) {
                apply(event);
            } else if (event.kind == Kind.PUT) {
                put(event, false);
            } else if (way == 0) {
                ended(event, call(event, () -> session.add(key, event.first)), HistoryEvent.UNKNOWN);
            } else {
                LongHolder result = new LongHolder();
                Status status = call(event, () -> way == 1 ? session.rmw(key, Update.ADD, event.first, result) : session.rmw(key, SUM, event.first, result));
                ended(event, status, result.value);
            }
        }

        private void apply(SimEvent event) {
            Change change = new Change(event);
            Status status = call(event, () -> session.rmw(event.key.name(), change));
            ended(event, change.status(status), change.result());
        }

        private void submitUpdate(SimEvent event) {
            SimKey key = event.key;
            if (key.isBytes()) {
                Change change = new Change(event);
                submitted(event, call(event, () -> session.submitRmw(key.name(), 0, key.name().length, change, event.serial, new Told(event, change))));
            } else {
                submitted(event, call(event, () -> session.submitRmw(key.id(), event.serial % 2 == 0 ? SUM : Update.ADD, event.first, event.serial, new Told(event, null))));
            }
        }

        private void submitted(SimEvent event, Status status) {
            if (status == Status.PENDING) {
                event.pends();
            } else if (event.fate() == SimEvent.Fate.OPEN) {
                throw new AssertionError(replay() + ": " + event.describe() + " was answered with " + status + ", and its completion not told");
            }
        }

        /** What became of a submitted operation. */
        private final class Told implements Completion {
            private final SimEvent event;
            private final Change change;

            /** @param change the user's function; null for a read and for an 8-byte update */
            Told(SimEvent event, Change change) {
                this.event = event;
                this.change = change;
            }

            @Override
            public void completed(long context, Status status, ValueView value) {
                if (context != event.serial) {
                    throw new AssertionError(replay() + ": the completion of " + event.describe() + " was told with the context " + context);
                }
                long result = change != null ? change.result()
                    : event.kind == Kind.GET ? status == Status.FOUND ? number(event.key, value.toArray()) : HistoryEvent.UNKNOWN : value.getLong(0);
                event.ended(status, result, history.now(), session.serial());
                if (event.key.use() != Use.OWN) {
                    learn(event); // of its own it knows more than what a read has found a while ago
                }
            }

            @Override
            public void failed(long context, Throwable thrown) {
                if (!(thrown instanceof StoreFault)) {
                    throw new AssertionError(replay() + ": " + event.describe() + " failed", thrown);
                }
                event.refused(SimEvent.Fate.REFUSED, history.now());
                if (thrown instanceof ClosedFault && event.kind != Kind.GET) {
                    history.droppedByClose(number, event.serial);
                }
            }
        }

        // --- groups ---

        private void group(int kind, long serial, int left, SplittableRandom random) {
            int from = BLOCK - left;
            SimKey[] keys = new SimKey[BLOCK];
            for (int i = 0; i < BLOCK; i++) {
                Use use = switch (kind) {
                    case 0 -> Use.OWN;
                    case 1 -> options.has(Feature.PLAIN) ? Use.PLAIN : Use.OWN;
                    case 2 -> Use.COUNT;
                    default -> Use.values()[random.nextInt(Use.values().length)];
                };
                keys[i] = key(use, false, random);
            }
            long[] ids = Arrays.stream(keys).mapToLong(SimKey::id).toArray();
            long[] values = new long[BLOCK];
            Arrays.setAll(values, i -> kind < 2 ? SimKey.token(number, serial + i - from) : kind == 2 ? SimKey.one(number) : 0);
            Kind each = kind < 2 ? Kind.PUT : kind == 2 ? Kind.UPDATE : Kind.GET;
            List<SimEvent> events = new ArrayList<>();
            for (int i = from; i < BLOCK; i++) {
                events.add(begin(serial + i - from, keys[i], each, values[i]));
            }
            callGroup(events, () -> {
                switch (each) {
                    case PUT -> putAll(ids, values, from, left, serial);
                    case UPDATE -> session.rmwAll(ids, from, left, Update.ADD, SimKey.one(number));
                    default -> session.getAll(ids, values, from, left, NO_VALUE);
                }
            });
            for (int i = from; i < BLOCK; i++) {
                if (each == Kind.GET) {
                    ended(events.get(i - from), values[i] == NO_VALUE ? Status.ABSENT : Status.FOUND, values[i] == NO_VALUE ? HistoryEvent.UNKNOWN : values[i]);
                } else {
                    ended(events.get(i - from), null, HistoryEvent.UNKNOWN);
                }
            }
        }

        /** In turns as words and as bytes: the records are the same. */
        private void putAll(long[] ids, long[] values, int from, int count, long serial) {
            if (serial / BLOCK % 2 == 0) {
                session.putAll(ids, values, from, count);
            } else {
                ByteBuffer bytes = ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
                bytes.asLongBuffer().put(values);
                session.putAll(ids, bytes.array(), Long.BYTES, from, count);
            }
        }

        /** Behind a fault those before the last member that was counted are done, those behind it never began, and of itself nobody knows. */
        private void callGroup(List<SimEvent> events, Runnable call) {
            try {
                call.run();
            } catch (StoreFault fault) {
                long last = session.serial();
                for (SimEvent event : events) {
                    if (event.kind == Kind.GET) {
                        event.refused(SimEvent.Fate.REFUSED, history.now());
                    } else if (event.serial < last) {
                        ended(event, null, HistoryEvent.UNKNOWN);
                    } else {
                        event.refused(SimEvent.Fate.IN_DOUBT, history.now());
                    }
                }
                history.neverBegan(number, last + 1);
                throw fault;
            }
        }
    }

    private static final LongRmw SUM = new LongRmw() {
        @Override
        public long onAbsent(long operand) {
            return operand;
        }

        @Override
        public long onPresent(long old, long operand) {
            return old + operand;
        }
    };

    /** A put, a delete or an update of bytes as a function, which sees what it replaces. May run more than once, the last time for good. */
    private static final class Change implements Rmw {
        private final SimEvent event;
        private boolean isPresent;
        private long old;
        private long left;

        Change(SimEvent event) {
            this.event = event;
        }

        @Override
        public RmwAction onAbsent(ValueWriter writer) {
            isPresent = false;
            return write(event.first, writer);
        }

        @Override
        public RmwAction onPresent(ValueView view, ValueWriter writer) {
            isPresent = true;
            old = number(event.key, view.toArray());
            return write(event.kind == Kind.UPDATE ? event.key.spec().update().applyAsLong(old, event.first) : event.first, writer);
        }

        private RmwAction write(long value, ValueWriter writer) {
            left = value;
            if (event.kind == Kind.DELETE) {
                return isPresent ? RmwAction.DELETE : RmwAction.LEAVE;
            }
            writer.set(TokenValue.of(value));
            return RmwAction.WRITE;
        }

        /** As that of the operation that it stands for. */
        Status status(Status ofUpdate) {
            return ofUpdate == Status.LEFT ? Status.ABSENT : ofUpdate;
        }

        /** What an update left or another write replaced. */
        long result() {
            return event.kind == Kind.UPDATE ? left : isPresent ? old : HistoryEvent.UNKNOWN;
        }
    }
}
