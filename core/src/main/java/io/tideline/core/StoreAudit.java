package io.tideline.core;

import io.tideline.checkpoint.CheckpointFiles;
import io.tideline.checkpoint.IndexStep;
import io.tideline.checkpoint.Manifest;
import io.tideline.checkpoint.ManifestFiles;
import io.tideline.checkpoint.Recovery;
import io.tideline.checkpoint.SnapshotStep;
import io.tideline.checkpoint.SystemState;
import io.tideline.fault.CorruptionFault;
import io.tideline.fault.FormatFault;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.CleanClose;
import io.tideline.hlog.Identity;
import io.tideline.hlog.LogAudit;
import io.tideline.hlog.LogGaps;
import io.tideline.hlog.LogSnapshot;
import io.tideline.hlog.RecordLayout;
import io.tideline.hlog.device.Device;
import io.tideline.hlog.device.ReadOnlyDevice;
import io.tideline.hlog.device.StoreDirectory;
import io.tideline.hlog.format.SealedFile;
import io.tideline.index.IndexImage;
import io.tideline.index.KeyHash;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/**
 * Looks at the files of a store that nobody has open: checks every byte, and counts what is there. It changes nothing, and no store opens the
 * directory meanwhile. It opens every file for reading alone, so a directory that cannot be written will do. Single-threaded.
 */
public final class StoreAudit implements AutoCloseable {
    private static final int IO_THREADS = 1;

    /**
     * What an audit found.
     *
     * @param damages how many things are not as they were written
     * @param identity what the store is; null if that is damaged, and then nothing else is known
     * @param closed how the store was closed; null if it was not, or if that is damaged
     * @param checkpoints the manifests that are whole, the newest first
     * @param beginsEmpty whether the store has no checkpoint, so that an opening would drop the log
     * @param segments the files of the log
     * @param begin the first address of the log
     * @param end the address behind its last byte; of a log that was not closed, behind what its files hold
     * @param settledEnd up to here all is known: the end of the newest checkpoint, if it is whole, or where its snapshot goes on; or that of a log
     *     that was closed
     * @param unknown the addresses of which nothing can be said
     * @param content what the whole records are; null if that was not asked for
     */
    public record Report(long damages, Identity identity, CleanClose closed, List<Manifest> checkpoints, boolean beginsEmpty, List<SegmentFile> segments,
            long begin, long end, long settledEnd, List<Range> unknown, Content content) {
        /** Whether nothing that is known to have been written is damaged. */
        public boolean isSound() {
            return damages == 0;
        }
    }

    /** A file of the log. */
    public record SegmentFile(String name, long sizeBytes) {
    }

    /** Log addresses, from the first to the one behind the last, or to {@link LogAudit#OPEN_END}. */
    public record Range(long from, long to) {
        /** Whether it has no known end. */
        public boolean isOpen() {
            return to == LogAudit.OPEN_END;
        }
    }

    /**
     * What the log holds. A record is live if it is the newest one of its key and no tombstone; keys are told apart by 64 bits of their hash, so
     * of a billion keys about one in thirty such counts is off by one.
     *
     * @param records records, tombstones included; without invalid ones and filler
     * @param deadRecords records that a newer one of their key has replaced or deleted
     * @param tombstones marks of deletion, replaced ones included
     * @param invalidBytes records that never became part of the store
     * @param fillerBytes room that holds no record
     * @param undoneBytes records that recoveries took back, because they came behind the cut of a checkpoint
     * @param uncommittedBytes of whole records behind the newest checkpoint, to which an opening would not go
     */
    public record Content(long records, long recordBytes, long liveRecords, long liveBytes, long deadRecords, long deadBytes, long tombstones,
            long tombstoneBytes, long invalidBytes, long fillerBytes, long undoneBytes, long uncommittedBytes) {
    }

    private final StoreDirectory directory;
    private final Device device;
    private final Waits waits;

    private StoreAudit(StoreDirectory directory, Device device, Waits waits) {
        this.directory = directory;
        this.device = device;
        this.waits = waits;
    }

    /**
     * Takes a directory for looking.
     *
     * @throws StoreFault if it holds no store, or somebody has it open
     */
    public static StoreAudit of(Path path) {
        StoreDirectory directory = StoreDirectory.look(path);
        Device device = null;
        boolean isStore = false;
        try {
            device = new ReadOnlyDevice(directory.path(), IO_THREADS);
            StoreAudit audit = new StoreAudit(directory, device, Waits.SYSTEM);
            audit.requireStore();
            isStore = true;
            return audit;
        } finally {
            if (!isStore) {
                if (device != null) {
                    device.close();
                }
                directory.close();
            }
        }
    }

