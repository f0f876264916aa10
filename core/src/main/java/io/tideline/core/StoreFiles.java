package io.tideline.core;

import io.tideline.checkpoint.CheckpointFiles;
import io.tideline.checkpoint.Durability;
import io.tideline.checkpoint.Manifest;
import io.tideline.checkpoint.ManifestFiles;
import io.tideline.checkpoint.ManifestStore;
import io.tideline.checkpoint.Recovery;
import io.tideline.checkpoint.StillNeeded;
import io.tideline.fault.CorruptionFault;
import io.tideline.fault.FormatFault;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.CleanClose;
import io.tideline.hlog.HybridLog;
import io.tideline.hlog.Identity;
import io.tideline.hlog.LogDevice;
import io.tideline.hlog.device.BlockingIo;
import io.tideline.hlog.device.Device;
import io.tideline.hlog.device.StoreDirectory;
import io.tideline.hlog.format.SealedFile;
import io.tideline.memory.Probe;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** The files of a store that spills: the directory it holds, its identity, the devices behind its log, its manifests, and the note of a clean close. */
final class StoreFiles implements AutoCloseable {
    private final StoreConfig config;
    /** Null where a test gave the files. */
    private final StoreDirectory directory;
    private final Device device;
    /** All devices, each once; the first is {@link #device}. */
    private final Map<DeviceModel, Device> devices;
    private final Identity identity;
    private final ManifestStore manifests;
    private final Recovery recovery;
    /** With which checkpoint it was closed in order before, if that is the one that was opened; else 0. */
    private final long closedWith;
    private volatile long neededFrom;
    private volatile boolean hangs;

    private StoreFiles(StoreConfig config, StoreDirectory directory, Device device, Map<DeviceModel, Device> devices, Identity identity,
            ManifestStore manifests, long closedWith) {
        this.directory = directory;
        this.device = device;
        this.devices = devices;
        this.identity = identity;
        this.manifests = manifests;
        this.closedWith = closedWith;
        this.recovery = Recovery.of(device, identity, manifests);
        requireBuckets(config, recovery);
        this.config = config.of(identity, recovery.imageBuckets());
    }

    /**
     * Opens the files of a store, or makes those of a new one.
     *
     * @param back the checkpoints that are known to be damaged; told the newest that is not
     * @throws StoreFault if the directory is in use, holds anything but a store, is damaged, cannot be written, or its store was made with another
     *     configuration; nothing of it was changed
     */
    static StoreFiles open(StoreConfig config, FallBack back) {
        if (config.directory() == null) {
            return open(config, null, config.files(), Map.of(), back);
        }
        StoreDirectory directory = StoreDirectory.lock(config.directory());
        Map<DeviceModel, Device> devices = new EnumMap<>(DeviceModel.class);
        boolean done = false;
        try {
            for (DeviceModel model : List.of(config.device(), config.readDevice(), config.scanDevice())) {
                devices.computeIfAbsent(model, wanted -> wanted.open(directory.path(), config));
            }
            StoreFiles files = open(config, directory, devices.get(config.device()), devices, back);
            done = true;
            return files;
        } catch (StoreFault failed) {
            done = BlockingIo.isTimeout(failed); // then nothing can be given back
            throw failed;
        } finally {
            if (!done) {
                devices.values().forEach(Device::close);
                directory.close();
            }
        }
    }

    private static StoreFiles open(StoreConfig config, StoreDirectory directory, Device device, Map<DeviceModel, Device> devices, FallBack back) {
        Identity identity = Identity.exists(device) ? Identity.read(device, config.waits()) : create(config, device);
        requireSame(config, identity);
        ManifestStore manifests = config.fallsBack() ? ManifestStore.openFallingBack(device, config.waits(), identity, back.lost())
                : ManifestStore.open(device, config.waits(), identity);
        long closedWith = 0;
        if (manifests.newest().isEmpty()) {
            requireNoStoreWithoutManifests(config, device, identity);
        } else if (manifests.lost().isEmpty()) { // else it may have been closed with one of those
            closedWith = closedWith(config, device, identity, manifests, back);
        }
        back.takes(manifests.newest());
        return new StoreFiles(config, directory, device, devices, identity, manifests, closedWith);
    }

