package io.tideline.cli.bench;

import io.tideline.cli.bench.contestant.TidelineContestant;
import io.tideline.cli.bench.work.Spill;
import io.tideline.cli.bench.work.WorkSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Contenders in processes of their own, each with its best flags. The peers come from the checkout that this program runs from. */
final class ProcessContenders implements Contenders {

    /** By name: the command line does not depend on the peers. */
    private static final String MAP_MAIN = "io.tideline.jmh.MapContestant";
    /** The standard output belongs to the replies, so what the JVM itself has to say goes to the error output. */
    private static final List<String> JVM_FLAGS = List.of("--enable-native-access=ALL-UNNAMED", "-XX:+UseParallelGC",
            "-XX:+AlwaysPreTouch", "-XX:+DisplayVMOutputToStderr");
    /** The store and the limit program have huge pages, so the map gets them too: it is about half faster with them. */
    private static final String HUGE_PAGES_FLAG = "-XX:+UseTransparentHugePages";
    private static final boolean IS_LINUX = System.getProperty("os.name").equals("Linux");
    private static final long MEBIBYTE = 1L << 20;

    private final WorkSettings work;
    private final Door door;
    /** Null if this store lives in memory. */
    private final Spill spill;
    private final Checkout checkout;
    private final Runnable tick;
    private String mapClassPath;
    private Path limitProgram;

    /**
     * @param checkout where peers are built
     * @param tick called again and again while a contender is waited for
     */
    ProcessContenders(WorkSettings work, Door door, Checkout checkout, Runnable tick) {
        this(work, door, null, checkout, tick);
    }

    /** As the other one, with a store that goes to disk. */
    ProcessContenders(WorkSettings work, Door door, Spill spill, Checkout checkout, Runnable tick) {
        this.work = work;
        this.door = door;
        this.spill = spill;
        this.checkout = checkout;
        this.tick = tick;
    }

    @Override
    public Optional<String> prepare(Contestant contestant) {
        switch (contestant) {
            case TIDELINE -> { }
            case CHM -> mapClassPath = checkout.classPathOfPeers();
            case C -> {
                if (!checkout.hasCompiler()) {
                    return Optional.of("there is no gcc on this machine to build the limit program with");
                }
                limitProgram = checkout.limitProgram();
            }
        }
        return Optional.empty();
    }

    @Override
    public void requireRoom(List<Contestant> contestants) {
        Footprint.require(contestants, work, spill);
    }

    @Override
    public Contender start(Contestant contestant) {
        return ContestantProcess.start(contestant.toString(), command(contestant), tick);
    }

    List<String> command(Contestant contestant) {
        List<String> command = new ArrayList<>();
        switch (contestant) {
            case TIDELINE -> {
                addJvm(command, Footprint.plainHeapBytes(work), System.getProperty("java.class.path"));
                command.addAll(door.flags());
                command.add(TidelineContestant.class.getName());
            }
            case CHM -> {
                addJvm(command, Footprint.mapHeapBytes(work), mapClassPath);
                command.add(MAP_MAIN);
            }
            case C -> command.add(limitProgram.toString());
        }
        command.addAll(work.toArguments());
        if (spill != null && contestant == Contestant.TIDELINE) {
            command.addAll(spill.toArguments());
        }
        return command;
    }

    private static void addJvm(List<String> command, long heapBytes, String classPath) {
        long mebibytes = heapBytes / MEBIBYTE;
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(JVM_FLAGS);
        if (IS_LINUX) {
            command.add(HUGE_PAGES_FLAG);
        }
        command.addAll(List.of("-Xms" + mebibytes + "m", "-Xmx" + mebibytes + "m", "-cp", classPath));
    }
}