    /** An identity that does not begin like ours may be a file of somebody else, unless a log lies beside it. */
    private void requireStore() {
        if (!Identity.exists(device)) {
            throw new FormatFault("the directory " + directory.path() + " is empty: it is not a store");
        }
        if (!SealedFile.isOurs(device, waits, StoreDirectory.IDENTITY) && device.list().stream().noneMatch(name -> name.startsWith("log/"))) {
            throw new FormatFault("the directory " + directory.path() + " is not a store: its " + StoreDirectory.IDENTITY
                    + " was not written by Tideline, and there is no log beside it");
        }
    }

    /**
     * Reads everything once.
     *
     * @param damaged told of each thing that is not as it was written, a sentence with file, offset, what was expected and what was found
     * @param progress told how many bytes of the log have been looked at
     * @param withContent whether to count live and dead records too, which takes heap: about 40 bytes a key
     */
    public Report run(Consumer<String> damaged, LongConsumer progress, boolean withContent) {
        long[] damages = new long[1];
        Consumer<String> counting = sentence -> {
            damages[0]++;
            damaged.accept(sentence);
        };
        Optional<Identity> identity = sealed(StoreDirectory.IDENTITY, counting, () -> Identity.read(device, waits));
        if (identity.isEmpty()) {
            return new Report(damages[0], null, null, List.of(), false, List.of(), 0, 0, 0, List.of(), null);
        }
        Optional<CleanClose> closed = sealed(CleanClose.FILE, counting, () -> CleanClose.read(device, waits, identity.get().storeId()).orElse(null));
        List<Manifest> checkpoints = checkpoints(identity.get(), counting);
        boolean newestIsWhole = checkpoints.size() > 0 && checkpoints.getFirst().generation() == ManifestFiles.generations(device).getLast();
        if (ManifestFiles.generations(device).isEmpty()) {
            requireNoneGone(closed.isPresent(), counting);
        }
        if (newestIsWhole) {
            closed.ifPresent(close -> requireSame(close, checkpoints.getFirst(), counting));
        }
        Set<Long> images = new HashSet<>();
        checkpoints.stream().filter(checkpoint -> checkpoint.image().isPresent() && images.add(checkpoint.image().get().number()))
                .forEach(checkpoint -> checkImage(identity.get(), checkpoint, checkpoint.image().get(), counting));
        // gaps that only a damaged manifest knows would pass for damage, so then nothing is said of what lies behind the older one
        LogAudit log = new LogAudit(device, waits, identity.get(), newestIsWhole || checkpoints.isEmpty() ? closed : Optional.empty(), committed(checkpoints));
        Tally tally = new Tally(withContent ? new KeyHash(identity.get().hashSeed()) : null, checkpoints, log.settledEnd(), counting, progress);
        log.run(tally);
        Set<Long> snapshots = new HashSet<>();
        for (Manifest checkpoint : checkpoints) {
            boolean isNewest = checkpoint == checkpoints.getFirst();
            checkpoint.snapshot().filter(snapshot -> snapshots.add(snapshot.number())).ifPresent(snapshot ->
                    checkSnapshot(identity.get(), checkpoint, snapshot, counting, isNewest ? tally::inSnapshot : (_, _, _) -> { }));
        }
        List<SegmentFile> segments = log.segments().entrySet().stream()
                .map(segment -> new SegmentFile(LogAudit.nameOf(segment.getKey()), segment.getValue())).toList();
        return new Report(damages[0], identity.get(), closed.orElse(null), checkpoints, beginsEmpty(), segments, log.begin(), log.end(), log.settledEnd(),
                tally.unknown, withContent ? tally.content() : null);
    }

    /**
     * The newest checkpoint, to which an opening would go back; empty where there is none.
     *
     * @throws CorruptionFault if the store's identity or its newest manifest is damaged
     */
    public Optional<CommitPoint> lastCommit() {
        Identity identity = Identity.read(device, waits);
        List<Long> generations = ManifestFiles.generations(device);
        return generations.isEmpty() ? Optional.empty() : Optional.of(CommitPoint.of(ManifestFiles.read(device, waits, identity, generations.getLast())));
    }

    /** Whether the store never had a checkpoint, as far as its files say: an opening begins empty then, and drops whatever log is there. */
    public boolean beginsEmpty() {
        return ManifestFiles.generations(device).isEmpty() && CheckpointFiles.manifestBefore(device).isEmpty() && !device.exists(CleanClose.FILE);
    }

