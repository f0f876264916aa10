package io.tideline.core;

import io.tideline.fault.FormatFault;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.CleanClose;
import io.tideline.hlog.Identity;
import io.tideline.hlog.LogDevice;
import io.tideline.hlog.device.BlockingIo;
import io.tideline.hlog.device.Device;
import io.tideline.hlog.device.StoreDirectory;
import io.tideline.hlog.format.SealedFile;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The files of a store that spills: the directory it holds, its identity, the device behind its log, and the note of a clean close. */
final class StoreFiles implements AutoCloseable {
    private final StoreConfig config;
    /** Null where a test gave the files. */
    private final StoreDirectory directory;
    private final Device device;
    /** All devices, each once; the first is {@link #device}. */
    private final Map<DeviceModel, Device> devices;
    private final Identity identity;
    private boolean hangs;

    private StoreFiles(StoreConfig config, StoreDirectory directory, Device device, Map<DeviceModel, Device> devices, Identity identity) {
        this.config = config;
        this.directory = directory;
        this.device = device;
        this.devices = devices;
        this.identity = identity;
    }

    /**
     * Makes the files of a new store.
     *
     * @throws StoreFault if the directory is in use, holds a store or anything else, or cannot be written; nothing of it was changed
     */
    static StoreFiles create(StoreConfig config) {
        if (config.directory() == null) {
            return create(config, null, config.files(), Map.of());
        }
        StoreDirectory directory = StoreDirectory.lock(config.directory());
        Map<DeviceModel, Device> devices = new EnumMap<>(DeviceModel.class);
        boolean done = false;
        try {
            for (DeviceModel model : List.of(config.device(), config.readDevice(), config.scanDevice())) {
                devices.computeIfAbsent(model, wanted -> wanted.open(directory.path(), config));
            }
            StoreFiles files = create(config, directory, devices.get(config.device()), devices);
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

    private static StoreFiles create(StoreConfig config, StoreDirectory directory, Device device, Map<DeviceModel, Device> devices) {
        if (Identity.exists(device)) {
            throw new FormatFault(describe(config, device));
        }
        SealedFile.removeLeftovers(device);
        long storeId = 0;
        while (storeId == 0) {
            storeId = new SecureRandom().nextLong();
        }
        Identity identity = new Identity(storeId, config.pageBits(), config.segmentSize(), config.hashSeed(), System.currentTimeMillis());
        identity.publish(device, config.waits());
        return new StoreFiles(config, directory, device, devices, identity);
    }

    private static String describe(StoreConfig config, Device device) {
        Identity found = Identity.read(device, config.waits());
        Optional<CleanClose> closed = CleanClose.read(device, config.waits(), found.storeId());
        return "the directory " + config.directory() + " holds a store already, created " + Instant.ofEpochMilli(found.createdAt()) + " and "
                + closed.map(close -> "closed with " + (close.tail() - close.begin()) + " bytes of log").orElse("not closed")
                + "; this version does not open a store again, so nothing of it was touched. Choose an empty directory";
    }

    LogDevice logDevice() {
        return new LogDevice(device, devices.getOrDefault(config.readDevice(), device), devices.getOrDefault(config.scanDevice(), device), Long.numberOfTrailingZeros(identity.segmentBytes()), identity.storeId(), config.maxOpenFiles());
    }

    /** The I/O model in use. */
    String model() {
        return device.model();
    }

    /** Why that is not the model that was configured; empty where it is. */
    String fallback() {
        return device.fallback();
    }

    /** Notes that the whole log is synced; it has no user any more. */
    void closedCleanly(long begin, long tail) {
        try {
            new CleanClose(begin, tail, 1).publish(device, config.waits(), identity.storeId());
        } catch (StoreFault failed) {
            hangs = BlockingIo.isTimeout(failed);
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
