package io.tideline.jmh;

import io.tideline.cli.bench.contestant.DiskFolder;
import io.tideline.cli.bench.contestant.HeldBytes;
import io.tideline.cli.bench.contestant.Replayer;
import io.tideline.cli.bench.contestant.Subject;
import io.tideline.cli.bench.work.OperationStream;
import io.tideline.cli.bench.work.WorkSettings;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.lmdbjava.ByteBufferProxy;
import org.lmdbjava.Dbi;
import org.lmdbjava.DbiFlags;
import org.lmdbjava.Env;
import org.lmdbjava.EnvFlags;
import org.lmdbjava.PutFlags;
import org.lmdbjava.Txn;

/**
 * LMDB through lmdbjava, without syncs. A batch is one transaction; single calls are a transaction each. It has no cache of its own: how
 * much memory it takes is for the kernel to say. docs/decisions/014-peers.md gives the reason of each flag.
 */
final class LmdbSubject implements Subject {

    private static final EnvFlags[] FLAGS = {EnvFlags.MDB_NOSYNC, EnvFlags.MDB_NOMETASYNC, EnvFlags.MDB_WRITEMAP, EnvFlags.MDB_NOMEMINIT,
        EnvFlags.MDB_NORDAHEAD, EnvFlags.MDB_NOTLS};
    private static final int NODE_BYTES = 8 + Long.BYTES;
    private static final int PAGE_BYTES = 4 << 10;
    /** Pages are written elsewhere and half full at worst; the file has holes, so that what is not used takes no room. */
    private static final int MAPPED_BYTES_PER_BYTE = 4;
    private static final long LEAST_MAP_BYTES = 64L << 20;
    private static final int LOAD_BATCH = 1 << 16;

    private final WorkSettings work;
    private final DiskFolder folder;
    final Env<ByteBuffer> environment;
    final Dbi<ByteBuffer> table;

    LmdbSubject(WorkSettings work, DiskSettings settings) {
        this.work = work;
        this.folder = DiskFolder.in(settings.folder());
        this.environment = Env.create(ByteBufferProxy.PROXY_OPTIMAL)
                .setMapSize(mapBytes(work))
                .setMaxDbs(1)
                .setMaxReaders(WorkSettings.MOST_THREADS + 1)
                .open(folder.path().toFile(), FLAGS);
        this.table = environment.openDbi("data", DbiFlags.MDB_CREATE, DbiFlags.MDB_INTEGERKEY);
    }

    private static long mapBytes(WorkSettings work) {
        long record = NODE_BYTES + work.valueSize();
        // A value that does not fit twice into a page gets pages of its own.
        long room = record > PAGE_BYTES / 2 ? (record / PAGE_BYTES + 2) * PAGE_BYTES : record;
        return (LEAST_MAP_BYTES + work.mostKeys() * room * MAPPED_BYTES_PER_BYTE) / PAGE_BYTES * PAGE_BYTES;
    }

    @Override
    public void load() {
        RecordBuffer record = newRecord();
        try (Loader loader = new Loader(record)) {
            SortedKeys.visitUnsigned(work.keys(), loader::append);
            loader.commit();
        }
    }

    /** Appends sorted records, many in one transaction. */
    private final class Loader implements AutoCloseable {

        private final RecordBuffer record;
        private Txn<ByteBuffer> transaction = environment.txnWrite();
        private int appended;

        Loader(RecordBuffer record) {
            this.record = record;
        }

        void append(long key, long index) {
            table.put(transaction, record.key(key), record.value(index), PutFlags.MDB_APPEND);
            if (++appended == LOAD_BATCH) {
                commit();
                transaction.close();
                transaction = environment.txnWrite();
                appended = 0;
            }
        }

        void commit() {
            transaction.commit();
        }

        @Override
        public void close() {
            transaction.close();
        }
    }

    private RecordBuffer newRecord() {
        return new RecordBuffer(work.valueSize(), ByteOrder.nativeOrder());
    }

    @Override
    public LmdbReplayer newReplayer(OperationStream stream) {
        return new LmdbReplayer(stream);
    }

    @Override
    public HeldBytes heldBytes() {
        return HeldBytes.NONE;
    }

    @Override
    public void close() {
        environment.close();
        folder.close();
    }

    private final class LmdbReplayer extends Replayer {

        private final int batch;
        private final boolean writes;
        private final RecordBuffer record = newRecord();
        /** Idle between uses: one that is not pins every page it can see. */
        private final Txn<ByteBuffer> reading;
        /** The transaction of the batch, null outside of batches. */
        private Txn<ByteBuffer> current;

        LmdbReplayer(OperationStream stream) {
            super(stream);
            batch = stream().settings().batch();
            writes = stream().settings().workload().readPercent() < 100;
            reading = environment.txnRead();
            reading.reset();
        }

        /** Read transactions must end before the environment does. */
        @Override
        public void close() {
            reading.renew(); // one that is reset keeps its place among the readers when it is closed
            reading.close();
        }

        @Override
        protected void replayChunk(int from, int to, long shift) {
            if (batch == 1) {
                replayStretch(from, to, shift);
                return;
            }
            int end;
            for (int start = from; start < to; start = end) {
                end = Math.min(start + batch, to);
                if (writes) {
                    replayWriting(start, end, shift);
                } else {
                    replayReading(start, end, shift);
                }
            }
        }

        private void replayWriting(int from, int to, long shift) {
            try (Txn<ByteBuffer> writing = environment.txnWrite()) {
                current = writing;
                replayStretch(from, to, shift);
                writing.commit();
            } finally {
                current = null;
            }
        }

        private void replayReading(int from, int to, long shift) {
            reading.renew();
            current = reading;
            try {
                replayStretch(from, to, shift);
            } finally {
                current = null;
                reading.reset();
            }
        }

        @Override
        protected long read(long key) {
            if (current != null) {
                return read(current, key);
            }
            reading.renew();
            try {
                return read(reading, key);
            } finally {
                reading.reset();
            }
        }

        private long read(Txn<ByteBuffer> transaction, long key) {
            ByteBuffer found = table.get(transaction, record.key(key));
            if (found == null) {
                missed();
                return 0;
            }
            // The whole value, as the other stores hand it out.
            record.value().put(found);
            return record.firstWord();
        }

        @Override
        protected void upsert(long key, long value) {
            if (current != null) {
                put(current, key, value);
                return;
            }
            try (Txn<ByteBuffer> writing = environment.txnWrite()) {
                put(writing, key, value);
                writing.commit();
            }
        }

        private void put(Txn<ByteBuffer> transaction, long key, long firstWord) {
            table.put(transaction, record.key(key), record.value(firstWord));
        }

        @Override
        protected void rmw(long key) {
            if (current != null) {
                add(current, key);
                return;
            }
            try (Txn<ByteBuffer> writing = environment.txnWrite()) {
                add(writing, key);
                writing.commit();
            }
        }

        private void add(Txn<ByteBuffer> transaction, long key) {
            ByteBuffer found = table.get(transaction, record.key(key));
            if (found == null) {
                record.value(0);
            } else {
                record.value().put(found);
            }
            put(transaction, key, record.firstWord() + OperationStream.RMW_OPERAND);
        }
    }
}
