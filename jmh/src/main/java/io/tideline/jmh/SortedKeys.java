package io.tideline.jmh;

import io.tideline.cli.bench.work.Keys;
import java.util.Arrays;

/**
 * The keys of a work in the order of a tree, which loads fastest and packs densest that way. They are sorted part by part, so that it
 * takes little memory however many there are.
 */
final class SortedKeys {

    private static final long USUAL_PART_KEYS = 1 << 21;

    /** What is done with each key. */
    @FunctionalInterface
    interface Visitor {

        void visit(long key, long index);
    }

    private final long keys;
    private final int partBits;
    private long[] part;

    private SortedKeys(long keys, long partKeys) {
        this.keys = keys;
        this.partBits = Long.SIZE - Long.numberOfLeadingZeros(keys / partKeys);
        // The keys are spread evenly, so that every part has about as many.
        this.part = new long[Math.toIntExact((keys >>> partBits) * 5 / 4 + 64)];
    }

    /** Visits the first {@code keys} keys in their order as signed numbers. */
    static void visitSigned(long keys, Visitor visitor) {
        new SortedKeys(keys, USUAL_PART_KEYS).visit(0, visitor);
    }

    /** Visits the first {@code keys} keys in their order as unsigned numbers. */
    static void visitUnsigned(long keys, Visitor visitor) {
        visitUnsigned(keys, USUAL_PART_KEYS, visitor);
    }

    static void visitUnsigned(long keys, long partKeys, Visitor visitor) {
        new SortedKeys(keys, partKeys).visit(Long.MIN_VALUE, visitor);
    }

    /** @param flip what turns the order of keys into the one of signed numbers */
    private void visit(long flip, Visitor visitor) {
        for (long number = 0; number < 1L << partBits; number++) {
            int count = gather(number, flip);
            Arrays.sort(part, 0, count);
            for (int i = 0; i < count; i++) {
                long key = part[i] ^ flip;
                visitor.visit(key, Keys.indexOf(key));
            }
        }
    }

    private int gather(long number, long flip) {
        int count = 0;
        for (long index = 0; index < keys; index++) {
            long ordered = Keys.keyOf(index) ^ flip;
            if (partOf(ordered) == number) {
                if (count == part.length) {
                    part = Arrays.copyOf(part, part.length + part.length / 2);
                }
                part[count++] = ordered;
            }
        }
        return count;
    }

    /** Of a number, the part by its highest bits, the negative ones first. */
    private long partOf(long ordered) {
        return partBits == 0 ? 0 : (ordered ^ Long.MIN_VALUE) >>> Long.SIZE - partBits;
    }
}
