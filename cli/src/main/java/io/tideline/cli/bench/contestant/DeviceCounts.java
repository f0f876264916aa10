package io.tideline.cli.bench.contestant;

/**
 * What a store that counts it has asked its disk for so far.
 *
 * @param lookups operations that asked
 * @param reads records that were read for them
 * @param appendedBytes bytes of the records that were appended, whether they are on disk yet or not
 * @param writtenBytes bytes of them that are
 */
public record DeviceCounts(long lookups, long reads, long appendedBytes, long writtenBytes) {
}
