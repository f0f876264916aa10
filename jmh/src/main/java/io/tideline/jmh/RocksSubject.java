package io.tideline.jmh;

import io.tideline.cli.bench.contestant.DiskFolder;
import io.tideline.cli.bench.contestant.HeldBytes;
import io.tideline.cli.bench.contestant.Replayer;
import io.tideline.cli.bench.contestant.Subject;
import io.tideline.cli.bench.work.OperationStream;
import io.tideline.cli.bench.work.WorkSettings;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.ByteBufferGetStatus;
import org.rocksdb.Cache;
import org.rocksdb.CompressionType;
import org.rocksdb.DataBlockIndexType;
import org.rocksdb.FlushOptions;
import org.rocksdb.HyperClockCache;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;
import org.rocksdb.UInt64AddOperator;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteBufferManager;
import org.rocksdb.WriteOptions;

/**
 * RocksDB, tuned for point look-ups that find their key, without a write-ahead log. Additions to 8-byte values are blind merges; longer
 * values are read, changed and written under one of many locks. docs/decisions/014-peers.md gives the reason of each option.
 */
final class RocksSubject implements Subject {

    static {
        RocksDB.loadLibrary();
    }

    private static final int BITS_OF_FILTER = 10;
    private static final int BLOCK_BYTES = 4 << 10;
    private static final double ENTRIES_PER_HASH_SLOT = 0.75;
    private static final double FILTER_SHARE_OF_WRITE_BUFFER = 0.1;
    private static final int WRITE_BUFFERS = 4;
    private static final int LOCKS = 1 << 12;

    private final WorkSettings work;
    private final DiskFolder folder;
    private final Cache cache;
    private final WriteBufferManager writeBuffers;
    private final BloomFilter filter = new BloomFilter(BITS_OF_FILTER);
    private final UInt64AddOperator addition = new UInt64AddOperator();
    private final Options options;
    private final WriteOptions withoutLog = new WriteOptions().setDisableWAL(true);
    private final ReadOptions reads = new ReadOptions();
    final RocksDB database;
    private final Object[] locks = Stream.generate(Object::new).limit(LOCKS).toArray();

    RocksSubject(WorkSettings work, DiskSettings settings) {
        // Three quarters are one cache of blocks, filters and indexes, to which the write buffers are charged too, at most a third of it.
        // The rest is for the buffers of compactions.
        long cacheBytes = settings.memoryBytes() / 4 * 3;
        this.work = work;
        this.folder = DiskFolder.in(settings.folder());
        this.cache = new HyperClockCache(cacheBytes, 0, -1, false);
        this.writeBuffers = new WriteBufferManager(cacheBytes / 3, cache);
        this.options = options(cacheBytes / 3 / WRITE_BUFFERS);
        try {
            this.database = RocksDB.open(options, folder.path().toString());
        } catch (RocksDBException refused) {
            throw new IllegalStateException("RocksDB does not open", refused);
        }
    }

    private Options options(long writeBufferBytes) {
        BlockBasedTableConfig table = new BlockBasedTableConfig()
                .setBlockCache(cache)
                .setBlockSize(BLOCK_BYTES)
                .setFilterPolicy(filter)
                .setCacheIndexAndFilterBlocks(true)
                .setCacheIndexAndFilterBlocksWithHighPriority(true)
                .setPinL0FilterAndIndexBlocksInCache(true)
                .setDataBlockIndexType(DataBlockIndexType.kDataBlockBinaryAndHash)
                .setDataBlockHashTableUtilRatio(ENTRIES_PER_HASH_SLOT);
        return new Options()
                .setCreateIfMissing(true)
                .setTableFormatConfig(table)
                .setCompressionType(CompressionType.NO_COMPRESSION)
                .setMergeOperator(addition)
                .setWriteBufferManager(writeBuffers)
                .setWriteBufferSize(writeBufferBytes)
                .setMaxWriteBufferNumber(WRITE_BUFFERS)
                .setMemtablePrefixBloomSizeRatio(FILTER_SHARE_OF_WRITE_BUFFER)
                .setMemtableWholeKeyFiltering(true)
                .setOptimizeFiltersForHits(true)
                .setIncreaseParallelism(Math.max(2, Runtime.getRuntime().availableProcessors()))
                .setMaxOpenFiles(-1)
                .setStatsDumpPeriodSec(0)
                .setInfoLogLevel(InfoLogLevel.ERROR_LEVEL);
    }

    @Override
    public void load() {
        RecordBuffer record = newRecord();
        try (FlushOptions flush = new FlushOptions()) {
            SortedKeys.visitUnsigned(work.keys(), (key, index) -> put(record, key, index));
            database.flush(flush);
        } catch (RocksDBException refused) {
            throw failed("flush", refused);
        }
    }

    private RecordBuffer newRecord() {
        // Keys are ordered byte by byte.
        return new RecordBuffer(work.valueSize(), ByteOrder.BIG_ENDIAN);
    }

