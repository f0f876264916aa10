package io.tideline.checkpoint;

import io.tideline.checkpoint.SystemState.Phase;
import io.tideline.hlog.HybridLog;
import io.tideline.memory.Probe;
import java.util.concurrent.TimeUnit;

/** The step that makes the log itself the checkpoint: everything up to a boundary becomes read-only and goes to the device. */
public final class FoldOverStep implements LogStep {
    private static final long FLUSH_TIMEOUT_NANOS = TimeUnit.MINUTES.toNanos(10);

    private final HybridLog log;
    private final Durability durability;
    private long end;

    public FoldOverStep(HybridLog log, Durability durability) {
        this.log = log;
        this.durability = durability;
    }

    @Override
    public void before(Phase phase) {
        if (phase == Phase.WAIT_FLUSH) {
            end = log.closeStretch(); // nobody writes for the old version any more, so its last record lies in front
        }
    }

    @Override
    public void in(Phase phase) {
        if (phase == Phase.WAIT_FLUSH) {
            log.awaitFlushed(end, FLUSH_TIMEOUT_NANOS);
            Probe.at("fold.flushed");
            if (durability == Durability.DISK) {
                log.sync();
            }
        }
    }

    @Override
    public long end() {
        return end;
    }

    @Override
    public void describe(ManifestBuilder manifest, long begin, long cut) {
        manifest.foldedOver(new Manifest.Log(begin, Math.min(cut, end), end, end));
    }
}
