package io.tideline.core;

import io.tideline.hlog.LogAddress;
import io.tideline.hlog.device.HeldDevice;
import io.tideline.hlog.device.IoRequest;

/** A small store whose key {@link #KEY} has left the memory. Once it is open the case says whether its reads are held. */
final class KeyOnDisk {
    static final long KEY = 1;
    static final long VALUE = 42;
    /** Where the key's record stands. */
    static final long ADDRESS = LogAddress.FIRST;
    /** Two of its records fill a page. */
    static final int HALF_PAGE_VALUE_BYTES = 2024;

    private static final int PAGE_BYTES = 4096;
    private static final int PAGES = 8;

    final HeldDevice device = new HeldDevice(this::holds);
    final Store store;
    private final boolean holdsReads;
    private IoRequest latest;

    /** @param holdsReads whether reads wait for who completes them */
    KeyOnDisk(boolean holdsReads) {
        this.holdsReads = holdsReads;
        store = openSmall(device);
        store.put(KEY, VALUE);
        byte[] value = new byte[HALF_PAGE_VALUE_BYTES];
        for (long key = KEY + 1; store.kernel().log.head() <= ADDRESS; key++) {
            store.put(key, value);
        }
    }

    /** A store of so little memory that a few records fill it. */
    static Store openSmall(HeldDevice device) {
        return Store.open(StoreConfig.builder().files(device).keepFiles(false).pageSize(PAGE_BYTES).memory((long) PAGES * PAGE_BYTES).buckets(16)
                .hashSeed(1).hugePages(false).build());
    }

    /** The same, with files that are kept, so that checkpoints can be taken. */
    static Store openKept(HeldDevice device) {
        return Store.open(StoreConfig.builder().files(device).pageSize(PAGE_BYTES).memory((long) PAGES * PAGE_BYTES).segmentSize(1 << 16).buckets(16)
                .hashSeed(1).hugePages(false).build());
    }

    private boolean holds(IoRequest request) {
        if (!holdsReads || !HeldDevice.isRead(request)) {
            return false;
        }
        latest = request;
        return true;
    }

    /** Submits a read of the key, and answers what the device was asked, which it holds. */
    synchronized IoRequest submitGet(Session session, Completion completion) {
        if (session.submitGet(KEY, 0, completion) != Status.PENDING) {
            throw new AssertionError("the key is in memory");
        }
        return latest;
    }

    /** Submits an addition of one to the key, and answers what the device was asked, which it holds. */
    synchronized IoRequest submitAdd(Session session, Completion completion) {
        if (session.submitRmw(KEY, Update.ADD, 1, 0, completion) != Status.PENDING) {
            throw new AssertionError("the key is in memory");
        }
        return latest;
    }
}
