package io.tideline.jmh;

import io.tideline.cli.bench.contestant.ByteValue;
import io.tideline.cli.bench.contestant.DiskFolder;
import io.tideline.cli.bench.contestant.HeldBytes;
import io.tideline.cli.bench.contestant.Replayer;
import io.tideline.cli.bench.contestant.Subject;
import io.tideline.cli.bench.work.OperationStream;
import io.tideline.cli.bench.work.WorkSettings;
import java.util.concurrent.atomic.AtomicReference;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.type.ByteArrayDataType;
import org.h2.mvstore.type.DataType;
import org.h2.mvstore.type.LongDataType;

/**
 * The MVStore of H2, a tree in Java. It has no batches; read-modify-writes are its own atomic operation.
 * docs/decisions/014-peers.md gives the reason of each option.
 *
 * @param <V> the values, as the map holds them; they are never changed in place
 */
abstract class MvStoreSubject<V> implements Subject {

    private static final int KIBIBYTE = 1 << 10;
    private static final int MEBIBYTE = 1 << 20;
    private static final int PAGE_BYTES = 4 << 10;
    private static final int LEAST_BUFFER_KIBIBYTES = 1 << 10;
    private static final int MOST_BUFFER_KIBIBYTES = 64 << 10;

    private final WorkSettings work;
    private final DiskFolder folder;
    private final AtomicReference<Throwable> backgroundFailure = new AtomicReference<>();
    private final MVStore store;
    final MVMap<Long, V> map;

    private MvStoreSubject(WorkSettings work, DiskSettings settings, DataType<V> valueType) {
        long memory = settings.memoryBytes();
        this.work = work;
        this.folder = DiskFolder.in(settings.folder());
        // Three eighths of the memory are cached pages. The heap has as much again, for what the store does not count, for pages that are not
        // written yet and for garbage; the rest is the kernel's cache of the file.
        this.store = new MVStore.Builder()
                .fileName(folder.path().resolve("data.mv").toString())
                .cacheSize(Math.toIntExact(Math.max(1, memory / 8 * 3 / MEBIBYTE)))
                .pageSplitSize(PAGE_BYTES)
                .autoCommitBufferSize(Math.clamp(memory / 16 / KIBIBYTE, LEAST_BUFFER_KIBIBYTES, MOST_BUFFER_KIBIBYTES))
                .backgroundExceptionHandler((_, thrown) -> backgroundFailure.compareAndSet(null, thrown))
                .open();
        store.setVersionsToKeep(0);
        store.setRetentionTime(0);
        this.map = store.openMap("data", new MVMap.Builder<Long, V>().keyType(LongDataType.INSTANCE).valueType(valueType));
    }

    static MvStoreSubject<Long> ofLongs(WorkSettings work, DiskSettings settings) {
        return new MvStoreSubject<>(work, settings, LongDataType.INSTANCE) {

            @Override
            Long newValue(long firstWord) {
                return firstWord;
            }

            @Override
            long firstWord(Long value) {
                return value;
            }

            @Override
            Long withOperand(Long value) {
                return value + OperationStream.RMW_OPERAND;
            }
        };
    }

    static MvStoreSubject<byte[]> ofBytes(WorkSettings work, DiskSettings settings) {
        int valueSize = work.valueSize();
        return new MvStoreSubject<>(work, settings, ByteArrayDataType.INSTANCE) {

            @Override
            byte[] newValue(long firstWord) {
                return new ByteValue(valueSize).with(firstWord);
            }

            @Override
            long firstWord(byte[] value) {
                return ByteValue.firstWord(value);
            }

            @Override
            byte[] withOperand(byte[] value) {
                byte[] sum = value.clone();
                ByteValue.setFirstWord(sum, ByteValue.firstWord(value) + OperationStream.RMW_OPERAND);
                return sum;
            }
        };
    }

    abstract V newValue(long firstWord);

    abstract long firstWord(V value);

    /** A value with what a read-modify-write adds added. */
    abstract V withOperand(V value);

    @Override
    public void load() {
        SortedKeys.visitSigned(work.keys(), (key, index) -> map.append(key, newValue(index)));
        store.commit();
        requireNoFailure();
    }

    /** A store whose background thread failed goes on in memory, and would no longer be what is to be measured. */
    private void requireNoFailure() {
        Throwable thrown = backgroundFailure.get();
        if (thrown != null) {
            throw new IllegalStateException("MVStore cannot write: " + thrown, thrown);
        }
    }

    @Override
    public Replayer newReplayer(OperationStream stream) {
        return new MvStoreReplayer(stream);
    }

    @Override
    public HeldBytes heldBytes() {
        requireNoFailure();
        return HeldBytes.NONE;
    }

    @Override
    public void close() {
        store.closeImmediately();
        folder.close();
    }

    private final class MvStoreReplayer extends Replayer {

        private final MVMap.DecisionMaker<V> addition = new MVMap.DecisionMaker<>() {

            @Override
            public MVMap.Decision decide(V existing, V provided) {
                return MVMap.Decision.PUT;
            }

            @Override
            @SuppressWarnings("unchecked") // Both kinds of values are final classes.
            public <T extends V> T selectValue(T existing, T provided) {
                return existing == null ? provided : (T) withOperand(existing);
            }
        };
        private final V operand = newValue(OperationStream.RMW_OPERAND);

        MvStoreReplayer(OperationStream stream) {
            super(stream);
        }

        @Override
        protected void replayChunk(int from, int to, long shift) {
            requireNoFailure();
            replayStretch(from, to, shift);
        }

        @Override
        protected long read(long key) {
            V value = map.get(key);
            if (value == null) {
                missed();
                return 0;
            }
            return firstWord(value);
        }

        @Override
        protected void upsert(long key, long value) {
            map.put(key, newValue(value));
        }

        @Override
        protected void rmw(long key) {
            map.operate(key, operand, addition);
        }
    }
}
