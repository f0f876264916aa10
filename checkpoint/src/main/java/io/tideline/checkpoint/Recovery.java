package io.tideline.checkpoint;

import io.tideline.epoch.Epoch;
import io.tideline.fault.CorruptionFault;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.HybridLog;
import io.tideline.hlog.Identity;
import io.tideline.hlog.LogAddress;
import io.tideline.hlog.LogAudit;
import io.tideline.hlog.LogExtent;
import io.tideline.hlog.LogGaps;
import io.tideline.hlog.LogScan;
import io.tideline.hlog.device.BlockingIo;
import io.tideline.hlog.device.Device;
import io.tideline.index.BucketLayout;
import io.tideline.index.HashIndex;
import io.tideline.index.IndexImage;
import io.tideline.index.KeyHash;
import io.tideline.memory.Probe;
import io.tideline.memory.Waits;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * How a store comes back: the newest manifest says where the log was cut; what lies behind that does not count; the log goes on behind
 * everything that any life may have written; the index is read from its image, or made from nothing, and what the image lacks is replayed from
 * the log in the order of addresses; what a snapshot holds is appended anew. Nothing is written but, behind everything, what of a snapshot
 * exceeds the memory; so it may be cut short and repeated, and ends the same.
 */
public final class Recovery {
    /** Of the log, before the image: about as much as a checkpoint each few seconds leaves behind an image of a minute ago. */
    private static final long MOST_AHEAD_BYTES = 128 << 20;

    /** 64 MiB of address space. */
    private static final long MOST_BUCKETS_UNVOUCHED = 1 << 20;

    private final Identity identity;
    private final Optional<Manifest> newest;
    /** Whether the file of the image has room for as many buckets as the manifest says. */
    private final boolean imageHasRoom;
    private final boolean bucketsAreVouchedFor;
    private final List<UndoneRange> undone;
    private final LogExtent extent;
    /** The log in front of it is as good as the device that said so: it was synced. */
    private final long syncedTo;
    private String imageProblem = "";
    /** What was wrong with the image, if it was there; null otherwise. */
    private StoreFault imageFault;
    private RecoveryWork work = RecoveryWork.NONE;

    private Recovery(Identity identity, Optional<Manifest> newest, Device device, List<UndoneRange> undone, LogExtent extent, long syncedTo) {
        this.identity = identity;
        this.newest = newest;
        Optional<Manifest.Image> image = newest.flatMap(Manifest::image);
        this.imageHasRoom = image.isPresent() && hasRoom(image.get(), device);
        this.bucketsAreVouchedFor = image.isEmpty() || vouchFor(image.get(), imageHasRoom, device);
        this.undone = undone;
        this.extent = extent;
        this.syncedTo = syncedTo;
    }

    /** Looks at what is there; reads no more than manifests, and the names and sizes of files. */
    public static Recovery of(Device device, Identity identity, ManifestStore manifests) {
        Optional<Manifest> newest = manifests.newest();
        long pageBytes = 1L << identity.pageBits();
        long written = LogAudit.endOfFiles(device, identity);
        if (newest.isEmpty()) {
            long tail = written == 0 ? LogAddress.FIRST : roundUp(written, pageBytes);
            return new Recovery(identity, newest, device, List.of(), new LogExtent(tail, tail, LogGaps.NONE), tail);
        }
        Manifest manifest = newest.get();
        Manifest.Log log = manifest.log();
        long kept = manifest.keptEnd();
        long expected = lastByte(manifest);
        if (expected > log.begin() && written < expected) {
            throw new CorruptionFault("the log's files end at log address " + written + ", expected " + expected + " by MANIFEST-" + manifest.generation()
                    + "; part of the log is gone, so nothing was opened");
        }
        long furthest = Math.max(log.end(), manifests.lostEnd()); // what was passed over must stay as damaged as it is
        long tail = furthest == LogAddress.FIRST && written == 0 ? LogAddress.FIRST : roundUp(Math.max(written, furthest), pageBytes);
        List<UndoneRange> undone = new ArrayList<>(manifest.undone());
        long cut = Math.min(log.cut(), kept);
        if (tail > cut) {
            undone.add(new UndoneRange(cut, kept, (int) (manifest.version() + 1 & 1), tail));
        }
        LogGaps gaps = gaps(manifest.skipped(), undone);
        LogAudit.firstShort(device, identity, gaps, log.begin(), kept).ifPresent(file -> {
            throw new CorruptionFault(file.name() + ", offset " + file.sizeBytes() + ": expected a file of at least " + file.leastBytes() + " bytes by MANIFEST-"
                    + manifest.generation() + "; part of the log is gone, so nothing was opened");
        });
        long syncedTo = manifests.newestSynced().map(Manifest::keptEnd).orElse(log.begin());
        return new Recovery(identity, newest, device, undone, new LogExtent(log.begin(), tail, gaps), syncedTo);
    }

