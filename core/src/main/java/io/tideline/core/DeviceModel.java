package io.tideline.core;

import io.tideline.hlog.device.Device;
import io.tideline.hlog.device.DirectDevice;
import io.tideline.hlog.device.FileDevice;
import io.tideline.hlog.device.MappedDevice;
import io.tideline.hlog.device.UringDevice;
import java.nio.file.Path;

/** How the files of a store are read and written. The files are the same with each; {@code docs/io-models.md} compares them. */
public enum DeviceModel {
    /** Through the page cache of the operating system, which may hold more of the data than the store's own memory. */
    BUFFERED {
        @Override
        Device open(Path directory, StoreConfig config) {
            return new FileDevice(directory, config.ioThreads());
        }
    },

    /**
     * Past the page cache (O_DIRECT): nothing is held twice, and a scan of others drives nothing out. Where the file system refuses that, as
     * {@link #BUFFERED}; {@link StoreStats#deviceFallback} says so.
     */
    DIRECT {
        @Override
        Device open(Path directory, StoreConfig config) {
            return new DirectDevice(directory, config.ioThreads());
        }
    },

    /**
     * Past the page cache, with transfers that the kernel carries out itself (io_uring) on behalf of one thread: less work for the processors. What
     * a thread waits for it reads itself, and looks for it before it sleeps ({@link StoreConfig.Builder#readSpin}).
     * Where the kernel refuses that, as {@link #DIRECT}; {@link StoreStats#deviceFallback} says so.
     */
    URING {
        @Override
        Device open(Path directory, StoreConfig config) {
            return UringDevice.open(directory, config.ioThreads(), config.readSpin().toNanos());
        }
    },

    /** As {@link #BUFFERED}, but files of the log that are full are read through mappings: cheap where the page cache holds the data. */
    MAPPED {
        @Override
        Device open(Path directory, StoreConfig config) {
            return new MappedDevice(directory, config.ioThreads(), config.segmentSize());
        }
    };

    /** The device over a directory that is there. */
    abstract Device open(Path directory, StoreConfig config);
}
