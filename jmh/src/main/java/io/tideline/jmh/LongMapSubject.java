package io.tideline.jmh;

import io.tideline.cli.bench.contestant.HeldBytes;
import io.tideline.cli.bench.contestant.Replayer;
import io.tideline.cli.bench.contestant.Subject;
import io.tideline.cli.bench.work.Keys;
import io.tideline.cli.bench.work.OperationStream;
import java.util.concurrent.ConcurrentHashMap;

/** The map that everybody would write first: boxed keys, boxed values, read-modify-writes by {@code merge}. */
class LongMapSubject implements Subject {

    private final OperationStream stream;
    final ConcurrentHashMap<Long, Long> map;

    LongMapSubject(OperationStream stream) {
        this.stream = stream;
        this.map = new ConcurrentHashMap<>(Math.toIntExact(stream.settings().mostKeys()));
    }

    @Override
    public void load() {
        for (long index = 0; index < stream.settings().keys(); index++) {
            map.put(Keys.keyOf(index), index);
        }
    }

    @Override
    public Replayer newReplayer() {
        return new Replayer(stream) {

            @Override
            protected long read(long key) {
                Long value = map.get(key);
                if (value == null) {
                    missed();
                    return 0;
                }
                return value;
            }

            @Override
            protected void upsert(long key, long value) {
                map.put(key, value);
            }

            @Override
            protected void rmw(long key) {
                map.merge(key, OperationStream.RMW_OPERAND, Long::sum);
            }
        };
    }

    @Override
    public HeldBytes heldBytes() {
        return HeldBytes.NONE;
    }

    @Override
    public void close() {
        map.clear();
    }
}
