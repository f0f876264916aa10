package io.tideline.cli.bench.work;

import java.util.Arrays;
import java.util.stream.Collectors;

/** Which operations a benchmark consists of. The ones that begin with ycsb are the core workloads of YCSB but E, which scans ranges. */
public enum Workload {

    READ("read", 100, OperationKind.READ),
    UPSERT("upsert", 0, OperationKind.UPSERT),
    RMW("rmw", 0, OperationKind.RMW),
    MIXED("mixed", 50, OperationKind.UPSERT),
    YCSB_A("ycsb-a", 50, OperationKind.UPSERT),
    YCSB_B("ycsb-b", 95, OperationKind.UPSERT),
    YCSB_C("ycsb-c", 100, OperationKind.READ),
    YCSB_D("ycsb-d", 95, OperationKind.UPSERT),
    YCSB_F("ycsb-f", 50, OperationKind.RMW);

    private final String optionText;
    private final int readPercent;
    private final OperationKind write;

    Workload(String optionText, int readPercent, OperationKind write) {
        this.optionText = optionText;
        this.readPercent = readPercent;
        this.write = write;
    }

    /** The workload that an option names, or an {@link IllegalArgumentException} with a sentence that lists them all. */
    public static Workload parse(String text) {
        return Arrays.stream(values()).filter(workload -> workload.optionText.equals(text)).findAny().orElseThrow(() ->
                new IllegalArgumentException("'" + text + "' is not a workload; choose one of "
                        + Arrays.stream(values()).map(Workload::toString).collect(Collectors.joining(", "))));
    }

    /** How many of a hundred operations read. */
    public int readPercent() {
        return readPercent;
    }

    /** What the operations do that do not read. */
    public OperationKind write() {
        return write;
    }

    /**
     * What is added to the seed of the keys. Workloads of other operations ask for keys in another order, hot ones the same: where they follow each other on one store, one
     * that copies what it reads, or writes, to the end of a log would have laid them out in the order in which the next one asks.
     */
    long ownSeed() {
        return 1000L * (100 - readPercent) + (write == OperationKind.RMW ? 500 : 0);
    }

    /** Whether all operations are of one kind. */
    public boolean isOfOneKind() {
        return readPercent == 0 || readPercent == 100;
    }

    /** The kind of all operations of such a workload. */
    public OperationKind onlyKind() {
        return readPercent == 100 ? OperationKind.READ : write;
    }

    /** Whether writes insert new keys; see {@link OperationStream} for how their number is bounded. */
    public boolean isInserting() {
        return this == YCSB_D;
    }

    /** The distribution that the workload has by definition. */
    public Distribution usualDistribution() {
        return switch (this) {
            case READ, UPSERT, RMW, MIXED -> Distribution.UNIFORM;
            case YCSB_A, YCSB_B, YCSB_C, YCSB_F -> Distribution.ZIPF;
            case YCSB_D -> Distribution.LATEST;
        };
    }

    /** The workload as options name it. */
    @Override
    public String toString() {
        return optionText;
    }
}
