package io.tideline.cli.stress;

import io.tideline.core.DeviceModel;
import io.tideline.core.StoreConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;

/**
 * One life of a store that is killed: how it is opened, and how it ends. The seed of the store and the number of the life determine all of it.
 *
 * @param seed of the store
 * @param life its number in the life of the store, from 0
 * @param site where the process is killed; null if that is a matter of time
 * @param hit the time that the site is reached at which it is
 * @param commits after how many checkpoints the process is to be killed at the earliest, or closes
 * @param delayNanos how long behind the last thing heard of it the process is killed where no site says so
 * @param recoversTwice whether the store is recovered from a copy of its files too, and both compared
 */
record KillPlan(long seed, int life, Ending ending, KillSite site, int hit, int commits, long delayNanos, boolean recoversTwice, int pageSize, int memoryPages,
        double mutableFraction, long buckets, DeviceModel device, int ioThreads, int threads, boolean copyReadsUp, int retain) {

    /** How a life ends. */
    enum Ending {
        /** Killed at some time while sessions work. */
        AT_TIME,
        /** Killed at a probe point while sessions work. */
        AT_SITE,
        /** Killed while it opens the store, at some time. */
        OPENING_AT_TIME,
        /** Killed while it opens the store, at a probe point. */
        OPENING_AT_SITE,
        /** Killed while it closes the store. */
        CLOSING,
        /** Closes the store and ends by itself. */
        CLOSED,
        /** Looks at what the life before has left, and ends. */
        CHECK
    }

    /** A store is given up after so many lives, the last of which is a {@link Ending#CHECK}. */
    static final int MOST_LIVES = 20;

    private static final long SEED_STEP = 0x9E3779B97F4A7C15L;
    private static final int TENTH = 10;
    private static final int CLOSED_LIFE = 5;
    private static final int CLOSING_LIFE = 13;
    /** One life in a hundred. */
    private static final int TWICE_STORES = 5;
    private static final int TWICE_LIFE = 7;
    /** A store may begin with few buckets; it never goes back to them. */
    private static final int FEW_LIVES = 6;
    private static final int MOST_COMMITS = 5;
    private static final long RUN_NANOS = 150_000_000;
    private static final long OPEN_NANOS = 120_000_000;
    private static final long CLOSE_NANOS = 15_000_000;

    static KillPlan of(long seed, int life) {
        SplittableRandom ofStore = new SplittableRandom(seed * SEED_STEP);
        int pageSize = ofStore.nextBoolean() ? 4 << 10 : 16 << 10;
        boolean manyBuckets = ofStore.nextBoolean();
        SplittableRandom random = new SplittableRandom(seed * SEED_STEP + life + 1);
        long number = seed * MOST_LIVES + life;
        Ending ending = ending(seed, life);
        List<KillSite> sites = KillSite.sites(ending == Ending.OPENING_AT_SITE);
        boolean atSite = ending == Ending.AT_SITE || ending == Ending.OPENING_AT_SITE;
        // each in its turn: every second life has one, every twentieth one of a recovery
        KillSite site = atSite ? sites.get((int) Math.floorMod(ending == Ending.AT_SITE ? number / 2 : seed, (long) sites.size())) : null;
        double share = random.nextDouble();
        long delay = switch (ending) {
            case OPENING_AT_TIME -> (long) (share * OPEN_NANOS);
            case CLOSING -> (long) (share * CLOSE_NANOS);
            default -> (long) (share * share * RUN_NANOS);
        };
        int hit = atSite ? Math.min(1 + (int) (share * share * site.mostHits), site.mostHits) : 0;
        return new KillPlan(seed, life, ending, site, hit, random.nextInt(MOST_COMMITS), delay, life == TWICE_LIFE && Math.floorMod(seed, TWICE_STORES) == 1,
                pageSize, 8 << random.nextInt(4), 0.3 + 0.1 * random.nextInt(8), life < FEW_LIVES && !manyBuckets ? 64 : 1024,
                List.of(DeviceModel.BUFFERED, DeviceModel.DIRECT, DeviceModel.URING).get(random.nextInt(3)), 1 + random.nextInt(8),
                1 + random.nextInt(KillScript.SESSIONS), random.nextInt(4) == 0, 2 + random.nextInt(3));
    }

    /** A tenth of the lives end in an opening, that of a store which is not there yet included; half of the others at a probe point. */
    private static Ending ending(long seed, int life) {
        if (life == (Math.floorMod(seed, 4) == 3 ? 0 : TENTH - 1)) {
            return Ending.OPENING_AT_TIME;
        }
        if (life == TENTH + 1) {
            return Ending.OPENING_AT_SITE;
        }
        if (life % 2 == 0) {
            return Ending.AT_SITE;
        }
        return switch (life) {
            case CLOSED_LIFE -> Ending.CLOSED;
            case CLOSING_LIFE, CLOSING_LIFE + 4 -> Ending.CLOSING;
            default -> Ending.AT_TIME;
        };
    }

    /** The life behind the last one. */
    static KillPlan check(long seed, int life) {
        KillPlan plan = of(seed, life);
        return new KillPlan(seed, life, Ending.CHECK, null, 0, 0, 0, plan.recoversTwice, plan.pageSize, plan.memoryPages, plan.mutableFraction, plan.buckets,
                plan.device, plan.ioThreads, plan.threads, plan.copyReadsUp, plan.retain);
    }

    boolean endsInOpening() {
        return ending == Ending.OPENING_AT_TIME || ending == Ending.OPENING_AT_SITE;
    }

    StoreConfig config(Path directory) {
        return StoreConfig.builder().directory(directory).pageSize(pageSize).memory((long) memoryPages * pageSize).segmentSize(8L * pageSize)
                .mutableFraction(mutableFraction).buckets(buckets).device(device).ioThreads(ioThreads).copyReadsUp(copyReadsUp).retain(retain)
                .maxPending(8, 32).hugePages(false).build();
    }
}
