package io.tideline.checkpoint;

import io.tideline.hlog.LogScan;
import io.tideline.index.KeyHash;
import io.tideline.memory.Probe;
import java.util.function.LongConsumer;

/** Gives what a stretch of the log holds to who enters it into the index, in the order of addresses. Nobody else uses log or index. */
final class Replay {
    private Replay() {
    }

    /** @param progress told how many bytes have been read and verified */
    static void run(LogScan scan, KeyHash hash, IndexFiller filler, LongConsumer progress) {
        long from = scan.position();
        for (;;) {
            switch (scan.advance()) {
                case END -> {
                    return;
                }
                case ON_DEVICE -> {
                    Probe.at("recovery.replaying");
                    progress.accept(scan.position() - from);
                    scan.load();
                }
                case BUSY -> throw new AssertionError("a record of an earlier life is latched");
                case RECORD -> filler.give(hash.ofRecord(scan.record()), scan.address());
            }
        }
    }
}
