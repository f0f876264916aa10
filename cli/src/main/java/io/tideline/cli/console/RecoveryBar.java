package io.tideline.cli.console;

import io.tideline.checkpoint.RecoveryProgress;
import io.tideline.core.Store;

/** Shows how far the opening of a store is, and says why where it takes longer than it should. */
public final class RecoveryBar implements RecoveryProgress, AutoCloseable {

    private static final long BYTES_PER_ITEM = 1024;

    private final Streams streams;
    private final boolean quiet;
    private final Interruption interruption;
    /** Null before anything was read. */
    private ProgressBar bar;
    private long wholeBytes;
    private long doneBytes;

    /** @param quiet whether no progress is to be shown */
    public RecoveryBar(Streams streams, boolean quiet, Interruption interruption) {
        this.streams = streams;
        this.quiet = quiet;
        this.interruption = interruption;
    }

    @Override
    public void at(long bytes, long ofBytes) {
        if (ofBytes != wholeBytes) {
            begin(bar == null ? "recovering" : "making the index anew from the log", ofBytes);
        }
        doneBytes = bytes;
        bar.show(bytes, bytes / BYTES_PER_ITEM);
    }

    private void begin(String title, long ofBytes) {
        if (bar != null) {
            bar.close();
        }
        ProgressBar next = new ProgressBar(streams, quiet, System::nanoTime, title, "KiB of log", ofBytes);
        interruption.beforeMessage(next::close);
        bar = next;
        wholeBytes = ofBytes;
    }

    /** The store is open. */
    public void finish(Store store) {
        if (bar != null) {
            bar.finish(doneBytes / BYTES_PER_ITEM);
        }
        String problem = store.stats().checkpoints().imageProblem();
        if (!problem.isEmpty()) {
            streams.err().println("tideline: the index was made anew from the log, because its image was of no use: " + problem + ".");
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
