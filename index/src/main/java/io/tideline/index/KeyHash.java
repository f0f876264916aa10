package io.tideline.index;

import io.tideline.hlog.RecordLayout;
import io.tideline.memory.Words;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * The seeded hash of a key: folded 64 × 64 → 128-bit multiplications by secret odd factors, so that keys which collide under one seed do
 * not under another, and every bit of the key reaches both the bucket (low bits) and the tag (high bits).
 *
 * <p>An 8-byte key hashes the same whether it comes as a {@code long} or as bytes.
 */
public final class KeyHash {
    private final long k0;
    private final long k1;
    private final long k2;
    private final long k3;

    public KeyHash(long seed) {
        RandomGenerator secrets = RandomGeneratorFactory.of("SplittableRandom").create(seed);
        k0 = secrets.nextLong() | 1;
        k1 = secrets.nextLong() | 1;
        k2 = secrets.nextLong() | 1;
        k3 = secrets.nextLong() | 1;
    }

    public long of(long key) {
        return fold(fold(key ^ k0, k1) ^ k2, k3);
    }

    /** Of {@code lengthBytes} bytes at an 8-aligned address, followed by zeros to the end of their last word. */
    public long of(long address, int lengthBytes) {
        long hash = k0 + (lengthBytes - 8) * k3;
        for (int at = 0; at < lengthBytes; at += 8) {
            hash = fold(hash ^ Words.get(address + at), k1);
        }
        return fold(hash ^ k2, k3);
    }

    /** The two halves of the 128-bit product, folded by exclusive or. */
    private static long fold(long a, long b) {
        return a * b ^ Math.unsignedMultiplyHigh(a, b);
    }

    /** The hash of the key of a record that nobody changes any more, or whose key nobody does. */
    public long ofRecord(long record) {
        long stateWord = Words.get(record + RecordLayout.STATE_OFFSET);
        long key = RecordLayout.keyAddress(record, stateWord);
        int keyBytes = RecordLayout.keyBytes(record, stateWord);
        return keyBytes == Long.BYTES ? of(Words.get(key)) : of(key, keyBytes);
    }
}