    /** Whether the file of the image can be as long as the manifest says. One that cannot be looked at is of no use, as one that is gone. */
    private static boolean hasRoom(Manifest.Image image, Device device) {
        try {
            return image.buckets() <= IndexImage.mostBuckets(device, CheckpointFiles.name(image.number(), IndexStep.PART));
        } catch (StoreFault useless) {
            if (BlockingIo.isTimeout(useless)) {
                throw useless; // a device that hangs is used no more
            }
            return false;
        }
    }

    /** Whether files vouch for the size of the index: memory is taken for it before a byte of its image is read, and a manifest may be anybody's. */
    private static boolean vouchFor(Manifest.Image image, boolean imageHasRoom, Device device) {
        return imageHasRoom || image.buckets() <= MOST_BUCKETS_UNVOUCHED || image.buckets() <= LogAudit.bytesOfFiles(device) / BucketLayout.SIZE_BYTES;
    }

    /** Where the last record or filler ends that is needed of the log: in front of the gap, if the checkpoint's end is that of one. */
    private static long lastByte(Manifest manifest) {
        long end = manifest.keptEnd();
        for (UndoneRange range : manifest.undone().reversed()) {
            if (end > range.end() && end <= range.nextTail()) {
                end = range.end();
            }
        }
        return end == LogAddress.FIRST ? 0 : end;
    }

    private static long roundUp(long address, long pageBytes) {
        return address + pageBytes - 1 & -pageBytes;
    }

    /** What of a log does not count, by its manifest. */
    public static LogGaps gaps(List<SkippedRange> skipped, List<UndoneRange> undone) {
        List<LogGaps.Skip> skips = new ArrayList<>();
        List<LogGaps.Undone> taken = new ArrayList<>();
        skipped.forEach(range -> skips.add(new LogGaps.Skip(range.from(), range.to())));
        for (UndoneRange range : undone) {
            if (range.nextTail() > range.end()) {
                skips.add(new LogGaps.Skip(range.end(), range.nextTail()));
            }
            if (range.end() > range.cut()) {
                taken.add(new LogGaps.Undone(range.cut(), range.end(), SystemState.parity(range.parity())));
            }
        }
        skips.sort((a, b) -> Long.compare(a.from(), b.from()));
        return new LogGaps(skips, taken);
    }

    /** What the log's files hold, and where it goes on. */
    public LogExtent extent() {
        return extent;
    }

    /** Up to here a checkpoint says that the log was synced. */
    public long syncedTo() {
        return syncedTo;
    }

    /** What the next manifest must say was undone. */
    public List<UndoneRange> undone() {
        return undone;
    }

    /** The version with which the store goes on. */
    public long nextVersion() {
        return newest.map(manifest -> manifest.version() + 1).orElse(SystemState.FIRST_VERSION);
    }

    /** How many buckets the index had, if there is an image of it. */
    public Optional<Long> imageBuckets() {
        return newest.flatMap(Manifest::image).map(Manifest.Image::buckets);
    }

    /**
     * Whether {@link #imageBuckets} can be believed: the image's file has room for so many, or the log is so long that they are of use, or they are few. If not, only
     * somebody who knows the store can say so.
     */
    public boolean bucketsAreVouchedFor() {
        return bucketsAreVouchedFor;
    }

    /** Why the image of the index was not used; empty where it was, or where there is none. */
    public String imageProblem() {
        return imageProblem;
    }

    /** What {@link #fill} has read. */
    public RecoveryWork work() {
        return work;
    }

    /**
     * Fills an empty index. Nobody else uses log or index yet. What of the log was not synced is read in any case, because a crash of the
     * machine may have taken it though the manifest is whole.
     *
     * @param progress told how far it is with the log
     * @throws CorruptionFault if the log is damaged where it must be replayed
     */
    public void fill(Epoch epoch, HashIndex index, HybridLog log, KeyHash hash, Device device, Waits waits, RecoveryProgress progress) {
        if (newest.isPresent()) {
            Manifest manifest = newest.get();
            fillIndex(manifest, index, log, hash, device, waits, progress);
            if (manifest.snapshot().isPresent()) {
                long start = waits.nanoTime();
                readSnapshot(manifest.snapshot().get(), device, waits, new SnapshotReplay(epoch, index, log, hash, waits, manifest));
                work = new RecoveryWork(work.imageBytes(), work.imageNanos(), work.replayedBytes(), work.replayNanos() + waits.nanoTime() - start);
            }
        }
    }

    /** What came of reading an image on another thread, which has ended. */
    private static final class Placed {
        private Optional<IndexImage> image = Optional.empty();
        private long atNanos;
    }

