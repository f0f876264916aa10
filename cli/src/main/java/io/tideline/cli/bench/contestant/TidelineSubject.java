package io.tideline.cli.bench.contestant;

import io.tideline.cli.bench.work.Keys;
import io.tideline.cli.bench.work.OperationKind;
import io.tideline.cli.bench.work.OperationStream;
import io.tideline.cli.bench.work.Spill;
import io.tideline.cli.bench.work.WorkSettings;
import io.tideline.cli.console.MemoryBudget;
import io.tideline.core.Completion;
import io.tideline.core.DeviceModel;
import io.tideline.core.LongHolder;
import io.tideline.core.Operations;
import io.tideline.core.Rmw;
import io.tideline.core.RmwAction;
import io.tideline.core.Session;
import io.tideline.core.Status;
import io.tideline.core.Store;
import io.tideline.core.StoreConfig;
import io.tideline.core.StoreStats;
import io.tideline.core.Update;
import io.tideline.core.ValueHolder;
import io.tideline.core.ValueView;
import io.tideline.core.ValueWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/** This store as the subject of a benchmark: single calls without a session, or batches of a session for each thread. */
final class TidelineSubject implements Subject {

    private static final int BUCKET_BYTES = 64;
    private static final int RECORD_HEADER_BYTES = 24;
    private static final int RECORD_ALIGNMENT = 16;
    private static final long SPARE_BYTES = 32L << 20;
    /** The store makes its pages a 64th of its memory; a page is to hold several of the longest records. */
    private static final long LEAST_RECORDS_OF_MEMORY = 64 * 4;

    private final WorkSettings settings;
    /** Of files that are not kept; null if there are none. */
    private final DiskFolder folder;
    final Store store;

    TidelineSubject(WorkSettings settings) {
        this(settings, null);
    }

    /** @param spill null for a store in memory */
    TidelineSubject(WorkSettings settings, Spill spill) {
        this(settings, spill, null);
    }

    /**
     * A store whose files are kept, so that it can take checkpoints and come back.
     *
     * @param directory that of the store; made, or opened with what is there
     */
    static TidelineSubject kept(WorkSettings settings, Spill spill, Path directory) {
        return new TidelineSubject(settings, spill, directory);
    }

    private TidelineSubject(WorkSettings settings, Spill spill, Path kept) {
        this.settings = settings;
        this.folder = spill == null || kept != null ? null : DiskFolder.in(spill.directory());
        StoreConfig.Builder config = StoreConfig.builder().buckets(settings.buckets());
        if (spill == null) {
            config.memory(logMemoryBytes(settings));
        } else {
            config.directory(kept == null ? folder.path() : kept).keepFiles(kept != null)
                    .preTouch(kept == null || Files.notExists(kept)).device(DeviceModel.valueOf(spill.device().toUpperCase(Locale.ROOT)))
                    .copyReadsUp(spill.copiesReads());
            MemoryBudget.divide(config, spill.memoryBytes(), settings.threads(), Math.toIntExact(recordBytes(settings.valueSize())));
        }
        this.store = Store.open(config.build());
    }

    /** So much that all records stay where they can be changed in place. */
    static long logMemoryBytes(WorkSettings settings) {
        long record = recordBytes(settings.valueSize());
        long all = record * settings.mostKeys();
        return Math.max(all + all / 4 + SPARE_BYTES, LEAST_RECORDS_OF_MEMORY * record);
    }

    private static long recordBytes(int valueSize) {
        return (RECORD_HEADER_BYTES + valueSize + RECORD_ALIGNMENT - 1L) / RECORD_ALIGNMENT * RECORD_ALIGNMENT;
    }

    @Override
    public void load() {
        int threads = settings.threads();
        try (ExecutorService loaders = Executors.newFixedThreadPool(threads)) {
            List<Future<?>> parts = new ArrayList<>();
            for (int part = 0; part < threads; part++) {
                int first = part;
                parts.add(loaders.submit(() -> load(first, threads)));
            }
            for (Future<?> part : parts) {
                part.get();
            }
        } catch (ExecutionException failed) {
            throw new IllegalStateException("a thread that loads the store failed", failed.getCause());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("the loading was interrupted", stopped);
        }
    }