    /** A store that never had a checkpoint has the files of one at most, which was cut short. */
    private static void requireNoStoreWithoutManifests(StoreConfig config, Device device, Identity identity) {
        if (CleanClose.read(device, config.waits(), identity.storeId()).isPresent()) {
            throw new FormatFault("the store of the directory " + config.directory() + " was closed in order, and there is no manifest of it: they were removed, or it was"
                    + " made by an earlier build, which took no checkpoints; nothing was opened. Put the files MANIFEST-n back, or choose another directory");
        }
        OptionalLong before = CheckpointFiles.manifestBefore(device);
        if (before.isPresent()) {
            throw new CorruptionFault(ManifestFiles.name(before.getAsLong()) + ", offset 0: expected a manifest, because checkpoint " + (before.getAsLong() + 1)
                    + " was begun behind it, found none, and no other; nothing of the store in the directory " + config.directory()
                    + " was opened. If somebody removed them, put the files MANIFEST-n back; if the machine crashed behind checkpoints that were not synced, they are lost:"
                    + " choose another directory");
        }
    }

    /** The newest checkpoint if the store was closed in order with it, else 0. One that was closed has the manifest of the close, or somebody took it away. */
    private static long closedWith(StoreConfig config, Device device, Identity identity, ManifestStore manifests, FallBack back) {
        Manifest newest = manifests.newest().orElseThrow();
        Optional<CleanClose> closed = readableClose(config, device, identity);
        if (closed.isEmpty()) {
            return 0;
        }
        if (newest.isOf(closed.get())) {
            return newest.generation();
        }
        long number = Math.max(closed.get().checkpoint(), manifests.nextGeneration());
        CorruptionFault gone = new CorruptionFault(ManifestFiles.name(number) + ", offset 0: expected a manifest of a log up to " + closed.get().tail()
                + ", because " + CleanClose.FILE + " says that the store was closed with it, found none, and " + ManifestFiles.name(newest.generation())
                + " of a log up to " + newest.log().end() + "; nothing was opened");
        if (!config.fallsBack()) {
            throw gone;
        }
        manifests.passOver(back.passOverGone(number, gone));
        return 0;
    }

    /** Empty also where it is damaged: then it says nothing, and the manifest is whole. */
    private static Optional<CleanClose> readableClose(StoreConfig config, Device device, Identity identity) {
        try {
            return CleanClose.read(device, config.waits(), identity.storeId());
        } catch (CorruptionFault | FormatFault damaged) {
            return Optional.empty();
        }
    }

    private static Identity create(StoreConfig config, Device device) {
        SealedFile.removeLeftovers(device);
        Identity identity = new Identity(config.waits().newId(), config.pageBits(), config.segmentSize(), config.hashSeed(), config.waits().currentTimeMillis());
        identity.publish(device, config.waits());
        return identity;
    }

    /** What the caller said must be what the store is; what was left to the defaults is taken from the store. */
    private static void requireSame(StoreConfig config, Identity identity) {
        requireSame(config, "pageSize", config.givenPageSize(), 1L << identity.pageBits());
        requireSame(config, "segmentSize", config.givenSegmentSize(), identity.segmentBytes());
        requireSame(config, "hashSeed", config.givenHashSeed(), identity.hashSeed());
    }

    /**
     * Keys that have one bucket and tag share a chain. With more buckets such a chain is led to from several, and serves each; with fewer, two
     * chains would be one, which the records of a log that is written cannot be made. So the number of a manifest cannot be lowered, only refused.
     */
    private static void requireBuckets(StoreConfig config, Recovery recovery) {
        long found = recovery.imageBuckets().orElse(0L);
        Optional<Long> given = config.givenBuckets();
        if (given.orElse(found) < found) {
            throw new FormatFault("the store of the directory " + config.directory() + " has an index of " + found + " buckets of 64 bytes, and " + config.buckets()
                    + " are asked for; it takes as many or more, or leave the size of the index away. Nothing was changed");
        }
        if (given.isEmpty() && !recovery.bucketsAreVouchedFor()) {
            throw new CorruptionFault("the newest manifest in the directory " + config.directory() + " says that the index has " + found + " buckets of 64 bytes; its image is gone, or"
                    + " too short for so many, and the log is too short to need them. Nothing was changed. If the store had so large an index, open it with "
                    + found + " buckets");
        }
    }