    /**
     * Whether the log of a store that never had a checkpoint holds a record, or what was one. Reads up to the first, and takes no heap for what is there.
     *
     * @throws CorruptionFault if the store's identity is damaged
     */
    public boolean hasRecordsWithoutCheckpoint() {
        boolean[] found = new boolean[1];
        new LogAudit(device, waits, Identity.read(device, waits), Optional.empty()).run(new LogAudit.Visitor() {
            @Override
            public void whole(long address, long record, int sizeBytes) {
                found[0] |= RecordLayout.isRecord(Words.get(record + RecordLayout.LINK_OFFSET));
            }

            @Override
            public void damaged(String sentence) {
                found[0] = true;
            }

            @Override
            public void unknown(long from, long to) {
                // may be what a kill left of none
            }

            @Override
            public void progressed(long bytes) {
                // a store of records has one in its first page
            }

            @Override
            public boolean isSatisfied() {
                return found[0];
            }
        });
        return found[0];
    }

    /** The manifests that are whole, the newest first. */
    private List<Manifest> checkpoints(Identity identity, Consumer<String> damaged) {
        List<Manifest> checkpoints = new ArrayList<>();
        for (long generation : ManifestFiles.generations(device).reversed()) {
            sealed(ManifestFiles.name(generation), damaged, () -> ManifestFiles.readOfStore(device, waits, identity, generation)).ifPresent(checkpoints::add);
        }
        return checkpoints;
    }

    /** A store that never had a checkpoint was not closed in order, and has the files of one at most, which was cut short. */
    private void requireNoneGone(boolean isClosed, Consumer<String> damaged) {
        OptionalLong before = CheckpointFiles.manifestBefore(device);
        if (isClosed || before.isPresent()) {
            damaged.accept(ManifestFiles.name(before.orElse(1)) + ", offset 0: expected a manifest, because "
                    + (isClosed ? CleanClose.FILE + " says that the store was closed in order" : "files of the checkpoint behind it are there") + ", found none");
        }
    }

    /** A close takes a checkpoint, so if they do not agree then a newer manifest is gone. */
    private static void requireSame(CleanClose closed, Manifest newest, Consumer<String> damaged) {
        if (!newest.isOf(closed)) {
            damaged.accept(ManifestFiles.name(newest.generation()) + ", offset 0: expected checkpoint " + closed.checkpoint() + ", of a log up to " + closed.tail() + ", with which "
                    + CleanClose.FILE + " says that the store was closed, found one up to " + newest.log().end());
        }
    }

    private void checkImage(Identity identity, Manifest checkpoint, Manifest.Image image, Consumer<String> damaged) {
        String name = imageFile(image);
        if (!device.exists(name)) {
            damaged.accept(name + ", offset 0: expected the index image that " + ManifestFiles.name(checkpoint.generation()) + " names, found none");
            return;
        }
        sealed(name, damaged, () -> IndexImage.check(device, waits, name, identity.storeId(), image.number(), image.buckets(), checkpoint.log().end(), _ -> { }));
    }

    private void checkSnapshot(Identity identity, Manifest checkpoint, Manifest.Snapshot snapshot, Consumer<String> damaged, LogSnapshot.Visitor visitor) {
        String name = snapshotFile(snapshot);
        if (!device.exists(name)) {
            damaged.accept(name + ", offset 0: expected the snapshot that " + ManifestFiles.name(checkpoint.generation()) + " names, found none");
            return;
        }
        sealed(name, damaged, () -> {
            snapshot.pages().read(device, waits, name, identity.storeId(), snapshot.number(), 1 << identity.pageBits(), visitor);
            return name;
        });
    }

    /** The name of a snapshot's file. */
    public static String snapshotFile(Manifest.Snapshot snapshot) {
        return CheckpointFiles.name(snapshot.number(), SnapshotStep.PART);
    }

    /** The name of an image's file. */
    public static String imageFile(Manifest.Image image) {
        return CheckpointFiles.name(image.number(), IndexStep.PART);
    }

    private static Optional<LogAudit.Committed> committed(List<Manifest> checkpoints) {
        if (checkpoints.isEmpty()) {
            return Optional.empty();
        }
        Manifest newest = checkpoints.getFirst();
        long filesFrom = checkpoints.stream().mapToLong(checkpoint -> checkpoint.log().begin()).min().getAsLong();
        return Optional.of(new LogAudit.Committed(filesFrom, newest.log().begin(), newest.keptEnd(), Recovery.gaps(newest.skipped(), newest.undone())));
    }

