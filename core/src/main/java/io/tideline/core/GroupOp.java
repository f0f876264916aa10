package io.tideline.core;

import io.tideline.hlog.HybridLog;
import io.tideline.hlog.RecordLayout;
import io.tideline.index.HashIndex;
import io.tideline.memory.Probe;
import io.tideline.memory.Words;

/**
 * Many operations on 8-byte keys whose cache misses overlap. A group goes through five phases: hash all keys; load their buckets; match all
 * entries; load all records; finish one after the other, in argument order. In the phases before the last every load is independent of the
 * others, so the machine has as many of them under way as it can; one operation at a time has two dependent ones.
 *
 * <p>What the first phases found is a hint: the finishing phase of a write takes a record only if it may be changed in place, which its
 * state word says, or appends one that was prepared (see {@link AppendBlock}), and otherwise looks everything up again.
 */
final class GroupOp {
    /** Enough to fill the line buffers twice; twice as much gains little, half as much loses a tenth. */
    static final int SIZE = 64;

    private final long[] hashes = new long[SIZE];
    private final long[] addresses = new long[SIZE];
    private final AppendBlock block;
    /** Where in the caller's arrays the keys are that must be looked up on the device, and how many. */
    private int[] places;
    private int onDevice;
    private PendingRing ring;
    private DeviceWindow window;
    /** Keeps the JIT from dropping loads whose only purpose is to fetch a line. */
    private long touched;

    GroupOp(HybridLog log) {
        block = new AppendBlock(log);
    }

    /**
     * Reads into {@code values}; how many keys were found. The session was entered for no operation: a member may be read behind a cut at which
     * the group began, so it counts when all are read.
     */
    static int getAll(Session session, long[] keys, long[] values, int from, int count, long ifAbsent) {
        GroupOp group = session.group();
        group.onDevice = 0;
        int found = 0;
        for (int at = from; at < from + count; at += SIZE) {
            int size = Math.min(SIZE, from + count - at);
            group.prepare(session, keys, at, size);
            boolean isCareful = session.isCareful; // who meets the next version leaves the epoch, and then no address is good any more
            for (int i = 0; i < size; i++) {
                long newest = isCareful ? session.newestBetween(group.hashes[i]) : group.addresses[i];
                long record = ReadOp.findLive(session, newest, keys[at + i]);
                if (record == ReadOp.ON_DISK) {
                    group.noteOnDevice(at + i, count);
                } else if (record == 0) {
                    values[at + i] = ifAbsent;
                } else {
                    values[at + i] = Words.getAcquire(record + RecordLayout.LONG_TO_LONG_VALUE_OFFSET);
                    found++;
                }
            }
        }
        return group.onDevice == 0 ? found : found + DeviceGroup.getAll(session, group.ring(session), keys, values, group.places, group.onDevice, ifAbsent);
    }

    /** Notes the place of a key that must be looked up on the device. */
    private void noteOnDevice(int place, int count) {
        if (places == null || places.length < count) {
            places = new int[Math.max(SIZE, count)];
        }
        places[onDevice++] = place;
    }

    private PendingRing ring(Session session) {
        if (ring == null) {
            ring = new PendingRing(session);
        }
        return ring;
    }

    void close() {
        if (ring != null) {
            ring.close();
        }
    }

    static void putAll(Session session, long[] keys, long[] values, int from, int count) {
        GroupOp group = session.group();
        for (int at = from; at < from + count; at += SIZE) {
            int size = Math.min(SIZE, from + count - at);
            group.prepareToWrite(session, keys, at, size);
            group.block.planPuts(session, group.hashes, group.addresses, keys, values, at, size);
            for (int i = 0; i < size; i++) {
                session.beginOne();
                if (group.block.publish(session, i, group.hashes[i], group.addresses[i])) {
                    continue;
                }
                UpsertOp.put(session, group.hashes[i], group.addresses[i], keys[at + i], values[at + i]);
            }
        }
    }

    /** @param values end to end, {@code valueBytes} each */
    static void putAll(Session session, long[] keys, byte[] values, int valueBytes, int from, int count) {
        GroupOp group = session.group();
        for (int at = from; at < from + count; at += SIZE) {
            int size = Math.min(SIZE, from + count - at);
            group.prepareToWrite(session, keys, at, size);
            group.block.planPuts(session, group.hashes, group.addresses, keys, values, valueBytes, at, size);
            for (int i = 0; i < size; i++) {
                session.beginOne();
                if (group.block.publish(session, i, group.hashes[i], group.addresses[i])) {
                    continue;
                }
                session.key.setWord(keys[at + i], group.hashes[i]);
                session.value.setArray(values, (at + i) * valueBytes, valueBytes);
                UpsertOp.put(session);
            }
        }
    }

    static void updateAll(Session session, long[] keys, int from, int count, Update update, long operand) {
        GroupOp group = session.group();
        for (int at = from; at < from + count; at += SIZE) {
            int size = Math.min(SIZE, from + count - at);
            group.prepareToWrite(session, keys, at, size);
            group.block.planUpdates(session, group.hashes, group.addresses, keys, at, size, update, operand);
            for (int i = 0; i < size; i++) {
                session.beginOne();
                if (group.block.publish(session, i, group.hashes[i], group.addresses[i])) {
                    continue;
                }
                if (!RmwOp.updateInMemory(session, group.hashes[i], group.addresses[i], keys[at + i], update, operand)) {
                    session.unbegin();
                    group.window(session).updateAll(keys, at + i, from + count, update, operand);
                    return;
                }
            }
        }
    }

    static void prefetch(Session session, long[] keys, int from, int count) {
        GroupOp group = session.group();
        for (int at = from; at < from + count; at += SIZE) {
            group.prepare(session, keys, at, Math.min(SIZE, from + count - at));
        }
    }

    private DeviceWindow window(Session session) {
        if (window == null) {
            window = new DeviceWindow(session, ring(session));
        }
        return window;
    }

    /** All phases but the last, in a stay of the epoch that is new for each group, however many there are. */
    private void prepare(Session session, long[] keys, int from, int size) {
        touchBuckets(session, keys, from, size);
        find(session, size);
    }

    /** The same for members that may be new. */
    private void prepareToWrite(Session session, long[] keys, int from, int size) {
        touchBuckets(session, keys, from, size);
        block.expect(session.index, hashes, size);
        Probe.at("group.expected");
        find(session, size);
    }

    private void touchBuckets(Session session, long[] keys, int from, int size) {
        session.breathe();
        HashIndex index = session.index;
        long sum = 0;
        for (int i = 0; i < size; i++) {
            hashes[i] = session.hash.of(keys[from + i]);
        }
        for (int i = 0; i < size; i++) { // of nothing but loads, so as many are under way as the processor can have
            sum ^= index.touch(hashes[i]);
        }
        touched = sum;
    }

    private void find(Session session, int size) {
        HashIndex index = session.index;
        HybridLog log = session.log;
        long sum = 0;
        for (int i = 0; i < size; i++) {
            addresses[i] = index.findTouched(hashes[i]);
        }
        long head = log.head();
        for (int i = 0; i < size; i++) {
            sum ^= log.touch(Math.max(addresses[i], head));
        }
        touched = sum;
    }
}