    private static void requireSame(StoreConfig config, String setting, Optional<Long> given, long found) {
        if (given.isPresent() && given.get() != found) {
            throw new FormatFault("the store of the directory " + config.directory() + " was made with another " + setting + ": " + found + ", and "
                    + given.get() + " is asked for; leave the setting away to open the store as it is. Nothing was changed");
        }
    }

    /** What was asked for, with what the store is in place of the defaults. */
    StoreConfig config() {
        return config;
    }

    Identity identity() {
        return identity;
    }

    long storeId() {
        return identity.storeId();
    }

    /** As the log is written. */
    Device device() {
        return device;
    }

    ManifestStore manifests() {
        return manifests;
    }

    /** The newest checkpoint's. */
    Optional<Manifest> newest() {
        return manifests.newest();
    }

    /** Whether it was closed in order before, with this checkpoint. */
    boolean wasClosedWith(Manifest checkpoint) {
        return closedWith == checkpoint.generation();
    }

    /** How the store came back. */
    Recovery recovery() {
        return recovery;
    }

    /** From here on the store may write: what no checkpoint needs is removed. Its past is in the log and in the index. */
    void beginLife(HybridLog log) {
        CleanClose.remove(device);
        Probe.at("recovery.beginning");
        newest().filter(manifest -> manifest.durability() == Durability.PROCESS).ifPresent(manifest -> {
            long end = manifest.keptEnd();
            log.distrust(Math.min(Math.max(manifest.log().begin(), recovery.syncedTo()), end), end);
        });
        StillNeeded needed = manifests.retain(config.retain());
        neededFrom = newest().isPresent() ? needed.logFrom() : log.begin();
        log.deleteBelow(neededFrom);
    }

    /** The first address of the log that a checkpoint needs; without a checkpoint there is none. */
    long neededFrom() {
        return newest().isPresent() ? neededFrom : Long.MAX_VALUE;
    }

    void retired(StillNeeded needed) {
        neededFrom = needed.logFrom();
    }

    LogDevice logDevice() {
        return new LogDevice(device, devices.getOrDefault(config.readDevice(), device), devices.getOrDefault(config.scanDevice(), device),
                Long.numberOfTrailingZeros(identity.segmentBytes()), identity.storeId(), config.maxOpenFiles());
    }

    /** The I/O model in use. */
    String model() {
        return device.model();
    }

    /** Why that is not the model that was configured; empty where it is. */
    String fallback() {
        return device.fallback();
    }

    /** Whether a device that hangs is the reason why something failed: then it is not waited for at the close. */
    void noteFailure(RuntimeException failed) {
        for (Throwable cause = failed; cause != null; cause = cause.getCause()) {
            hangs |= cause instanceof StoreFault fault && BlockingIo.isTimeout(fault);
        }
    }

    /**
     * Asked before anything is published.
     *
     * @throws io.tideline.fault.LockedFault if the directory is not held any more
     */
    void requireHeld() {
        if (directory != null) {
            directory.requireHeld();
        }
    }

    /** Notes that the whole log is synced, and which checkpoint is the newest; it has no user any more. */
    void closedCleanly(long begin) {
        requireHeld();
        Manifest newest = newest().orElseThrow();
        try {
            new CleanClose(begin, newest.log().end(), newest.generation()).publish(device, config.waits(), identity.storeId());
        } catch (StoreFault failed) {
            noteFailure(failed);
            throw failed;
        }
    }

    /** Gives the device and the directory back, unless the device hangs: then they stay in use until the process ends. */
    @Override
    public void close() {
        if (directory != null && !hangs) {
            devices.values().forEach(Device::close);
            directory.close();
        }
    }
}
