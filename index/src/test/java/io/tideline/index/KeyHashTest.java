package io.tideline.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.memory.Region;
import io.tideline.memory.Words;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyHashTest {
    private final Region region = Region.allocate(1 << 16, false);

    @AfterEach
    void close() {
        region.close();
    }

    private long hash(KeyHash hash, byte[] key) {
        Words.copyIn(key, 0, key.length, region.address());
        return hash.of(region.address(), key.length);
    }

    @Test
    void shouldHashALongLikeItsEightBytes() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 10_000; i++) {
            KeyHash hash = new KeyHash(random.nextLong());
            long key = i % 2 == 0 ? random.nextLong() : i;
            Words.set(region.address(), key);
            assertEquals(hash.of(key), hash.of(region.address(), 8));
        }
    }

    @Test
    void shouldFollowFromTheSeedAlone() {
        for (long seed = -5; seed < 5; seed++) {
            assertEquals(new KeyHash(seed).of(12_345), new KeyHash(seed).of(12_345));
            assertNotEquals(new KeyHash(seed).of(12_345), new KeyHash(seed + 1).of(12_345));
        }
    }

    @Test
    void shouldTellLengthsApartThatPaddingMakesEqual() {
        for (long seed = 1; seed <= 50; seed++) {
            KeyHash hash = new KeyHash(seed);
            Set<Long> seen = new HashSet<>();
            for (int length = 0; length <= 200; length++) {
                assertTrue(seen.add(hash(hash, new byte[length])), "zeros of length " + length + ", seed " + seed);
            }
        }
    }

    @Test
    void shouldDependOnEveryByteOfALongKey() {
        for (long seed = 1; seed <= 3; seed++) {
            KeyHash hash = new KeyHash(seed);
            byte[] key = new byte[1003];
            new SplittableRandom(seed).nextBytes(key);
            Set<Long> seen = new HashSet<>();
            seen.add(hash(hash, key));
            for (int at = 0; at < key.length; at++) {
                key[at] ^= 1;
                assertTrue(seen.add(hash(hash, key)), "byte " + at + ", seed " + seed);
                key[at] ^= 1;
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 3, 16, 24, 100})
    void shouldFlipEveryBitOfTheHashForHalfOfTheKeys(int lengthBytes) {
        int keys = 2_000;
        KeyHash hash = new KeyHash(99);
        SplittableRandom random = new SplittableRandom(lengthBytes);
        int inputBits = Math.min(lengthBytes * 8, 200);
        int[][] flips = new int[inputBits][64];
        byte[] key = new byte[lengthBytes];
        for (int i = 0; i < keys; i++) {
            random.nextBytes(key);
            long before = hash(hash, key);
            for (int bit = 0; bit < inputBits; bit++) {
                key[bit >> 3] ^= (byte) (1 << (bit & 7));
                long changed = before ^ hash(hash, key);
                key[bit >> 3] ^= (byte) (1 << (bit & 7));
                for (; changed != 0; changed &= changed - 1) {
                    flips[bit][Long.numberOfTrailingZeros(changed)]++;
                }
            }
        }
        for (int in = 0; in < inputBits; in++) {
            for (int out = 0; out < 64; out++) {
                double share = (double) flips[in][out] / keys;
                assertTrue(share > 0.42 && share < 0.58, "bit " + in + " of the key flips bit " + out + " of the hash for a share of " + share);
            }
        }
    }

    /** Keys as people choose them. */
    private static LongUnaryOperator[] patterns() {
        return new LongUnaryOperator[] {i -> i, i -> -i, i -> i << 20, i -> i << 44, i -> i * 1000, i -> i << 32 | i,
            i -> Long.reverse(i), i -> i * 0x1_0000_0001L, i -> Long.rotateLeft(i, 52), i -> Double.doubleToLongBits(i)};
    }

    @Test
    void shouldSpreadRegularKeysOverBucketsAndTagsLikeRandomOnes() {
        int buckets = 1 << 12;
        int keys = buckets * 8;
        for (long seed = 1; seed <= 5; seed++) {
            KeyHash hash = new KeyHash(seed);
            LongUnaryOperator[] patterns = patterns();
            for (int pattern = 0; pattern < patterns.length; pattern++) {
                String which = "pattern " + pattern + ", seed " + seed;
                int[] inBucket = new int[buckets];
                int[] withTag = new int[1 << 14];
                for (long i = 0; i < keys; i++) {
                    long h = hash.of(patterns[pattern].applyAsLong(i));
                    inBucket[(int) (h & buckets - 1)]++;
                    withTag[(int) (BucketLayout.tagBits(h) >>> 48)]++;
                }
                assertTrue(chiSquare(inBucket, keys) < 1.25, which + ": buckets are uneven, " + chiSquare(inBucket, keys));
                assertTrue(Arrays.stream(inBucket).max().orElseThrow() < 40, which + ": a bucket has " + Arrays.stream(inBucket).max());
                assertTrue(chiSquare(withTag, keys) < 1.15, which + ": tags are uneven, " + chiSquare(withTag, keys));
            }
        }
    }

    /** Per degree of freedom: about 1 for random keys, with a spread of √(2 / cells). */
    private static double chiSquare(int[] cells, double total) {
        double expected = total / cells.length;
        return Arrays.stream(cells).mapToDouble(cell -> (cell - expected) * (cell - expected) / expected).sum() / (cells.length - 1);
    }

    @Test
    void shouldNotCollideOnTheWholeHashForAMillionRegularKeys() {
        KeyHash hash = new KeyHash(4);
        long[] hashes = new long[1 << 20];
        for (int i = 0; i < hashes.length; i++) {
            hashes[i] = hash.of(i);
        }
        Arrays.sort(hashes);
        for (int i = 1; i < hashes.length; i++) {
            assertNotEquals(hashes[i - 1], hashes[i]);
        }
    }

    @Test
    void shouldStayFlatUnderASeedThatTheKeysWereNotChosenFor() {
        int buckets = 1 << 10;
        long[] colliding = collidingKeys(new KeyHash(42), buckets, 100_000);
        int[] known = load(new KeyHash(42), colliding, buckets);
        assertEquals(100_000, known[0]);
        for (long seed = 1; seed <= 5; seed++) {
            int[] unknown = load(new KeyHash(seed), colliding, buckets);
            int fullest = Arrays.stream(unknown).max().orElseThrow();
            assertTrue(fullest < 160, "98 keys to a bucket on average, " + fullest + " in the fullest, seed " + seed);
            assertTrue(chiSquare(unknown, 100_000) < 1.3, "seed " + seed);
        }
    }

    /** Keys that all fall into bucket 0 under the hash. */
    static long[] collidingKeys(KeyHash hash, long buckets, int count) {
        long[] keys = new long[count];
        int found = 0;
        for (long key = 0; found < count; key++) {
            if ((hash.of(key) & buckets - 1) == 0) {
                keys[found++] = key;
            }
        }
        return keys;
    }

    private static int[] load(KeyHash hash, long[] keys, int buckets) {
        int[] load = new int[buckets];
        for (long key : keys) {
            load[(int) (hash.of(key) & buckets - 1)]++;
        }
        return load;
    }
}
