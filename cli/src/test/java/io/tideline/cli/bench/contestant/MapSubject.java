package io.tideline.cli.bench.contestant;

import io.tideline.cli.bench.work.Keys;
import io.tideline.cli.bench.work.OperationStream;
import io.tideline.cli.bench.work.WorkSettings;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A map as the subject of a test: the model that other subjects are compared with. */
class MapSubject implements Subject {

    final Map<Long, Long> map = new ConcurrentHashMap<>();
    private final WorkSettings settings;

    MapSubject(WorkSettings settings) {
        this.settings = settings;
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
        return new HeldBytes(1, 2, 3);
    }

    @Override
    public void close() {
        map.clear();
    }
}
