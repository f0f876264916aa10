package io.tideline.hlog;

import static io.tideline.hlog.RecordLayout.GRANULE_BYTES;
import static io.tideline.hlog.RecordLayout.LINK_OFFSET;
import static io.tideline.hlog.RecordLayout.STATE_OFFSET;

import io.tideline.fault.CorruptionFault;
import io.tideline.memory.Checksum;
import io.tideline.memory.NativeBuffer;
import io.tideline.memory.Words;
import java.nio.ByteBuffer;

/**
 * Stamps records with their checksums when they become immutable, and verifies records that come back from a device. Every byte of the log
 * belongs to a record or a filler, so every byte is covered. Not thread-safe: each thread has its own.
 */
final class PageSeal {
    /** How many records are summed up before they are stamped. */
    private static final int GROUP = 32;

    private final Checksum checksum;
    // Of the records that are being sealed; null in one that only verifies.
    private int[] offsets;
    private long[] stateWords;
    private int[] crcs;

    PageSeal(long storeId) {
        this.checksum = new Checksum(storeId);
    }

    /**
     * Makes the records from {@code address} to {@code end} immutable, which lie in one page, below safeReadOnly, at {@code memory}. The state
     * and the checksum become visible in one store. A record may still be sealed or unsealed by a thread that saw an older frontier,
     * which is why the stamp is a compare-and-set. Several are summed up before the first is stamped, because no load goes on behind a locked instruction:
     * one by one, none would be fetched, or summed up, while another is.
     */
    void seal(long address, long end, long memory) {
        ByteBuffer bytes = NativeBuffer.of(memory, Math.toIntExact(end - address));
        if (offsets == null) {
            offsets = new int[GROUP];
            stateWords = new long[GROUP];
            crcs = new int[GROUP];
        }
        long at = address;
        while (at < end) {
            int count = 0;
            for (; count < GROUP && at < end; count++) {
                int offset = (int) (at - address);
                at += sum(count, at, memory + offset, bytes, offset);
            }
            for (int i = 0; i < count; i++) {
                long record = memory + offsets[i];
                while (!Words.compareAndSet(record + STATE_OFFSET, stateWords[i], RecordLayout.immutable(stateWords[i], crcs[i]))) {
                    sum(i, address + offsets[i], record, bytes, offsets[i]);
                }
            }
        }
    }

    /** Notes the checksum of a record, with the state word that it was made with; the record's length. */
    private long sum(int number, long address, long record, ByteBuffer bytes, int offset) {
        long link = Words.getAcquire(record + LINK_OFFSET);
        long stateWord = Words.getAcquire(record + STATE_OFFSET);
        long sizeBytes = RecordLayout.sizeBytes(record, link, stateWord);
        if (link == 0 || sizeBytes < GRANULE_BYTES || sizeBytes > bytes.capacity() - offset || RecordLayout.isLocked(stateWord)) {
            throw new AssertionError("log address " + address + " cannot be sealed: link 0x" + Long.toHexString(link) + ", state word 0x"
                    + Long.toHexString(stateWord));
        }
        offsets[number] = offset;
        stateWords[number] = stateWord;
        crcs[number] = crc(address, link, stateWord, bytes, offset, (int) sizeBytes);
        return sizeBytes;
    }

    private int crc(long address, long link, long stateWord, ByteBuffer bytes, int offset, int sizeBytes) {
        bytes.limit(offset + sizeBytes).position(offset + GRANULE_BYTES);
        return checksum.of(address, link, RecordLayout.checked(stateWord), bytes);
    }

    /**
     * The length of the record that {@code memory} shows as the one of {@code address}, or -1 if no record can look like this. The first 24
     * bytes, or all up to the page's end, are there. Nothing else may be believed before {@link #isIntact}.
     *
     * @param roomBytes from the address to the end of its page
     */
    static int sizeBytes(long memory, long roomBytes) {
        return RecordLayout.state(Words.get(memory + STATE_OFFSET)) == RecordLayout.IMMUTABLE ? RecordLayout.framedBytes(memory, roomBytes) : -1;
    }

    /** Whether every byte of the record of {@code address} at {@code memory}, {@code sizeBytes} long, is as it was sealed. */
    boolean isIntact(long address, long memory, int sizeBytes) {
        return found(address, memory, sizeBytes) == RecordLayout.crc(Words.get(memory + STATE_OFFSET));
    }

    /**
     * The same of a record in a buffer of its page.
     *
     * @param offset where in {@code bytes} the record at {@code memory} begins
     */
    boolean isIntact(long address, long memory, ByteBuffer bytes, int offset, int sizeBytes) {
        long stateWord = Words.get(memory + STATE_OFFSET);
        return crc(address, Words.get(memory + LINK_OFFSET), stateWord, bytes, offset, sizeBytes) == RecordLayout.crc(stateWord);
    }

    private int found(long address, long memory, int sizeBytes) {
        return crc(address, Words.get(memory + LINK_OFFSET), Words.get(memory + STATE_OFFSET), NativeBuffer.of(memory, sizeBytes), 0, sizeBytes);
    }

    /** What to say about a record that is not what was sealed; {@code sizeBytes} is what {@link #sizeBytes} said. */
    CorruptionFault corruption(String path, long offset, long address, long memory, int sizeBytes) {
        return new CorruptionFault(damage(path, offset, address, memory, sizeBytes) + "; nothing of it was used");
    }

    /** The same as a sentence. */
    String damage(String path, long offset, long address, long memory, int sizeBytes) {
        long stateWord = Words.get(memory + STATE_OFFSET);
        String expected = path + ", offset " + offset + ": expected the record of log address " + address;
        return sizeBytes < 0
                ? expected + ", found the words 0x" + Long.toHexString(Words.get(memory + LINK_OFFSET)) + " 0x" + Long.toHexString(stateWord)
                + ", which begin no record"
                : expected + " with checksum 0x" + Integer.toHexString(RecordLayout.crc(stateWord)) + " over " + sizeBytes + " bytes, found 0x"
                + Integer.toHexString(found(address, memory, sizeBytes));
    }
}
