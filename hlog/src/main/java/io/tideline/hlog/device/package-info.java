/**
 * How bytes reach the disk and come back: the {@link io.tideline.hlog.device.Device} contract, the I/O models behind it, and the store's
 * directory. Nothing here knows what the bytes mean.
 */
package io.tideline.hlog.device;