    /**
     * What the image lacks is read and verified while the image is, but the first of it is read before: a disk may let one of two who read in order wait for as
     * long as the other reads. Where that turns out to be of no use, what stands in the log before follows: an entry
     * leads to the greatest address that was entered, in whatever order.
     */
    private void fillIndex(Manifest manifest, HashIndex index, HybridLog log, KeyHash hash, Device device, Waits waits, RecoveryProgress progress) {
        long begin = extent.begin();
        long end = manifest.keptEnd();
        Placed placed = new Placed();
        long start = waits.nanoTime();
        long imageStart;
        long from = manifest.image().map(image -> Math.clamp(Math.min(image.replayFrom(), syncedTo), begin, Math.max(begin, end))).orElse(begin);
        try (LogScan scan = new LogScan(log, waits, from, end, Math.min(MOST_AHEAD_BYTES, log.memoryBytes() / 8))) {
            if (manifest.image().isPresent()) {
                scan.readAhead();
            }
            imageStart = waits.nanoTime();
            placed.atNanos = imageStart;
            try (IndexFiller filler = manifest.image().map(image -> IndexFiller.behind(() -> {
                placed.image = readImage(image, index, device, waits);
                placed.atNanos = waits.nanoTime();
                Probe.at("recovery.image");
            }, index, waits, log.memoryBytes() / 4)).orElseGet(() -> new IndexFiller(index, waits))) {
                replay(scan, hash, filler, bytes -> progress.at(bytes, end - from));
            }
        }
        long replayed = Math.max(end - from, 0);
        if (placed.image.isEmpty() && begin < from) {
            try (LogScan scan = new LogScan(log, waits, begin, from); IndexFiller filler = new IndexFiller(index, waits)) {
                long behind = replayed;
                replay(scan, hash, filler, bytes -> progress.at(behind + bytes, behind + from - begin));
            }
            replayed += from - begin;
        }
        if (replayed > 0) {
            progress.at(replayed, replayed);
        }
        long imageNanos = placed.atNanos - imageStart;
        work = new RecoveryWork(placed.image.map(IndexImage::sizeBytes).orElse(0L), imageNanos, replayed, waits.nanoTime() - start - imageNanos);
    }

    private void readSnapshot(Manifest.Snapshot snapshot, Device device, Waits waits, SnapshotReplay replay) {
        try (replay) {
            String name = CheckpointFiles.name(snapshot.number(), SnapshotStep.PART);
            if (!device.exists(name)) {
                throw new CorruptionFault(name + ", offset 0: expected the snapshot that MANIFEST-" + newest.get().generation()
                        + " names, found none; part of the log is gone, so nothing was opened");
            }
            snapshot.pages().read(device, waits, name, identity.storeId(), snapshot.number(), 1 << identity.pageBits(), replay);
        }
    }

    /** The log must be read; what failed beside it goes with its fault. */
    private void replay(LogScan scan, KeyHash hash, IndexFiller filler, LongConsumer progress) {
        try {
            Replay.run(scan, hash, filler, progress);
        } catch (StoreFault failed) {
            filler.close();
            Throwable beside = filler.failure() != null ? filler.failure() : imageFault;
            if (beside != null && beside != failed) {
                failed.addSuppressed(beside);
            }
            throw failed;
        }
        filler.finish();
    }

    private Optional<IndexImage> readImage(Manifest.Image image, HashIndex index, Device device, Waits waits) {
        String name = CheckpointFiles.name(image.number(), IndexStep.PART);
        try {
            if (image.buckets() != index.buckets()) {
                imageProblem = "the index has " + index.buckets() + " buckets, its image " + image.buckets();
                return Optional.empty();
            }
            if (!device.exists(name)) {
                imageProblem = name + " is not there";
                return Optional.empty();
            }
            return Optional.of(readImage(index, device, waits, name, image));
        } catch (StoreFault useless) { // or cannot be read: the log has everything, and says so itself if it cannot be read either
            if (BlockingIo.isTimeout(useless)) {
                throw useless; // a device that hangs is used no more
            }
            imageFault = useless;
            imageProblem = useless.getMessage();
            return Optional.empty();
        }
    }

    /** All of the index is written now, so its memory is taken by others meanwhile: clearing it is as slow as reading the image. */
    private IndexImage readImage(HashIndex index, Device device, Waits waits, String name, Manifest.Image image) {
        Thread ahead = waits.thread("tideline-recovery", index::preTouch);
        if (imageHasRoom) { // else it will be refused for its size, unless it only could not be looked at
            waits.start(ahead);
        }
        try {
            return IndexImage.read(device, waits, name, identity.storeId(), image.number(), index, newest.get().log().end(), _ -> { });
        } finally {
            waits.join(ahead); // which ends at once for one that was not started
        }
    }
}