    /** Loads the part of the batches that is one thread's: together they load the keys about in their order. */
    private void load(int first, int threads) {
        // It replays nothing here, so the least that is a stream will do.
        try (TidelineReplayer loader = newReplayer(new OperationStream(settings.inSmall(1, OperationStream.CHUNK)))) {
            load(loader, first, threads);
        }
    }

    private void load(TidelineReplayer loader, int first, int threads) {
        for (long from = (long) first * settings.batch(); from < settings.keys(); from += (long) threads * settings.batch()) {
            loader.load(from, Math.min(from + settings.batch(), settings.keys()));
        }
    }

    @Override
    public TidelineReplayer newReplayer(OperationStream stream) {
        WorkSettings work = stream.settings();
        Operations operations = work.batch() == 1 ? store : store.openSession();
        boolean submits = work.batch() > 1 && store.config().directory() != null;
        if (!work.hasLongValues()) {
            return submits ? new SubmittingReplayer(stream, (Session) operations) : new BytesReplayer(stream, operations);
        }
        if (work.batch() == 1) {
            return new LongReplayer(stream, operations);
        }
        // Groups are of one kind.
        return submits && !work.workload().isOfOneKind() ? new SubmittingReplayer(stream, (Session) operations)
                : new GroupReplayer(stream, operations);
    }

    @Override
    public HeldBytes heldBytes() {
        StoreStats stats = store.stats();
        return new HeldBytes(store.config().buckets() * BUCKET_BYTES, stats.overflowBuckets() * BUCKET_BYTES, stats.logUsedBytes());
    }

    @Override
    public Optional<DeviceCounts> deviceCounts() {
        if (store.config().directory() == null) {
            return Optional.empty();
        }
        StoreStats stats = store.stats();
        return Optional.of(new DeviceCounts(stats.deviceLookups(), stats.deviceReads(), stats.tail() - stats.begin(), stats.deviceWrittenBytes()));
    }

    @Override
    public void close() {
        store.close();
        if (folder != null) {
            folder.close();
        }
    }

    /** Puts batches around the operations if the settings ask for it. */
    private abstract static class TidelineReplayer extends Replayer {

        final Operations operations;
        private final int batch;
        private final long[] next;
        /** Made once: a closure made for each batch would be garbage. */
        private final Consumer<Session> stretch = _ -> replayStretch();
        private int from;
        private int to;
        private long shift;

        TidelineReplayer(OperationStream stream, Operations operations) {
            super(stream);
            this.operations = operations;
            this.batch = stream.settings().batch();
            this.next = new long[Math.min(batch, OperationStream.CHUNK)];
        }

        @Override
        public void close() {
            if (operations instanceof Session session) {
                session.close();
            }
        }

        /** Inserts the keys from index {@code first} up to {@code end}. */
        final void load(long first, long end) {
            if (batch == 1) {
                loadStretch(first, end);
            } else {
                operations.batch(_ -> {
                    int most = mostLoaded();
                    for (long at = first; at < end; at += most) {
                        int count = (int) Math.min(most, end - at);
                        for (int i = 0; i < count; i++) {
                            next[i] = Keys.keyOf(at + i);
                        }
                        loadGroup(next, at, count);
                    }
                });
            }
        }

        /** How many keys of a batch are loaded as one group. */
        int mostLoaded() {
            return next.length;
        }

        /** Inserts as many keys as a group, with the indices from {@code first} on. */
        abstract void loadGroup(long[] keys, long first, int count);

        private void loadStretch(long first, long end) {
            for (long index = first; index < end; index++) {
                upsert(Keys.keyOf(index), index);
            }
        }

