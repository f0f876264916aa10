package io.tideline.jmh;

import io.tideline.cli.bench.contestant.ByteValue;
import io.tideline.cli.bench.contestant.HeldBytes;
import io.tideline.cli.bench.contestant.Replayer;
import io.tideline.cli.bench.contestant.Subject;
import io.tideline.cli.bench.work.Keys;
import io.tideline.cli.bench.work.OperationStream;
import io.tideline.cli.bench.work.WorkSettings;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The map of longer values. An array in the map is never changed, since a reader could see half of the change: each write makes a new
 * one.
 */
class BytesMapSubject implements Subject {

    private final WorkSettings settings;
    final ConcurrentHashMap<Long, byte[]> map;
    private final byte[] operand;

    BytesMapSubject(WorkSettings settings) {
        this.settings = settings;
        this.map = new ConcurrentHashMap<>(Math.toIntExact(settings.mostKeys()));
        this.operand = newValue(OperationStream.RMW_OPERAND);
    }

    private byte[] newValue(long firstWord) {
        return new ByteValue(settings.valueSize()).with(firstWord);
    }

    @Override
    public void load() {
        for (long index = 0; index < settings.keys(); index++) {
            map.put(Keys.keyOf(index), newValue(index));
        }
    }

    @Override
    public Replayer newReplayer(OperationStream stream) {
        return new Replayer(stream) {

            @Override
            protected long read(long key) {
                byte[] value = map.get(key);
                if (value == null) {
                    missed();
                    return 0;
                }
                return ByteValue.firstWord(value);
            }

            @Override
            protected void upsert(long key, long value) {
                map.put(key, newValue(value));
            }

            @Override
            protected void rmw(long key) {
                map.merge(key, operand, BytesMapSubject::sum);
            }
        };
    }

    private static byte[] sum(byte[] old, byte[] operand) {
        byte[] sum = old.clone();
        ByteValue.setFirstWord(sum, ByteValue.firstWord(old) + ByteValue.firstWord(operand));
        return sum;
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
