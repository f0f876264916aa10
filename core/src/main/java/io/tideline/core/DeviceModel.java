package io.tideline.core;

import io.tideline.hlog.device.Device;
import io.tideline.hlog.device.DirectDevice;
import io.tideline.hlog.device.FileDevice;
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
    };

    /** The device over a directory that is there. */
    abstract Device open(Path directory, StoreConfig config);
}