    /** How many bytes of log {@link #run} will look at, about. */
    public long logBytes() {
        return LogAudit.bytesOfFiles(device);
    }

    /** Reads a sealed file; empty if it is damaged. */
    private <T> Optional<T> sealed(String name, Consumer<String> damaged, Supplier<T> reader) {
        try {
            return Optional.ofNullable(reader.get());
        } catch (CorruptionFault damage) {
            damaged.accept(damage.getMessage());
        } catch (FormatFault foreign) {
            if (SealedFile.isOurs(device, waits, name)) {
                throw foreign; // of a newer version
            }
            damaged.accept(name + ", offset 0: " + foreign.getMessage());
        }
        return Optional.empty();
    }

    @Override
    public void close() {
        device.close();
        directory.close();
    }

    /** Adds up what a log's audit shows. */
    private static final class Tally implements LogAudit.Visitor {
        /** Null where live records are not asked for. */
        private final KeyHash hash;
        private final Consumer<String> damaged;
        private final LongConsumer progress;
        private final NewestRecords newest;
        private final LogGaps gaps;
        /** Null where there is none. */
        private final Manifest newestCheckpoint;
        /** Behind it nothing counts. */
        private final long committedEnd;
        private final List<Range> unknown = new ArrayList<>();
        private long records;
        private long recordBytes;
        private long tombstones;
        private long tombstoneBytes;
        private long invalidBytes;
        private long fillerBytes;
        private long undoneBytes;
        private long uncommittedBytes;

        Tally(KeyHash hash, List<Manifest> checkpoints, long settledEnd, Consumer<String> damaged, LongConsumer progress) {
            this.hash = hash;
            this.gaps = committed(checkpoints).map(LogAudit.Committed::gaps).orElse(LogGaps.NONE);
            this.newestCheckpoint = checkpoints.isEmpty() ? null : checkpoints.getFirst();
            this.committedEnd = checkpoints.isEmpty() ? Long.MAX_VALUE : settledEnd;
            this.damaged = damaged;
            this.progress = progress;
            this.newest = hash == null ? null : new NewestRecords();
        }

        @Override
        public void damaged(String sentence) {
            damaged.accept(sentence);
        }

        @Override
        public void unknown(long from, long to) {
            unknown.add(new Range(from, to));
        }

        @Override
        public void progressed(long bytes) {
            progress.accept(bytes);
        }

        @Override
        public void whole(long address, long record, int sizeBytes) {
            if (hash == null) {
                return;
            }
            if (address >= committedEnd) {
                uncommittedBytes += sizeBytes;
                return;
            }
            long link = Words.get(record + RecordLayout.LINK_OFFSET);
            add(link, record, sizeBytes, gaps.isUndone(address, link) || isOfNextVersion(address, link));
        }

        /** Something stands in the newest checkpoint's snapshot. */
        void inSnapshot(long address, long record, int sizeBytes) {
            if (hash != null) {
                long link = Words.get(record + RecordLayout.LINK_OFFSET);
                add(link, record, sizeBytes, isOfNextVersion(address, link));
            }
        }

        /** Whether a record in front of the newest checkpoint's end is not part of it. */
        private boolean isOfNextVersion(long address, long link) {
            return newestCheckpoint != null && address >= newestCheckpoint.log().cut()
                    && (link & RecordLayout.PARITY) == SystemState.parity(newestCheckpoint.version() + 1);
        }

        private void add(long link, long record, int sizeBytes, boolean isUndone) {
            if ((link & RecordLayout.FILLER) != 0) {
                fillerBytes += sizeBytes;
                return;
            }
            if ((link & RecordLayout.INVALID) != 0) {
                invalidBytes += sizeBytes;
                return;
            }
            if (isUndone) {
                undoneBytes += sizeBytes;
                return;
            }
            records++;
            recordBytes += sizeBytes;
            boolean tombstone = RecordLayout.isTombstone(link);
            if (tombstone) {
                tombstones++;
                tombstoneBytes += sizeBytes;
            }
            newest.put(hash.ofRecord(record), tombstone ? 0 : sizeBytes);
        }

        Content content() {
            return new Content(records, recordBytes, newest.live(), newest.liveBytes(), records - tombstones - newest.live(),
                    recordBytes - tombstoneBytes - newest.liveBytes(), tombstones, tombstoneBytes, invalidBytes, fillerBytes,
                    undoneBytes, uncommittedBytes);
        }
    }
}
