package io.tideline.core;

/** How the files of a store are read and written. */
public enum DeviceModel {
    /** Through the page cache of the operating system, which may hold more of the data than the store's own memory. */
    BUFFERED
}
