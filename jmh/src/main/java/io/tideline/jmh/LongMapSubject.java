package io.tideline.jmh;

import io.tideline.cli.bench.contestant.HeldBytes;
import io.tideline.cli.bench.contestant.Replayer;
import io.tideline.cli.bench.contestant.Subject;
import io.tideline.cli.bench.work.Keys;
import io.tideline.cli.bench.work.OperationStream;
import io.tideline.cli.bench.work.WorkSettings;
import java.util.concurrent.ConcurrentHashMap;

/** The map that everybody would write first: boxed keys, boxed values, read-modify-writes by {@code merge}. */
class LongMapSubject implements Subject {

    private final WorkSettings settings;
    final ConcurrentHashMap<Long, Long> map;

    LongMapSubject(WorkSettings settings) {
        this.settings = settings;
        this.map = new ConcurrentHashMap<>(Math.toIntExact(settings.mostKeys()));
    }

    @Override
    public void load() {
        for (long index = 0; index < settings.keys(); index++) {
            map.put(Keys.keyOf(index), index);
        }
    }

    @Override
    public Replayer newReplayer(OperationStream stream) {
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
