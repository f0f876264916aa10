package io.tideline.cli.bench.work;

import java.util.Optional;
import java.util.StringJoiner;
import java.util.function.LongSupplier;

/**
 * The operations of a benchmark, generated before anything is measured. All threads replay them, over and over, in chunks of
 * {@link #CHUNK} that they take from one counter; replaying reads two arrays and allocates nothing.
 *
 * <p>An inserting workload would grow the store without bound. Its keys form a ring of twice the loaded ones instead: the j-th insertion
 * fills slot {@code keys + j} of the ring, and a read goes as far behind the newest slot as its item lies behind the newest loaded key.
 * Each pass over the operations goes on where the one before ended, so the array holds slots for the first pass, and replaying adds the
 * shift of the pass. The first {@code keys} insertions make new keys, later ones overwrite the oldest.
 */
public final class OperationStream {

    /** How many operations a thread takes at once. */
    public static final int CHUNK = 3_200;

    /** What a read-modify-write adds. */
    public static final long RMW_OPERAND = 5;

    private static final long KIND_SEED = 44;
    private static final int PERCENT = 100;
    private static final OperationKind[] KINDS = OperationKind.values();

    private final WorkSettings settings;
    private final long[] words;
    private final byte[] kinds;
    private final long ring;
    private final long insertions;

    /** Generates the operations that the settings describe. */
    public OperationStream(WorkSettings settings) {
        Workload workload = settings.workload();
        LongSupplier items = new Items(settings.keys(), settings.distribution(), workload);
        SplitMix64 kindRandom = new SplitMix64(KIND_SEED);
        this.settings = settings;
        this.words = new long[settings.operations()];
        this.kinds = workload.isOfOneKind() ? null : new byte[settings.operations()];
        this.ring = workload.isInserting() ? 2 * settings.keys() : 0;
        long inserted = 0;
        for (int i = 0; i < words.length; i++) {
            OperationKind kind = workload.onlyKind();
            if (kinds != null) {
                kind = SplitMix64.below(kindRandom.next(), PERCENT) < workload.readPercent() ? OperationKind.READ : workload.write();
                kinds[i] = (byte) kind.ordinal();
            }
            if (ring == 0) {
                words[i] = Keys.keyOf(items.getAsLong());
            } else if (kind == OperationKind.READ) {
                words[i] = (items.getAsLong() + inserted) % ring;
            } else {
                words[i] = (settings.keys() + inserted++) % ring;
            }
        }
        this.insertions = inserted;
    }

    private OperationStream(OperationStream same, WorkSettings settings) {
        this.settings = settings;
        this.words = same.words;
        this.kinds = same.kinds;
        this.ring = same.ring;
        this.insertions = same.insertions;
    }

    /** The same operations for other threads or batches; empty where the settings ask for other operations. */
    public Optional<OperationStream> replayedBy(WorkSettings other) {
        boolean isSame = other.workload() == settings.workload() && other.distribution() == settings.distribution() && other.keys() == settings.keys()
                && other.operations() == settings.operations();
        return isSame ? Optional.of(new OperationStream(this, other)) : Optional.empty();
    }

    /** What the operations were generated from. */
    public WorkSettings settings() {
        return settings;
    }

    /** What its arrays take. */
    public long heapBytes() {
        return (long) Long.BYTES * words.length + (kinds == null ? 0 : kinds.length);
    }

    /** How many operations there are. */
    public int length() {
        return words.length;
    }

    /** Where in the arrays the chunk at {@code position} begins, {@code position} counting all operations of all passes. */
    public int chunkStart(long position) {
        return (int) (position % words.length);
    }

    /** What {@link #key} needs to know about the pass that {@code position} lies in. */
    public long shift(long position) {
        return ring == 0 ? 0 : position / words.length * insertions % ring;
    }

    /** The key of operation {@code i} of a workload that does not insert. */
    public long key(int i) {
        return words[i];
    }

    /** The key of operation {@code i} in the pass with that shift. */
    public long key(int i, long shift) {
        long word = words[i];
        if (ring == 0) {
            return word;
        }
        long slot = word + shift;
        return Keys.keyOf(slot >= ring ? slot - ring : slot);
    }

    /** The kind of operation {@code i}. */
    public OperationKind kind(int i) {
        return kinds == null ? settings.workload().onlyKind() : KINDS[kinds[i]];
    }

    /** The first operations of the first pass, as every contestant writes them: {@code u:HEXKEY r:HEXKEY …}. */
    public String dump(int count) {
        StringJoiner text = new StringJoiner(" ");
        for (int i = 0; i < Math.min(count, words.length); i++) {
            text.add(kind(i).letter() + ":" + Long.toHexString(key(i, 0)));
        }
        return text.toString();
    }
}