        @Override
        protected final void replayChunk(int chunkFrom, int chunkTo, long chunkShift) {
            if (batch == 1) {
                replayStretch(chunkFrom, chunkTo, chunkShift);
                return;
            }
            shift = chunkShift;
            for (from = chunkFrom; from < chunkTo; from = to) {
                to = Math.min(from + batch, chunkTo);
                operations.batch(stretch);
            }
        }

        private void replayStretch() {
            if (!overlapsByItself() && !isTiming()) {
                for (int i = from; i < to; i++) {
                    next[i - from] = keyAt(i, shift);
                }
                operations.prefetch(next, 0, to - from);
            }
            replayStretch(from, to, shift);
        }

        /** Whether the operations of a batch are groups already. */
        boolean overlapsByItself() {
            return false;
        }
    }

    /** Replays on 8-byte values. */
    private static class LongReplayer extends TidelineReplayer {

        private final LongHolder holder = new LongHolder();
        /** Of the groups that are loaded. */
        private final long[] indices;

        LongReplayer(OperationStream stream, Operations operations) {
            super(stream, operations);
            indices = new long[mostLoaded()];
        }

        @Override
        void loadGroup(long[] keys, long first, int count) {
            Arrays.setAll(indices, i -> first + i);
            operations.putAll(keys, indices, 0, count);
        }

        @Override
        protected long read(long key) {
            if (operations.get(key, holder) != Status.FOUND) {
                missed();
                return 0;
            }
            return holder.value;
        }

        @Override
        protected void upsert(long key, long value) {
            operations.put(key, value);
        }

        @Override
        protected void rmw(long key) {
            operations.add(key, OperationStream.RMW_OPERAND);
        }
    }

    /**
     * Replays on 8-byte values with the group operations, which overlap the cache misses of a batch; operations of mixed kinds still go one by
     * one.
     */
    private static final class GroupReplayer extends LongReplayer {

        private final long[] keys;
        private final long[] values;

        GroupReplayer(OperationStream stream, Operations operations) {
            super(stream, operations);
            keys = new long[Math.min(stream.settings().batch(), OperationStream.CHUNK)];
            values = new long[keys.length];
        }

        @Override
        boolean overlapsByItself() {
            return stream().settings().workload().isOfOneKind();
        }

        private int gather(int from, int to) {
            for (int i = from; i < to; i++) {
                keys[i - from] = stream().key(i);
                values[i - from] = i;
            }
            return to - from;
        }

        @Override
        protected void replayReads(int from, int to) {
            int count = gather(from, to);
            missed(count - operations.getAll(keys, values, 0, count, 0));
            long read = 0;
            for (int i = 0; i < count; i++) {
                read += values[i];
            }
            took(read);
        }

        @Override
        protected void replayUpserts(int from, int to) {
            operations.putAll(keys, values, 0, gather(from, to));
        }

        @Override
        protected void replayRmws(int from, int to) {
            operations.rmwAll(keys, 0, gather(from, to), Update.ADD, OperationStream.RMW_OPERAND);
        }
    }

    /** Replays on longer values: reads copy them out, upserts copy them in, read-modify-writes run a function of the user. */
    private static class BytesReplayer extends TidelineReplayer implements Rmw {

        /** Of the values of a group that is loaded: what stays in a processor's cache beside the records. */
        private static final int LOADED_BYTES = 64 << 10;

        private final ValueHolder holder = ValueHolder.growing();
        private final ByteValue value;
        /** Of a group that is loaded, end to end. */
        private final byte[] loaded;

        BytesReplayer(OperationStream stream, Operations operations) {
            super(stream, operations);
            int valueSize = stream.settings().valueSize();
            this.value = new ByteValue(valueSize);
            this.loaded = new byte[mostLoaded() * valueSize];
        }

        @Override
        final int mostLoaded() {
            return Math.clamp(LOADED_BYTES / stream().settings().valueSize(), 1, super.mostLoaded());
        }