    private void put(RecordBuffer record, long key, long firstWord) {
        try {
            database.put(withoutLog, record.key(key), record.value(firstWord));
        } catch (RocksDBException refused) {
            throw failed("put", refused);
        }
    }

    private boolean get(RecordBuffer record, long key) {
        try {
            return database.get(reads, record.key(key), record.value()) != RocksDB.NOT_FOUND;
        } catch (RocksDBException refused) {
            throw failed("get", refused);
        }
    }

    private static IllegalStateException failed(String call, RocksDBException refused) {
        return new IllegalStateException("RocksDB refuses to " + call, refused);
    }

    @Override
    public Replayer newReplayer(OperationStream stream) {
        return stream.settings().batch() == 1 ? new RocksReplayer(stream) : new BatchReplayer(stream);
    }

    @Override
    public HeldBytes heldBytes() {
        return HeldBytes.NONE;
    }

    @Override
    public void close() {
        database.close();
        options.close();
        withoutLog.close();
        reads.close();
        addition.close();
        filter.close();
        writeBuffers.close();
        cache.close();
        folder.close();
    }

    private class RocksReplayer extends Replayer {

        final byte[] operand = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(OperationStream.RMW_OPERAND).array();
        private final byte[] keyBytes = new byte[Long.BYTES];
        private final ByteBuffer keyView = ByteBuffer.wrap(keyBytes);
        private final RecordBuffer record = newRecord();
        private final boolean merges = work.hasLongValues();

        RocksReplayer(OperationStream stream) {
            super(stream);
        }

        final byte[] keyBytes(long key) {
            keyView.putLong(0, key);
            return keyBytes;
        }

        final boolean merges() {
            return merges;
        }

        @Override
        protected final long read(long key) {
            if (!get(record, key)) {
                missed();
                return 0;
            }
            return record.firstWord();
        }

        @Override
        protected final void upsert(long key, long value) {
            put(record, key, value);
        }

        @Override
        protected final void rmw(long key) {
            if (merges) {
                merge(key);
            } else {
                synchronized (locks[(int) (key >>> 1) & LOCKS - 1]) {
                    if (!get(record, key)) {
                        record.value(0);
                    }
                    put(record, key, record.firstWord() + OperationStream.RMW_OPERAND);
                }
            }
        }

        private void merge(long key) {
            try {
                database.merge(withoutLog, keyBytes(key), operand);
            } catch (RocksDBException refused) {
                throw failed("merge", refused);
            }
        }
    }

    /** Reads a batch with one call and writes it with one; operations of mixed kinds, and additions to longer values, still go one by one. */
    private final class BatchReplayer extends RocksReplayer {

        private final int batch;
        private final List<ByteBuffer> keys;
        private final List<ByteBuffer> values;
        private final WriteBatch writes = new WriteBatch();
        private final RecordBuffer written = newRecord();

        BatchReplayer(OperationStream stream) {
            super(stream);
            WorkSettings settings = stream().settings();
            batch = Math.min(settings.batch(), OperationStream.CHUNK);
            keys = IntStream.range(0, batch).mapToObj(_ -> ByteBuffer.allocateDirect(Long.BYTES)).toList();
            values = IntStream.range(0, batch)
                    .mapToObj(_ -> ByteBuffer.allocateDirect(settings.valueSize()).order(ByteOrder.LITTLE_ENDIAN)).toList();
        }

        @Override
        protected void replayChunk(int from, int to, long shift) {
            for (int start = from; start < to; start += batch) {
                replayStretch(start, Math.min(start + batch, to), shift);
            }
        }

        @Override
        protected void replayReads(int from, int to) {
            int count = to - from;
            for (int i = 0; i < count; i++) {
                keys.get(i).clear().putLong(0, stream().key(from + i));
                values.get(i).clear();
            }
            long read = 0;
            try {
                for (ByteBufferGetStatus found : database.multiGetByteBuffers(reads, keys.subList(0, count), values.subList(0, count))) {
                    if (found.status.getCode() == Status.Code.Ok) {
                        read += found.value.order(ByteOrder.LITTLE_ENDIAN).getLong(0);
                    } else {
                        missed();
                    }
                }
            } catch (RocksDBException refused) {
                throw failed("get", refused);
            }
            took(read);
        }

        @Override
        protected void replayUpserts(int from, int to) {
            try {
                for (int i = from; i < to; i++) {
                    writes.put(written.key(stream().key(i)), written.value(i));
                }
                write();
            } catch (RocksDBException refused) {
                throw failed("put", refused);
            }
        }

        @Override
        protected void replayRmws(int from, int to) {
            if (!merges()) {
                super.replayRmws(from, to);
                return;
            }
            try {
                for (int i = from; i < to; i++) {
                    writes.merge(keyBytes(stream().key(i)), operand);
                }
                write();
            } catch (RocksDBException refused) {
                throw failed("merge", refused);
            }
        }

        @Override
        public void close() {
            writes.close();
        }

        private void write() throws RocksDBException {
            database.write(withoutLog, writes);
            writes.clear();
        }
    }
}
