/**
 * The contestant's end of a benchmark: a process of its own that holds one store, loads it, and replays the work when its parent asks
 * for it. The parent speaks one line a command over the standard input and reads one line a reply from the standard output:
 *
 * <table>
 * <caption>Commands</caption>
 * <tr><td>{@code rehearse}</td><td>before {@code load}: loads a part of the keys, and replays operations, on stores that are thrown away: {@code ok rehearsed=1}, or 0 where
 *     there is nothing to compile</td></tr>
 * <tr><td>{@code load}</td><td>opens the store and inserts all keys, about in order: {@code ok nanos= appendedBytes=
 *     writtenBytes= writingNanos= writingBytes=}, of which the last two are from the moment when something was on disk to the end; once more, the store that was loaded before
 *     is thrown away first</td></tr>
 * <tr><td>{@code work NAME=VALUE …}</td><td>goes on with other operations on the same keys; all arguments of the process that tell of the work:
 *     {@code ok turned=1}</td></tr>
 * <tr><td>{@code window SECONDS}</td><td>replays operations on all threads for that long:
 *     {@code ok operations= nanos= allocatedBytes= absent= deviceLookups= deviceReads=}</td></tr>
 * <tr><td>{@code latency SECONDS}</td><td>the same, timing one operation in 32, so that no window that measures throughput pays for the
 *     clock: {@code ok samples= p50= p99= p999= max=}</td></tr>
 * <tr><td>{@code memory}</td><td>{@code ok index= overflow= usedLog= liveHeap= residentOutsideHeap= peakResident=}, in bytes; the
 *     heap and what is resident are what came on top since the moment before the store was opened, -1 where the platform does not say</td></tr>
 * <tr><td>{@code dump COUNT}</td><td>the first operations: {@code ok r:KEY u:KEY w:KEY …}</td></tr>
 * <tr><td>{@code quit}</td><td>ends, as the end of the input does</td></tr>
 * </table>
 *
 * <p>{@code CutContestant} measures what checkpoints cost, and has commands of its own, which {@code CutLoop} names.
 *
 * <p>What a store does not count, such as what it asks its disk for, is left out.
 *
 * <p>A contestant that cannot go on answers {@code failed} and a sentence, and ends.
 */
package io.tideline.cli.bench.contestant;
