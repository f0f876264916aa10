package io.tideline.hlog;

import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.tideline.memory.Words;

/** Writes records into a log as the operations of the store do, without an index. */
final class LogRecords {
    private LogRecords() {
    }

    /** Appends a record of a {@code long} key and {@code valueBytes} bytes that all hold {@code fill}; its address. */
    static long append(HybridLog log, long key, int valueBytes, int fill) {
        long address = log.reserve(RecordLayout.sizeBytes(8, valueBytes));
        assertNotEquals(HybridLog.FULL, address);
        finish(log, address, key, valueBytes, fill);
        return address;
    }

    static void finish(HybridLog log, long address, long key, int valueBytes, int fill) {
        long record = log.physical(address);
        long stateWord = RecordLayout.begin(record, 8, valueBytes);
        Words.set(RecordLayout.keyAddress(record, stateWord), key);
        fill(RecordLayout.valueAddress(record, stateWord), valueBytes, fill);
        RecordLayout.finish(record, stateWord, LogAddress.CHAIN_END, 0);
    }

    static void fill(long valueAddress, int valueBytes, int fill) {
        for (int at = 0; at < valueBytes; at += 8) {
            Words.set(valueAddress + at, fill * 0x0101010101010101L);
        }
    }

    static long key(HybridLog log, long address) {
        long record = log.physical(address);
        return Words.get(RecordLayout.keyAddress(record, Words.getAcquire(record + RecordLayout.STATE_OFFSET)));
    }

    /** Gives the record a value of another length in place, if it fits and nobody else is at it. */
    static boolean resize(HybridLog log, long address, int valueBytes, int fill) {
        long record = log.physical(address);
        long stateWord = Words.getAcquire(record + RecordLayout.STATE_OFFSET);
        if (RecordLayout.state(stateWord) != RecordLayout.FREE) {
            return false;
        }
        long link = Words.get(record);
        int slack = RecordLayout.slackInPlace(record, link, stateWord, valueBytes);
        if (slack < 0 || !RecordLatch.tryLock(record, stateWord)) {
            return false;
        }
        fill(RecordLayout.valueAddress(record, stateWord), valueBytes, fill);
        Words.set(record, RecordLayout.withSlack(link, slack));
        RecordLatch.unlock(record, stateWord, RecordLayout.changedLengthBits(record, stateWord, valueBytes));
        return true;
    }
}