        @Override
        void loadGroup(long[] keys, long first, int count) {
            int valueSize = stream().settings().valueSize();
            for (int i = 0; i < count; i++) {
                ByteValue.setWord(loaded, i * valueSize, first + i);
            }
            operations.putAll(keys, loaded, valueSize, 0, count);
        }

        @Override
        protected long read(long key) {
            if (operations.get(key, holder) != Status.FOUND) {
                missed();
                return 0;
            }
            return ByteValue.firstWord(holder.array());
        }

        @Override
        protected void upsert(long key, long newFirstWord) {
            operations.put(key, value.with(newFirstWord));
        }

        @Override
        protected void rmw(long key) {
            operations.rmw(key, this);
        }

        @Override
        public RmwAction onAbsent(ValueWriter writer) {
            writer.set(value.with(OperationStream.RMW_OPERAND));
            return RmwAction.WRITE;
        }

        @Override
        public RmwAction onPresent(ValueView old, ValueWriter writer) {
            old.copyTo(value.bytes(), 0);
            writer.set(value.with(old.getLong(0) + OperationStream.RMW_OPERAND));
            return RmwAction.WRITE;
        }
    }

    /**
     * Replays on a store that is on disk: the reads and the read-modify-writes of a batch are submitted, so that their disk reads overlap, and those of
     * the next batch are submitted while the last of one are under way. What is timed is the way of an operation from its submission to its completion.
     */
    private static final class SubmittingReplayer extends BytesReplayer {

        private final Session session;
        private final boolean hasLongValues;
        private final Completion taken = (context, status, value) -> take(status, value);
        private final Completion done = (context, status, value) -> { };
        private final Completion timedTaken = (context, status, value) -> {
            time(context);
            take(status, value);
        };
        private final Completion timedDone = (context, status, value) -> time(context);

        SubmittingReplayer(OperationStream stream, Session session) {
            super(stream, session);
            this.session = session;
            this.hasLongValues = stream.settings().hasLongValues();
        }

        @Override
        protected void end() {
            session.completePending(true);
        }

        private void take(Status status, ValueView value) {
            if (status == Status.FOUND) {
                took(value.getLong(0));
            } else {
                missed();
            }
        }

        @Override
        protected void replayReads(int from, int to) {
            for (int i = from; i < to; i++) {
                session.submitGet(stream().key(i), i, taken);
            }
            session.completePending(false);
        }

        @Override
        protected void replayRmws(int from, int to) {
            for (int i = from; i < to; i++) {
                submitRmw(stream().key(i), i, done);
            }
            session.completePending(false);
        }

        private void submitRmw(long key, long context, Completion completion) {
            if (hasLongValues) {
                session.submitRmw(key, Update.ADD, OperationStream.RMW_OPERAND, context, completion);
            } else {
                session.submitRmw(key, this, context, completion);
            }
        }

        @Override
        protected void upsert(long key, long firstWord) {
            if (hasLongValues) {
                session.put(key, firstWord);
            } else {
                super.upsert(key, firstWord);
            }
        }

        @Override
        protected void replayKinds(int from, int to, long shift) {
            for (int i = from; i < to; i++) {
                replayOne(i, shift, i, taken, done);
            }
            session.completePending(false);
        }

        private void replayOne(int i, long shift, long context, Completion ofRead, Completion ofRmw) {
            long key = stream().key(i, shift);
            switch (stream().kind(i)) {
                case READ -> session.submitGet(key, context, ofRead);
                case UPSERT -> upsert(key, i);
                case RMW -> submitRmw(key, context, ofRmw);
            }
        }

        @Override
        protected void replayTimed(int from, int to, long shift) {
            for (int i = from; i < to; i++) {
                if (!isTimed(i - from)) {
                    replayOne(i, shift, i, taken, done);
                } else {
                    long start = System.nanoTime();
                    replayOne(i, shift, start, timedTaken, timedDone);
                    if (stream().kind(i) == OperationKind.UPSERT) {
                        time(start);
                    }
                }
            }
            session.completePending(false);
        }
    }
}
